"""What differs in Core as a single file, without building one: its launcher, its libraries, its modules, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from faceforge_core import executable
from faceforge_core.keystrokes import SAME_SECONDS, Once
from faceforge_core.plugins import wheels
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.guardian import guarded

if TYPE_CHECKING:
    from pathlib import Path

LAUNCHER = """
import subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=sys.stdout)
print("launched", flush=True)
worker.wait()
"""
WORKER = """
import os, signal, sys, threading, time
from faceforge_core import executable
{before}
threading.Thread(target=executable.end_with, args=(os.getppid(), {patience}), daemon=True).start()
print("works", flush=True)
try:
    while True:
        time.sleep(0.05)
finally:
    print("closed", flush=True)
"""
TELLS_HOW_IT_ENDS = "signal.signal(signal.SIGTERM, lambda *_: sys.exit('stopped'))"
HANGS = "signal.signal(signal.SIGTERM, lambda *_: None)"
POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="Windows keeps the number of a parent that is gone")


def outlived(worker: str) -> list[str]:
    """What a worker says after its launcher was killed, until it ends itself."""
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, worker], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as launcher:
        assert launcher.stdout is not None
        said = [launcher.stdout.readline().strip() for _ in range(2)]
        assert sorted(said) == ["launched", "works"]
        launcher.kill()
        return launcher.stdout.read().split()


@POSIX_ONLY
def test_a_killed_launcher_ends_the_worker_as_a_stop_signal_does() -> None:
    assert outlived(WORKER.format(before=TELLS_HOW_IT_ENDS, patience=60)) == ["closed"]


@POSIX_ONLY
def test_a_worker_that_hangs_ends_all_the_same() -> None:
    assert outlived(WORKER.format(before=HANGS, patience=0.1)) == []


def test_a_launcher_that_cannot_be_watched_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(executable, "waiter_of", lambda _: refuse)
    monkeypatch.setattr(executable, "stop", lambda: pytest.fail("it was told to stop"))
    executable.end_with(1)


@pytest.mark.skipif(sys.platform == "win32", reason="the library is there on Windows")
def test_each_system_has_its_way_of_waiting() -> None:
    assert executable.waiter_of("linux") is executable.waiter_of("darwin")
    assert executable.waiter_of("win32") is not executable.waiter_of("linux")


@pytest.mark.parametrize("before", [None, "/opt/lib"])
def test_programs_that_it_starts_load_the_libraries_they_would_load_without_us(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: str | None
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    if before is not None:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    executable.leave_libraries()
    assert os.environ.get("LD_LIBRARY_PATH") == before
    assert "LD_LIBRARY_PATH_ORIG" not in os.environ


def test_a_process_of_ours_finds_our_libraries_again_by_beginning_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "argv", ["faceforge-core", "doctor"])
    monkeypatch.setattr(os, "execv", lambda program, arguments: begun.append([program, *arguments]))
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "of something else")
    for _ in range(2):
        executable.find_libraries(tmp_path)
    assert begun == [[sys.executable, sys.executable, "doctor"]]
    assert os.environ["LD_LIBRARY_PATH"].split(os.pathsep) == [str(tmp_path), "/opt/lib"]
    executable.leave_libraries()
    assert os.environ["LD_LIBRARY_PATH"] == "/opt/lib"


# --- Modules


RUN_MODULE = """
import sys
from pathlib import Path
from faceforge_core import executable
sys.exit(executable.run_module(Path(sys.argv[1]), *sys.argv[2:]))
"""


def run_module(repository_package: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    found = __import__(repository_package).__file__
    assert found is not None
    place = os.path.dirname(os.path.dirname(found))  # noqa: PTH120  # as a string it goes to the other process
    command = [sys.executable, "-c", RUN_MODULE, place, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_it_runs_a_package_of_ours_as_python_does() -> None:
    done = run_module("faceforge_core", "faceforge_core", "version")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == __import__("faceforge_core").__version__


def test_it_runs_a_module_of_ours_with_its_arguments() -> None:
    done = run_module("faceforge_core", "faceforge_core.internal.bootstrap_db", "--help")
    assert done.returncode == 0, done.stderr
    assert "--create-entity" in done.stdout


@pytest.mark.parametrize("name", ["json.tool", "faceforge_core.nothing", "faceforge_core.lock.deeper", ""])
def test_it_is_no_python_for_other_modules(name: str) -> None:
    done = run_module("faceforge_core", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("is none.\n")
    assert "Traceback" not in done.stderr


def test_a_program_that_shall_end_with_us_is_watched_by_a_process_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/faceforge-core")
    command = ["/opt/faceforge-core", "-m", "faceforge_sdk.guardian", str(os.getpid()), "/usr/bin/weed", "mini"]
    assert guarded(["/usr/bin/weed", "mini"]) == command


def test_a_wheel_that_needs_pip_is_refused_without_the_advice_to_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(InvalidInput, match="holds compiled code") as refusal:
        wheels._needs_pip("holds compiled code")
    assert "single file" in str(refusal.value)
    assert "pip" not in str(refusal.value)


# --- Ctrl-C


def test_ctrl_c_that_arrives_twice_at_once_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now, heard = [100.0], []
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    once = Once(lambda number, _: heard.append(number))
    for seconds in (0, 0.01, SAME_SECONDS * 2, 0.01):
        now[0] += seconds
        once(signal.SIGINT, None)
    assert heard == [signal.SIGINT] * 2
