"""Runs a program that must not outlive whoever wants it; a script of its own, with the standard library only.

``python guardian.py PARENT PROGRAM ARGUMENT...``, where PARENT is the process that starts it and, where the system does
not end orphans itself, holds its standard input open for as long as the program is wanted.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 2.0


def main(arguments: list[str]) -> int:
    """Become the program where Linux sees to its end, else watch over it; returns its exit code."""
    parent, command = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        _die_with_parent(parent)
        os.execv(command[0], command)  # noqa: S606  # that is the point: no shell between
    return watch(command)


def watch(command: list[str]) -> int:
    """Run it until it ends, or standard input does."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_input, args=(child,), daemon=True).start()
    return child.wait()


def _end_with_input(child: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
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
