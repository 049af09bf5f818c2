"""The log file of one kernel: logs/core.log, rotated, private, without secrets, and never a reason to fail."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, TextIO

from faceforge_core.log_lines import JsonFormatter, LineFormatter
from faceforge_core.private_files import open_private
from faceforge_core.refusals import StartRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from faceforge_core.config_model import Logging
    from faceforge_core.home import Home

_OWN_LOGGERS = ("faceforge", "faceforge_core", "faceforge_builtins", "uvicorn")
_ROTATION_PAUSE = 30.0

# Whose work the running code does: the log files of the kernels that were entered and not left, the innermost first.
_owners: ContextVar[tuple[Path, ...]] = ContextVar("faceforge_log_owners", default=())


class LogHandle:
    """The open log of one kernel; `close` it when the kernel ends."""

    def __init__(self, path: Path, handlers: list[logging.Handler]) -> None:
        self.path = path
        self._handlers = handlers

    @contextlib.contextmanager
    def own(self) -> Iterator[None]:
        """Inside, records belong to this kernel and reach no other kernel's log.

        Tasks and worker threads started inside inherit that; a plain ``threading.Thread`` enters `own` by itself.
        Kernels may be left in any order, not only the last one first.
        """
        _owners.set((self.path, *_owners.get()))
        try:
            yield
        finally:
            others = list(_owners.get())
            with contextlib.suppress(ValueError):  # closed by a thread that never worked for this kernel
                others.remove(self.path)
            _owners.set(tuple(others))

    def close(self) -> None:
        """Detach and close; harmless when done twice."""
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()


def configure_logging(
    home: Home, config: Logging, secrets: Callable[[], Iterable[str]], *, console: TextIO | None = None
) -> LogHandle:
    """Open logs/core.log (0600, its older copies too) for everything this process logs, from INFO for our own code.

    `secrets` is asked for each line, so that a rotated token is hidden from its first use on; what it returns stands as
    ``***`` in messages, arguments and tracebacks. With `console`, warnings are written there as well.
    After this, logging never raises: lines that cannot be written (full disk) are counted, and the count is logged as
    soon as something can be. A file that cannot be rotated, because a reader holds it on Windows, grows until it can.
    Raises StartRefused when the file cannot be opened.

    Two kernels in one process: the file hangs on the root logger, and a record made inside another kernel's
    `LogHandle.own` is left out. A record made outside of any goes to the file only while one kernel is open; with
    several nobody could tell whose it is, and it is left to the console.
    """
    path = home.logs_dir / "core.log"
    formatter = JsonFormatter(secrets) if config.format == "json" else LineFormatter(secrets)
    try:
        file = _CoreLog(path, max_bytes=int(config.max_size_mb * 1024 * 1024), backup_count=config.backup_count)
        file.tidy_older()
    except OSError as exc:
        raise StartRefused(f"The log {path} cannot be opened ({exc.strerror or exc}).") from exc
    file.addFilter(lambda _record: _owner() == path or (_owner() is None and _open_logs() == 1))
    handlers: list[logging.Handler] = [file]
    if console is not None:
        handlers.append(_Console(console))
        handlers[-1].setLevel(logging.WARNING)
        handlers[-1].addFilter(lambda _record: _owner() in {path, None})
    file.setFormatter(formatter)
    for handler in handlers:
        if handler.formatter is None:
            handler.setFormatter(LineFormatter(secrets))
        logging.getLogger().addHandler(handler)
    for name in _OWN_LOGGERS:
        if logging.getLogger(name).level == logging.NOTSET:
            logging.getLogger(name).setLevel(logging.INFO)
    return LogHandle(path, handlers)


class _CoreLog(logging.Handler):
    """Whole lines, unbuffered, to one descriptor: after an error nothing is left in a buffer to fail again.

    The standard library's rotating handler formats each record twice, loses every line while a rotation fails, and
    raises at close what it could not write.
    """

    def __init__(self, path: Path, *, max_bytes: int, backup_count: int) -> None:
        super().__init__()
        self._path = path
        self._max_bytes = max_bytes
        self._backup_count = backup_count
        self._lost = 0
        self._rotate_after = 0.0
        self._descriptor: int | None = None
        self._size = 0
        self._open()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self._encoded(self.format(record))
            if self._lost:
                line = self._encoded(self._lost_notice()) + line
            self._write(line)
        except Exception:  # noqa: BLE001  # a broken argument or a full disk must not fail the work that is logged
            self._lost += 1
        else:
            self._lost = 0

    def tidy_older(self) -> None:
        """Hold older copies, which may stem from v0.1.9 or another configuration, to the mode and number of now."""
        for older in self._path.parent.glob(f"{self._path.name}.*"):
            number = older.suffix[1:]
            if number.isdecimal() and int(number) > self._backup_count:
                older.unlink()
            elif number.isdecimal():
                os.close(open_private(older, os.O_RDONLY))

    def close(self) -> None:
        with self.lock or contextlib.nullcontext():
            self._release()
        super().close()

    def _write(self, line: bytes) -> None:
        full = self._size > 0 and self._size + len(line) > self._max_bytes
        if full and time.monotonic() >= self._rotate_after:
            self._rotate()
        descriptor = self._open() if self._descriptor is None else self._descriptor
        rest = memoryview(line)
        while rest:
            written = os.write(descriptor, rest)
            self._size += written
            rest = rest[written:]

    def _rotate(self) -> None:
        self._release()
        try:
            for number in range(self._backup_count, 0, -1):
                with contextlib.suppress(FileNotFoundError):
                    self._older(number - 1).replace(self._older(number))
            if not self._backup_count:
                self._path.unlink(missing_ok=True)
        except OSError:  # somebody reads it on Windows: append, and try again in a while
            self._rotate_after = time.monotonic() + _ROTATION_PAUSE

    def _older(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path

    def _open(self) -> int:
        descriptor = open_private(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._descriptor, self._size = descriptor, os.fstat(descriptor).st_size
        return descriptor

    def _release(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _lost_notice(self) -> str:
        message = f"{self._lost} lines could not be written to this log."
        return "\n" + self.format(logging.LogRecord(__name__, logging.WARNING, "", 0, message, None, None))

    @staticmethod
    def _encoded(text: str) -> bytes:
        return (text + "\n").encode("utf-8", "backslashreplace")


class _Console(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # stdlib's name
        """Say nothing: the usual traceback would show the arguments, secrets included."""


def _owner() -> Path | None:
    return owners[0] if (owners := _owners.get()) else None


def _open_logs() -> int:
    return sum(isinstance(handler, _CoreLog) for handler in logging.getLogger().handlers)
