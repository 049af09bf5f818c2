"""One run of a program that may do anything: hang, talk without end, crash, leave children behind."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
from contextvars import copy_context
from typing import IO, TYPE_CHECKING

from faceforge_sdk.guardian import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

_CHUNK = 65536
_STOP_SECONDS = 3.0
_SAID_BYTES = 2048
_WINDOWS_FLAGS = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
_SWAYING = ("PERL5OPT", "PERL5DB", "EXIFTOOL_HOME")  # variables by which a user's own set-up would change what it does


class Child:
    """Runs `command` in a process group of its own, and hands what it prints to `take`, on a thread that also ends it.

    `take` gets one piece after the other; when it raises ValueError the program is ended. `end` kills the whole group,
    from any thread, and returns once nothing of it is left. Raises OSError where the program can't be started.
    """

    def __init__(self, command: Sequence[str], take: Callable[[bytes], None], at_end: Callable[[], None]) -> None:
        self._command = command
        self._take = take
        self._at_end = at_end
        self._started = threading.Event()
        self._failed: OSError | None = None
        self._process: subprocess.Popen[bytes]
        self._killing = threading.Lock()
        self._reaped = False
        self._said = b""
        self._thread = threading.Thread(
            target=copy_context().run, args=(self._live,), name="faceforge-exiftool", daemon=True
        )
        try:
            self._thread.start()
        except RuntimeError as error:
            raise OSError(errno.EAGAIN, "no thread could be started") from error
        self._started.wait()
        if self._failed is not None:
            raise self._failed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def said(self) -> str:
        """The end of what it said on standard error."""
        return self._said.decode("utf-8", "replace").strip()

    @property
    def ended(self) -> bool:
        """Whether it is over, by itself or not."""
        return not self._thread.is_alive()

    def write(self, content: bytes) -> None:
        """Send to its standard input; a little at a time, for nobody waits longer than for a pipe to take it.

        Raises OSError where it does not listen any more.
        """
        stdin = _pipe(self._process.stdin)
        try:
            stdin.write(content)
            stdin.flush()
        except ValueError as error:  # closed, because it ended
            raise BrokenPipeError("it ended") from error

    def end(self) -> None:
        """Kill it with all that it started. Repeatable."""
        self._kill()
        self._thread.join(_STOP_SECONDS)

    def _live(self) -> None:
        try:
            self._process = self._start()
        except OSError as error:
            self._failed = error
            self._started.set()
            return
        self._started.set()
        listener = threading.Thread(target=self._listen, name="faceforge-exiftool-errors", daemon=True)
        listener.start()
        try:
            stdout = _pipe(self._process.stdout).fileno()
            while chunk := os.read(stdout, _CHUNK):
                self._take(chunk)
        except ValueError:
            pass  # it said too much, or what nobody asked for: `take` knows
        finally:
            self._kill()
            listener.join(_STOP_SECONDS)
            self._close_pipes(also_errors=not listener.is_alive())
            self._at_end()

    def _start(self) -> subprocess.Popen[bytes]:
        windows = sys.platform == "win32"
        return subprocess.Popen(
            guarded(self._command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=not windows,
            creationflags=_WINDOWS_FLAGS if windows else 0,
        )

    def _listen(self) -> None:
        """Standard error has to be read, for a full pipe stops a program; its end tells why it failed."""
        stderr = _pipe(self._process.stderr).fileno()
        while chunk := os.read(stderr, _CHUNK):
            self._said = (self._said + chunk)[-_SAID_BYTES:]

    def _kill(self) -> None:
        with self._killing:
            if self._reaped:  # the number may be another's by now
                return
            if sys.platform == "win32":
                command = ["taskkill", "/T", "/F", "/PID", str(self.pid)]
                subprocess.run(command, capture_output=True, check=False)
                self._process.kill()
            else:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
                self._reaped = True

    def _close_pipes(self, *, also_errors: bool) -> None:
        process = self._process
        for pipe in (process.stdin, process.stdout, process.stderr if also_errors else None):
            with contextlib.suppress(OSError):  # what it did not read any more can't be sent
                if pipe is not None:
                    pipe.close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("no pipe was asked for")
    return pipe


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _SWAYING}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}  # what it says of a file shall not depend on this computer
