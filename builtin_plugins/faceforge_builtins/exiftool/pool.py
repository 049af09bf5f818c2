"""At most two running ExifTools, started when they are needed and ended when nobody needed them for a while."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk.errors import FaceForgeError

from .conversation import MAX_ANSWER, Conversation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .program import Usable

MOST = 2
IDLE_SECONDS = 60.0
_MOST_ANSWERS = 2000
"""After so many it is replaced by a new one, whatever it forgot to give back."""


class SwitchedOff(FaceForgeError):
    """The plugin is being disabled, or Core stops."""


class Line:
    """One caller's place in the pool: a conversation that is replaced when it was ended."""

    def __init__(self, pool: Pool, program: Usable, conversation: Conversation | None) -> None:
        self._pool = pool
        self._program = program
        self.conversation = conversation

    def open(self) -> Conversation:
        """The running ExifTool, started if there is none. Raises OSError, `SwitchedOff`."""
        if self.conversation is None:
            self.conversation = self._pool.start(self._program)
        return self.conversation

    def hang_up(self) -> None:
        """End it; the next `open` starts another."""
        if self.conversation is not None:
            self._pool.end(self.conversation)
        self.conversation = None


class Pool:
    """Lends lines to ExifTool; the third who asks waits for one of the first two."""

    def __init__(self, *, idle_seconds: float = IDLE_SECONDS, max_answer: int = MAX_ANSWER) -> None:
        self._idle_seconds = idle_seconds
        self._max_answer = max_answer
        self._places = threading.BoundedSemaphore(MOST)
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Usable, Conversation]] = []
        self._running: set[Conversation] = set()
        self._broom: threading.Timer | None = None
        self._closed = False
        self._lent = 0

    @property
    def pids(self) -> set[int]:
        """The processes that run now."""
        with self._lock:
            return {one.pid for one in self._running}

    @property
    def is_idle(self) -> bool:
        """Whether nobody has a line now."""
        return self._lent == 0

    @contextmanager
    def line(self, program: Usable) -> Iterator[Line]:
        """A line for the calling thread, once there is one."""
        with self._places:
            line = Line(self, program, self._take_idle(program))
            try:
                yield line
            finally:
                self._give_back(program, line)
                with self._lock:
                    self._lent -= 1

    def start(self, program: Usable) -> Conversation:
        """A new conversation. Raises OSError, `SwitchedOff`."""
        with self._lock:
            if self._closed:
                raise SwitchedOff("ExifTool is switched off.")
            conversation = Conversation(program.path, self._max_answer)
            self._running.add(conversation)
            return conversation

    def end(self, conversation: Conversation) -> None:
        """End one; repeatable."""
        conversation.end()
        with self._lock:
            self._running.discard(conversation)

    def close(self) -> None:
        """End all of them, those at work too; nothing is started any more."""
        with self._lock:
            self._closed = True
            running = list(self._running)
            if self._broom is not None:
                self._broom.cancel()
        for conversation in running:
            self.end(conversation)

    def _take_idle(self, program: Usable) -> Conversation | None:
        with self._lock:
            self._lent += 1
            if not self._idle:
                return None
            _since, of, conversation = self._idle.pop()
        if of == program and not conversation.over:
            return conversation
        self.end(conversation)
        return None

    def _give_back(self, program: Usable, line: Line) -> None:
        conversation = line.conversation
        if conversation is None:
            return
        if conversation.open_questions or conversation.answered >= _MOST_ANSWERS:
            line.hang_up()
            return
        with self._lock:
            self._idle.append((time.monotonic(), program, conversation))
            if self._broom is None and not self._closed:
                self._wait_to_sweep()

    def _wait_to_sweep(self) -> None:
        self._broom = threading.Timer(self._idle_seconds, self._sweep)
        self._broom.daemon = True
        self._broom.start()

    def _sweep(self) -> None:
        """End those that nobody needed for so long; look again later while there are others."""
        with self._lock:
            limit = time.monotonic() - self._idle_seconds
            old = [conversation for since, _, conversation in self._idle if since <= limit]
            self._idle = [one for one in self._idle if one[0] > limit]
            self._broom = None
            if self._idle and not self._closed:
                self._wait_to_sweep()
        for conversation in old:
            self.end(conversation)
