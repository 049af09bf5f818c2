"""Questions to one running ExifTool, and its answers, each with a limit of time and size."""

from __future__ import annotations

import re
import secrets
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from .child import Child

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAX_ANSWER = 8 * 1024 * 1024
_READY = re.compile(rb"\{ready(\d{1,20})\}\r?\n")
_LONGEST_MARK = 32
_VERSION = re.compile(r"\d{1,3}\.\d{1,4}[ -~]{0,30}", re.ASCII)


class NoAnswer(Exception):
    """It did not answer in time, said too much, or ended; it is ended then, and the next question is a new one's."""

    def __init__(self, reason: str, *, hung: bool = False) -> None:
        super().__init__(reason)
        self.hung = hung


class Conversation:
    """One ``exiftool -stay_open``. `ask` puts a question, `answer` waits for the oldest; not for several threads.

    A few questions may be open at once: it reads the next one from the pipe as soon as it is done with one. Raises
    OSError where it can't be started.
    """

    def __init__(self, program: Path, max_answer: int = MAX_ANSWER) -> None:
        self._max_answer = max_answer
        self._first = secrets.randbelow(10**9) * 10**6  # no file can hold the mark of its own answer's end
        self._asked = self.answered = 0
        self._spoke = 0
        self._buffer = bytearray()
        self._answers: SimpleQueue[bytes | None] = SimpleQueue()
        self._excess = False
        # A configuration file would be code of the user's that runs here: none is read.
        command = [str(program), "-config", "", "-stay_open", "True", "-@", "-"]
        self._child = Child(command, self._take, lambda: self._answers.put(None))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def open_questions(self) -> int:
        """How many answers are still to come."""
        return self._asked - self.answered

    @property
    def over(self) -> bool:
        """Whether it ended by itself meanwhile."""
        return self._child.ended

    def ask(self, arguments: Sequence[bytes]) -> None:
        """Put a question. Raises `NoAnswer` where it does not listen any more."""
        self._asked += 1
        mark = b"-execute%d" % (self._first + self._asked)
        try:
            self._child.write(b"\n".join([*arguments, mark, b""]))
        except OSError as error:
            raise self._ended() from error

    def answer(self, seconds: float) -> bytes:
        """The answer to the oldest open question. Raises `NoAnswer`."""
        try:
            answer = self._answers.get(timeout=seconds)
        except Empty:
            self.end()
            raise NoAnswer(f"it gave no answer within {seconds:g} s", hung=True) from None
        if answer is None:
            raise self._ended()
        self.answered += 1
        return answer

    def end(self) -> None:
        """End it; whoever waits for an answer gets `NoAnswer`. Repeatable, from any thread."""
        self._child.end()

    def _take(self, chunk: bytes) -> None:
        """Raises ValueError for more than is allowed, and for an answer that nobody asked for."""
        begin = max(0, len(self._buffer) - _LONGEST_MARK)
        self._buffer += chunk
        while mark := _READY.search(self._buffer, begin):
            if int(mark[1]) != self._first + self._spoke + 1 or self._spoke >= self._asked:
                raise ValueError("an answer to no question")
            self._spoke += 1
            self._answers.put(bytes(self._buffer[: mark.start()]))
            del self._buffer[: mark.end()]
            begin = 0
        if len(self._buffer) > self._max_answer:
            self._excess = True
            raise ValueError("an answer that is too long")

    def _ended(self) -> NoAnswer:
        self.end()
        if self._excess:
            return NoAnswer(f"it said more than {self._max_answer} bytes")
        said = self._child.said.rpartition("\n")[2][:300]
        return NoAnswer(f"it ended unexpectedly{': ' if said else ''}{said}")


def version_of(program: Path, seconds: float) -> str:
    """What ``-ver`` prints. Raises OSError or `NoAnswer`."""
    said = bytearray()
    over: SimpleQueue[None] = SimpleQueue()

    def take(chunk: bytes) -> None:
        said.extend(chunk)
        if len(said) > 1000:
            raise ValueError("no version is that long")

    with Child([str(program), "-ver"], take, lambda: over.put(None)) as child:
        try:
            over.get(timeout=seconds)
        except Empty:
            raise NoAnswer(f"it gave no answer within {seconds:g} s", hung=True) from None
    version = said.decode("utf-8", "replace").partition("\n")[0].strip()
    if not _VERSION.fullmatch(version):
        last = child.said.rpartition("\n")[2][:300]
        raise NoAnswer(f"it names no version{': ' if last else ''}{last}")
    return version
