"""A job's log as its page shows it: a part of its lines, all or those of some levels."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk.models import JobLogLine, LogLevel
    from faceforge_sdk.protocols import Jobs

PAGE_SIZE: Final = 500
FAILED_SHOWN: Final = 200

LEVELS: Mapping[str, tuple[LogLevel, ...]] = {"": (), "problems": ("warning", "error"), "error": ("error",)}
"""What the page can be asked for."""

_MAX_DETAIL = 500


@dataclass(frozen=True, slots=True)
class Line:
    """A line: the time of day, and what comes with its message as text."""

    id: int
    ts: str
    clock: str
    level: str
    message: str
    detail: str

    @classmethod
    def of(cls, line: JobLogLine) -> Line:
        """A line made presentable; ``static/log.js`` does the same for those that come live."""
        return cls(line.job_log_id, line.ts, _clock(line.ts), line.level, line.message, detail_of(line.data))


@dataclass(frozen=True, slots=True)
class FailedItem:
    """A file that a job could not do, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Log:
    """The lines behind `after`, and where the next ones begin if there are any now."""

    lines: Sequence[Line]
    level: str
    after: int
    next_after: int | None
    last_id: int

    @classmethod
    def read(cls, jobs: Jobs, job_id: str, values: Mapping[str, str]) -> Log:
        """What a page's address asks for. Raises `NotFound`."""
        level = values.get("level", "")
        level = level if level in LEVELS else ""
        text = values.get("after", "")
        after = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        found = jobs.log(job_id, after, PAGE_SIZE + 1, LEVELS[level]).items
        shown = found[:PAGE_SIZE]
        last_id = shown[-1].job_log_id if shown else after
        next_after = last_id if len(found) > PAGE_SIZE else None
        return cls([Line.of(line) for line in shown], level, after, next_after, last_id)

    def address(self, **changes: str) -> str:
        """The query that shows the log after `changes`, from its beginning unless they say where."""
        query = urlencode({name: value for name, value in {"level": self.level, **changes}.items() if value})
        return f"?{query}"

    @property
    def levels(self) -> Sequence[LogLevel]:
        """Which levels are shown; empty for all."""
        return LEVELS[self.level]


def failed_items(jobs: Jobs, job_id: str) -> Sequence[FailedItem]:
    """The files that errors of the log name, the first of them."""
    lines = jobs.log(job_id, 0, FAILED_SHOWN, ("error",)).items
    return [
        FailedItem(line.data["file"], _reason(line))
        for line in lines
        if isinstance(line.data, dict) and isinstance(line.data.get("file"), str)
    ]


def detail_of(data: Any) -> str:
    """What comes with a line, in a line: a file first, then what is said about it; no ids."""
    if data is None:
        return ""
    if not isinstance(data, dict):
        return _text(data)
    named = [_text(data["file"])] if "file" in data else []
    rest = [
        f"{key.replace('_', ' ')}: {_text(value)}"
        for key, value in data.items()
        if key != "file" and not key.endswith("_id") and value not in (None, "", [], {})
    ]
    return " · ".join(named + rest)[:_MAX_DETAIL]


def _reason(line: JobLogLine) -> str:
    said = line.data.get("error") or line.data.get("reason")
    return said if isinstance(said, str) else line.message


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _clock(ts: str) -> str:
    try:
        at = datetime.fromisoformat(ts)
        return f"{(at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone():%H:%M:%S}"
    except (ValueError, OverflowError, OSError):  # v0.1.9 took any text
        return ts[:8]
