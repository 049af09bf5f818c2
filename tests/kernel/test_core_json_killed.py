"""core.json under kill -9: at every system call of a rewriting, what is on the disk is old or new, complete."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from faceforge_core.config import ConfigStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import NoReturn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's")

# Forks one writer per line on stdin, so that the imports are paid once; the writer waits until strace is attached.
WRITERS = """
import os, signal, sys
from pathlib import Path
from faceforge_core.config import ConfigStore
store = ConfigStore(Path(sys.argv[1]))
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
for _ in sys.stdin:
    writer = os.fork()
    if writer == 0:
        signal.sigwait({signal.SIGUSR1})
        store.update(lambda content: content.update(state="new"))
        os._exit(0)
    print(writer, flush=True)
    _, status = os.waitpid(writer, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""
OLD = {"state": "old", "unknown": {"kept": "x" * 5000}}


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", WRITERS, str(tmp_path / "core.json")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def write_killed_at(writers: subprocess.Popen[str], strace: str, syscall: str, k: int) -> int | None:
    """The writer's exit code, negative for a signal; None when strace may not attach."""
    assert writers.stdin is not None
    assert writers.stdout is not None
    print(file=writers.stdin, flush=True)
    writer = int(writers.stdout.readline())
    inject = f"inject={syscall}:signal=SIGKILL:when={k}"
    with subprocess.Popen(
        [strace, "-f", "-e", f"trace={syscall}", "-e", inject, "-p", str(writer)], stderr=subprocess.PIPE, text=True
    ) as tracer:
        assert tracer.stderr is not None
        attached = "attached" in tracer.stderr.readline()
        os.kill(writer, signal.SIGUSR1)
        tracer.stderr.read()
    code = int(writers.stdout.readline())
    return code if attached else None


def test_d22_core_json_is_old_or_new_wherever_its_writing_is_killed(
    tmp_path: Path,
    writers: subprocess.Popen[str],
    require_tool: Callable[[str], str],
    cannot_run: Callable[[str], NoReturn],
) -> None:
    strace, path = require_tool("strace"), tmp_path / "core.json"
    outcomes: dict[str, list[str]] = {}
    for syscall in ("openat", "read", "write", "fsync", "rename", "close"):
        for k in range(1, 30):
            path.write_text(json.dumps(OLD))
            code = write_killed_at(writers, strace, syscall, k)
            if code is None:
                cannot_run("strace may not attach to a process here")
            content = json.loads(path.read_text())
            assert content in (OLD, OLD | {"state": "new"}), f"killed at {syscall} {k}"
            assert ConfigStore(path).load() is not None
            if code == 0:
                break
            assert code == -signal.SIGKILL
            outcomes.setdefault(syscall, []).append(content["state"])

    assert outcomes["write"] == ["old"]
    assert outcomes["rename"] == ["old"]
    assert outcomes["fsync"] == ["old", "new"]  # the file before the renaming, the folder after it
    ConfigStore(path).update(lambda content: content.update(state="after all"))
    assert json.loads(path.read_text())["state"] == "after all"
