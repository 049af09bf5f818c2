"""One child process that opens pictures: started at the first, replaced when it dies or hangs."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from faceforge_sdk.errors import Busy, InvalidInput

from .description import describe
from .picture import render

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from faceforge_sdk.models import AssetFacts

T = TypeVar("T")

ANSWER_SECONDS = 30.0


class RenderProcess:
    """A context manager; it works inside of it, from any thread, one picture at a time.

    Where no process can be started at the moment a picture is `Busy`, and the next one tries again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: BaseProcess | None = None
        self._pipe: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._end()

    def render(self, source: Path, size: int) -> bytes:
        """As `picture.render`; a file that kills or stalls the decoder is `InvalidInput` too."""
        return self._do(render, source, size)

    def describe(self, source: Path) -> AssetFacts:
        """As `description.describe`; a file that kills or stalls the decoder is `InvalidInput` too."""
        return self._do(describe, source)

    def _do(self, work: Callable[..., T], *arguments: Any) -> T:
        with self._lock:
            answer = self._ask(self._pipe or self._start(), work, arguments)
            if answer is None:
                self._end()
        if answer is None:
            raise InvalidInput("The picture can't be read: its decoder crashed or did not finish.")
        if isinstance(answer, str):
            raise InvalidInput(answer)
        return answer[0]

    def _ask(self, pipe: Connection, work: Callable[..., T], arguments: tuple[Any, ...]) -> tuple[T] | str | None:
        """The result, or why there is none; None when the child died or went silent."""
        try:
            pipe.send((work, arguments))
            answer: tuple[T] | str | None = pipe.recv() if pipe.poll(ANSWER_SECONDS) else None
        except (EOFError, OSError):
            return None
        return answer

    def _start(self) -> Connection:
        spawn = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
        try:
            pipe, child_end = spawn.Pipe()
            with child_end:
                child = spawn.Process(target=_serve, args=(child_end,), name="faceforge-thumbnails", daemon=True)
                try:
                    child.start()
                except OSError:
                    pipe.close()
                    raise
        except OSError as error:  # too many processes or open files, or too little memory
            raise Busy(f"No process could be started that opens pictures: {error.strerror or error}.") from error
        self._pipe, self._child = pipe, child
        return pipe

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._child.close()
        self._child = self._pipe = None


def _serve(pipe: Connection) -> None:
    """The child: answer until the other end closes, which also happens when Core is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to all, but it is for Core, which ends this
    while True:
        try:
            work, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            pipe.send((work(*arguments),))
        except InvalidInput as exc:
            pipe.send(str(exc))
