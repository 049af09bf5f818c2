"""A plugin's migrations: numbered files of plain SQL, read, compared with what ran, and run one by one."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk.errors import FaceForgeError, StatementRefused

from .checks import Schema
from .statements import PLACEHOLDER, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from .connection import Connection, Deadline
    from .guard import Guard

MAX_BYTES = 4 * 1024 * 1024
_NAME = re.compile(r"(\d{4})_[A-Za-z0-9_.-]+\.sql")
_BLANK = re.compile(r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """One file; its text has one kind of line ends, whatever the file has."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, by which a step that ran is known again."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def statements(self, prefix: str, is_complete: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
        """Each statement with the line it begins in; `is_complete` is ``sqlite3.complete_statement``."""
        text = self.text.replace(PLACEHOLDER, prefix)
        begin, end = 0, 0
        while (end := text.find(";", end) + 1) > 0:
            if is_complete(text[begin:end]):
                yield self._placed(text, begin, end)
                begin = end
        if not _is_blank(text[begin:]):
            if not is_complete(f"{text[begin:]}\n;"):
                line = self._placed(text, begin, len(text))[0]
                raise StatementRefused(f"{self.name}:{line}: the statement that begins here has no end.")
            yield self._placed(text, begin, len(text))

    @staticmethod
    def _placed(text: str, begin: int, end: int) -> tuple[int, str]:
        blank = _BLANK.match(text, begin, end)
        start = blank.end() if blank is not None else begin
        return text.count("\n", 0, start) + 1, text[start:end]


def _is_blank(text: str) -> bool:
    return _BLANK.fullmatch(text) is not None


def read_steps(folder: Path) -> Sequence[Step]:
    """The steps in `folder`, in order. Raises `StatementRefused` for a gap, and for a file that is none of them."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".sql")
        steps = [_read(path) for path in paths]
    except (OSError, UnicodeDecodeError) as error:
        raise StatementRefused(f"The migrations in {folder} can't be read: {error}") from error
    for expected, step in enumerate(steps, start=1):
        if step.number != expected:
            raise StatementRefused(f"{step.name} is not step {expected:04}: steps begin with 0001 and leave no gap.")
    return steps


def _read(path: Path) -> Step:
    name = _NAME.fullmatch(path.name)
    if name is None:
        raise StatementRefused(f"{path.name} is not called like a migration: 0001_what_it_does.sql")
    if path.stat().st_size > MAX_BYTES:
        raise StatementRefused(f"{path.name} is larger than {MAX_BYTES} bytes.")
    return Step(int(name[1]), path.name, path.read_text(encoding="utf-8-sig"))


def require_same(steps: Sequence[Step], ran: Mapping[int, str]) -> Sequence[Step]:
    """The steps that are to be run, where `ran` says by which checksums others were.

    Raises `StatementRefused` where one of those is another by now, or is missing.
    """
    known = {step.number: step for step in steps}
    for number, checksum in sorted(ran.items()):
        step = known.get(number)
        if step is None:
            raise StatementRefused(
                f"Step {number:04} has run here and is not among the migrations: these tables are of a newer version."
            )
        if step.checksum != checksum:
            raise StatementRefused(f"{step.name} was changed after it ran here: write what is to change as a new step.")
    return [step for step in steps if step.number not in ran]


def run_step(
    connection: Connection,
    step: Step,
    guard: Guard,
    deadline: Deadline,
    *,
    prefix: str,
    is_complete: Callable[[str], bool],
    known: Callable[[BaseException], BaseException],
) -> None:
    """Run the statements of `step`, inside a transaction of the caller's, who undoes it when this raises.

    Raises `StatementRefused` naming file, line and statement, and what `known` makes of an error.
    """
    before = Schema(connection, guard)
    deadline.watch(connection)
    try:
        for line, sql in step.statements(prefix, is_complete):
            try:
                _run(connection, sql, guard, deadline, known)
            except StatementRefused as error:
                raise StatementRefused(f"{step.name}:{line}: {error}") from error
        try:
            Schema(connection, guard).check(before)
        except StatementRefused as error:
            raise StatementRefused(f"{step.name}: {error}") from error
    finally:
        deadline.leave(connection)


def _run(
    connection: Connection,
    sql: str,
    guard: Guard,
    deadline: Deadline,
    known: Callable[[BaseException], BaseException],
) -> None:
    guard.begin(sql)
    guard.watch(connection)
    try:
        connection.execute(sql).fetchall()
    except Exception as error:
        meaning = known(error)
        # Of a step every violated key is a fault of its own, and its place has to be told.
        passing = meaning if isinstance(meaning, FaceForgeError) and not _is_own_fault(meaning) else error
        raise refused(error, sql, guard, deadline, passing) from error
    finally:
        guard.leave(connection)


def _is_own_fault(error: FaceForgeError) -> bool:
    from faceforge_sdk.errors import Conflict, InvalidInput

    return isinstance(error, Conflict | InvalidInput)
