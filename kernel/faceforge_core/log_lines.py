"""How a record becomes a line of the log: for people or as JSON, with the request it belongs to and without secrets."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import time
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
_USUAL: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "in_request"}

_request: ContextVar[str | None] = ContextVar("faceforge_request", default=None)


@contextlib.contextmanager
def request(request_id: str) -> Iterator[None]:
    """Inside, and in tasks and worker threads started inside, lines of the log carry this id."""
    token = _request.set(request_id)
    try:
        yield
    finally:
        _request.reset(token)


class LineFormatter(logging.Formatter):
    """One line a record, UTC time in milliseconds, control characters escaped, secrets replaced; then the traceback."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s%(in_request)s: %(message)s")
        self.converter = time.gmtime
        self._secrets = secrets

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # stdlib's name
        # A file name with a line break in it must not forge a line.
        return _CONTROL.sub(lambda found: repr(found[0])[1:-1], super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        request_id = _request.get()
        record.in_request = "" if request_id is None else f" [{request_id}]"
        return self.without_secrets(super().format(record))

    def without_secrets(self, line: str) -> str:
        """The line with ``***`` wherever a secret stood."""
        return without(self._secrets(), line)


class JsonFormatter(LineFormatter):
    """A record as one line of JSON for programs that collect logs, tracebacks included; secrets are replaced."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (request_id := _request.get()) is not None:
            line["request_id"] = request_id
        line |= {key: value for key, value in vars(record).items() if key not in _USUAL}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return self.without_secrets(json.dumps(line, ensure_ascii=False, default=str))


def without(secrets: Iterable[str], text: str) -> str:
    """The text with ``***`` for each secret, in whichever way it is written."""
    known = tuple(sorted(filter(None, secrets)))
    return _pattern(known).sub("***", text) if known else text


@lru_cache(maxsize=8)
def _pattern(secrets: tuple[str, ...]) -> re.Pattern[str]:
    spellings = {
        spelling
        for secret in secrets
        for spelling in (secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1])
    }
    # Longest first, lest a prefix leave the rest standing. Short ones ("any") only as whole words.
    return re.compile(
        "|".join(
            re.escape(spelling) if len(spelling) >= 8 else rf"(?<!\w){re.escape(spelling)}(?!\w)"
            for spelling in sorted(spellings, key=len, reverse=True)
        )
    )
