"""Runs a program that must not outlive whoever wants it; also a script of its own, with the standard library only.

``python guardian.py PARENT PROGRAM ARGUMENT...``, where PARENT is the process that starts it and holds its standard
input open for as long as the program is wanted.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["guarded"]

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 2.0
_CHUNK = 65536


def guarded(command: Sequence[str]) -> list[str]:
    """A command that runs `command` and ends it when this process ends, however that happens.

    Start it with a pipe for its standard input, which is passed on, and on the thread that stays until the program
    ended: Linux ends it with that thread. Core as a single file has no Python to run this with, and does so itself.
    """
    this = ["-m", __name__] if getattr(sys, "frozen", False) else ["-I", "-S", __file__]
    return [sys.executable, *this, str(os.getpid()), *command]


def main(arguments: Sequence[str]) -> int:
    """Become the program where Linux sees to its end, else watch over it; returns its exit code."""
    parent, command = int(arguments[0]), [*arguments[1:]]
    if sys.platform == "linux":
        _die_with_parent(parent)
        os.execv(command[0], command)  # noqa: S606  # that is the point: no shell between
    return watch(command)


def watch(command: Sequence[str]) -> int:
    """Run it until it ends, or standard input does, which it gets too."""
    child = subprocess.Popen(command, stdin=subprocess.PIPE)
    threading.Thread(target=_end_with_input, args=(child,), daemon=True).start()
    return child.wait()


def _end_with_input(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is None:
        raise ValueError("its standard input is no pipe")
    while chunk := os.read(0, _CHUNK):
        with contextlib.suppress(OSError):  # it may have closed its end, and run on
            child.stdin.write(chunk)
            child.stdin.flush()
    with contextlib.suppress(OSError):
        child.stdin.close()
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_STOP_SECONDS)
    child.kill()


def _die_with_parent(parent: int) -> None:
    import ctypes
    import signal

    # SIGKILL: weed takes SIGTERM for the wish to wait for its own clients, and hangs. The mark survives exec.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the mark was set
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
