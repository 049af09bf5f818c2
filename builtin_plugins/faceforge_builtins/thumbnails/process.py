"""One child process that decodes pictures: started at the first, replaced when it dies or hangs."""

from __future__ import annotations

import multiprocessing
import threading
from typing import TYPE_CHECKING

from faceforge_sdk.errors import InvalidInput

from .picture import render

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from pathlib import Path
    from types import TracebackType
    from typing import Self

ANSWER_SECONDS = 30.0


class RenderProcess:
    """A context manager; `render` works inside it, from any thread, one picture at a time."""

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
        with self._lock:
            answer = self._ask(self._pipe or self._start(), source, size)
            if answer is None:
                self._end()
        if isinstance(answer, bytes):
            return answer
        raise InvalidInput(answer or "The picture can't be read: its decoder crashed or did not finish.")

    def _ask(self, pipe: Connection, source: Path, size: int) -> bytes | str | None:
        """The picture, or why there is none; None when the child died or went silent."""
        try:
            pipe.send((source, size))
            answer: bytes | str | None = pipe.recv() if pipe.poll(ANSWER_SECONDS) else None
        except (EOFError, OSError):
            return None
        return answer

    def _start(self) -> Connection:
        spawn = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
        self._pipe, child_end = spawn.Pipe()
        self._child = spawn.Process(target=_serve, args=(child_end,), name="faceforge-thumbnails", daemon=True)
        self._child.start()
        child_end.close()
        return self._pipe

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
    while True:
        try:
            source, size = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            pipe.send(render(source, size))
        except InvalidInput as exc:
            pipe.send(str(exc))
