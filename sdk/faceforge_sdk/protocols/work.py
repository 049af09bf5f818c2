"""Durable work and what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from faceforge_sdk.events import Event
    from faceforge_sdk.models import Job


class Jobs(Protocol):
    """Durable work."""

    def enqueue(self, job_type: str, payload: Mapping[str, Any], *, dedupe_key: str | None = None) -> Job:
        """Queue a job. While a job with the same `dedupe_key` is queued, that one is returned instead.

        Raises `InvalidInput` for an unknown type or an input its model refuses, `TooManyRequests` when the queue is
        full.
        """

    def get(self, job_id: str) -> Job:
        """Raises `NotFound`."""


class Events(Protocol):
    """What happened, in the order in which it was committed; kept for seven days."""

    def after(self, seq: int, patterns: Sequence[str] = ("*",), limit: int = 100) -> Sequence[Event]:
        """The events behind number `seq` whose type is one of `patterns` (``entity.created``, ``asset.*``, ``*``)."""
        ...

    def last(self) -> int:
        """The number of the latest event; 0 if there never was one."""
        ...

    def follow(self, seq: int | None = None, patterns: Sequence[str] = ("*",)) -> AsyncGenerator[Event, None]:
        """The events behind `seq` (None: from now on), live, as they are committed; ends when Core stops.

        Close it to stop earlier: ``async with aclosing(events.follow()) as stream``.
        """
        ...
