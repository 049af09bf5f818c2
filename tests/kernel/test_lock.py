from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from faceforge_core.lock import Holder, HomeLock, holder
from faceforge_core.refusals import StartRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CORE = """
import sys
from pathlib import Path
from faceforge_core.lock import HomeLock
lock = HomeLock(Path(sys.argv[1]))
lock.acquire()
lock.publish(43210)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process_holding(lock_file: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", CORE, str(lock_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_c01_a_second_core_is_refused_with_exit_code_4_naming_pid_and_port(tmp_path: Path) -> None:
    lock_file = tmp_path / "core.lock"
    with another_process_holding(lock_file) as first:
        with pytest.raises(StartRefused, match=rf"process {first.pid} on port 43210") as refused:
            HomeLock(lock_file).acquire()
        assert refused.value.exit_code == 4
        assert holder(lock_file) == Holder(first.pid, 43210)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 on Windows; terminate is as hard there")
def test_c01_kill_9_frees_the_home_at_once_and_leaves_no_false_holder(tmp_path: Path) -> None:
    lock_file = tmp_path / "core.lock"
    with another_process_holding(lock_file) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()

        assert holder(lock_file) is None  # though its label still lies there
        assert lock_file.with_name("core.lock.json").exists()
        lock = HomeLock(lock_file)
        lock.acquire()
        lock.release()


def test_asking_who_holds_a_home_never_keeps_a_core_from_starting(tmp_path: Path) -> None:
    lock_file = tmp_path / "core.lock"
    code = """
import sys
from pathlib import Path
from faceforge_core.lock import holder
print("asking", flush=True)
while True:
    holder(Path(sys.argv[1]))
"""
    lock_file.touch()
    with subprocess.Popen([sys.executable, "-c", code, str(lock_file)], stdout=subprocess.PIPE, text=True) as asker:
        assert asker.stdout is not None
        asker.stdout.readline()
        for _ in range(5):
            lock = HomeLock(lock_file)
            lock.acquire()
            lock.release()
        asker.kill()


def test_two_kernels_of_one_process_cannot_share_a_home(tmp_path: Path) -> None:
    first, second = HomeLock(tmp_path / "core.lock"), HomeLock(tmp_path / "core.lock")
    first.acquire()
    try:
        with pytest.raises(StartRefused, match=f"process {os.getpid()}"):
            second.acquire()
    finally:
        first.release()
    second.acquire()
    second.release()
    second.release()


def test_a_home_nobody_ever_held_has_no_holder_and_gets_no_file(tmp_path: Path) -> None:
    assert holder(tmp_path / "core.lock") is None
    assert list(tmp_path.iterdir()) == []


def test_a_held_home_whose_label_is_damaged_is_still_held(tmp_path: Path) -> None:
    lock_file = tmp_path / "core.lock"
    lock = HomeLock(lock_file)
    lock.acquire()
    try:
        for label in ("{", "[]", '{"pid": "x"}'):
            lock_file.with_name("core.lock.json").write_text(label)
            assert holder(lock_file) == Holder(None, None)
    finally:
        lock.release()


def test_a_lock_file_that_cannot_be_made_is_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "core.lock").mkdir()
    with pytest.raises(StartRefused, match=r"core\.lock") as refused:
        HomeLock(tmp_path / "core.lock").acquire()
    assert refused.value.exit_code == 2
