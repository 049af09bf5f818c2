"""Reads files with ExifTool, one answer each: what one file does to it costs that file alone."""

from __future__ import annotations

import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk import Extracted

from .conversation import NoAnswer
from .entry import Unreadable, fitted, parsed
from .facts import facts_of
from .program import Unusable
from .tags import Tags
from .words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from faceforge_sdk import FileToRead
    from faceforge_sdk.models import Asset

    from .pool import Line, Pool
    from .program import Finder, Usable

BATCH = 32
SOURCE = "ExifTool"

_WITHIN_SECONDS = ("-G3:1", "-struct", "-m", "-json", "-charset", "filename=utf8", "-api", "largefilesupport=1")
# -ee3: what is embedded, all levels; -U: unknown tags, those in binary blocks too. No -q: it hides the ends of answers.
_ALL = (*_WITHIN_SECONDS, "-ee3", "-scanForXMP", "-U", "-b", "-api", "requestAll=3")
FULL = tuple(argument.encode() for argument in _ALL)
PLAIN = tuple(argument.encode() for argument in _WITHIN_SECONDS)
"""For a file that is too much for ExifTool with all options: a long film, a raw picture with large previews."""

_AHEAD = 2
"""Questions that are open at once, so that ExifTool never waits for us; few enough to fit into any system's pipe."""
_MOST_HUNG = 3
_WORTH_TWO = 8

_OUR_NAME = re.compile(r"[0-9a-f]{64}(\.[A-Za-z0-9]{1,10})?", re.ASCII)
_SKIPPED_ENDS = (
    *("_meta.json", "_directorymeta.json", ".cover", ".thumb", ".thumbs", ".thumbdb", ".thumbindex", ".thumbnail"),
    *(".csv", ".htm", ".html", ".json", ".tsv", ".xml"),
)
_SKIPPED_NAMES = frozenset({"thumb.db", "thumbs.db", "thumbdb.db", "thumbindex.db", "thumbnail.db"})


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds: for one answer; for a batch, after which its files are read plainly, and no more at all."""

    answer: float = 30.0
    thorough: float = 120.0
    batch: float = 240.0


class Extractor:
    """The callables of the `AssetExtractor`."""

    def __init__(self, finder: Finder, pool: Pool, patience: Patience | None = None) -> None:
        self._finder = finder
        self._pool = pool
        self._patience = patience or Patience()

    def ready(self) -> bool:
        """Whether there is an ExifTool that may be used."""
        return not isinstance(self._finder.find(), Unusable)

    def accepts(self, asset: Asset) -> bool:
        """All but companion files, thumbnails and texts, by their names."""
        name = (asset.filename or "").strip().lower()
        return not name.endswith(_SKIPPED_ENDS) and name not in _SKIPPED_NAMES

    def extract(self, files: Sequence[FileToRead]) -> Sequence[Extracted]:
        """What each file says; one that can't be read is a `problem`.

        Returns within five minutes of its turn, whatever the files and the program do. Raises `SwitchedOff` when the
        plugin is.
        """
        program = self._finder.find()
        if isinstance(program, Unusable):
            return [Extracted(problem=program.reason) for _ in files]
        questions = [question(file.path) for file in files]
        found = iter(self._read(program, [asked for asked in questions if asked is not None]))
        return [_NOT_OURS if asked is None else next(found) for asked in questions]

    def _read(self, program: Usable, files: Sequence[bytes]) -> Sequence[Extracted]:
        """The answers, from both processes at once where that pays and nobody else needs the second."""
        if len(files) < _WORTH_TWO or not self._pool.is_idle:
            return self._answers(program, files)
        half = len(files) // 2
        with ThreadPoolExecutor(1, "faceforge-exiftool-half") as beside:
            later = beside.submit(copy_context().run, self._answers, program, files[half:])
            return [*self._answers(program, files[:half]), *later.result()]

    def _answers(self, program: Usable, files: Sequence[bytes]) -> Sequence[Extracted]:
        with self._pool.line(program) as line:
            return [*Answers(line, files, self._patience)]


def question(path: Path) -> bytes | None:
    """The line that names a file; None unless its name is made of our own characters and the line is one line."""
    text = str(path)
    if not _OUR_NAME.fullmatch(path.name) or not path.is_absolute() or re.search(r"[\x00-\x1f]", text):
        return None
    return path.as_posix().encode() if sys.platform == "win32" else os.fsencode(text)


_NOT_OURS = Extracted(problem="The file's path is none of Core's own, and ExifTool was not shown it.")


class Answers:
    """What ExifTool says about some files, one after the other, the next ones being asked already."""

    def __init__(self, line: Line, files: Sequence[bytes], patience: Patience) -> None:
        self._line = line
        self._files = files
        self._patience = patience
        self._asked = 0
        self._hung = 0

    def __iter__(self) -> Iterator[Extracted]:
        begun = time.monotonic()
        for index, file in enumerate(self._files):
            spent = time.monotonic() - begun
            if spent > self._patience.batch or self._hung >= _MOST_HUNG:
                yield Extracted(problem="ExifTool took too long with the files before.")
            else:
                yield self._about(index, file, thorough=spent < self._patience.thorough)

    def _about(self, index: int, file: bytes, *, thorough: bool) -> Extracted:
        shortened = "It was read without what is embedded in it"
        if thorough:
            try:
                return extracted(self._ahead(index))
            except (NoAnswer, OSError, Unreadable) as error:
                shortened += f": {error}"
        try:
            found = extracted(self._once(file))
        except (NoAnswer, OSError, Unreadable) as error:
            self._hung = self._hung + 1 if isinstance(error, NoAnswer) and error.hung else 0
            return Extracted(problem=f"ExifTool can't read it: {error}.")
        self._hung = 0
        problem = " ".join(part for part in (f"{shortened}.", found.problem) if part)
        return Extracted(found.data, found.facts, found.words, problem)

    def _ahead(self, index: int) -> bytes:
        """The answer about this file, with the next ones asked meanwhile."""
        conversation = self._line.open()
        if not conversation.open_questions:
            self._asked = index
        try:
            while self._asked < min(index + _AHEAD, len(self._files)):
                conversation.ask([*FULL, self._files[self._asked]])
                self._asked += 1
            answer = conversation.answer(self._patience.answer)
        except NoAnswer:
            self._line.hang_up()
            raise
        self._hung = 0
        return answer

    def _once(self, file: bytes) -> bytes:
        if self._line.open().open_questions:  # about files that are still to come, which are asked about again
            self._line.hang_up()
        conversation = self._line.open()
        try:
            conversation.ask([*PLAIN, file])
            return conversation.answer(self._patience.answer)
        except NoAnswer:
            self._line.hang_up()
            raise


def extracted(answer: bytes) -> Extracted:
    """What one answer says. Raises `Unreadable`."""
    data = parsed(answer)
    tags = Tags(data)
    kept, dropped = fitted(data)
    problem = f"{dropped} of {len(data)} tags were too large to keep." if dropped else None
    return Extracted(kept, facts_of(tags), words_of(tags), problem)
