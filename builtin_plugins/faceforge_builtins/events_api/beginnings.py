"""Where a stream begins, and what of the past can't be told any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from anyio import to_thread

from faceforge_sdk.events import EventType, matches

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from faceforge_sdk import Event
    from faceforge_sdk.protocols import Events

_PAGE = 200
_FAMILIES = tuple(sorted({known.partition(".")[0] for known in get_args(EventType)}))


@dataclass(frozen=True, slots=True)
class Beginning:
    """A stream tells what lies behind number `place`; `last` was the latest event when it began.

    `gap` has the first and the last number that the client waits for in vain.
    """

    place: int
    last: int
    gap: tuple[int, int] | None = None


def begin(events: Events, after: int | None, *, follow: bool) -> Beginning:
    """The beginning of a stream behind `after`: without it from now on, or everything if nothing is to be followed.

    A client is told what it missed for ever: events older than those that are kept, and numbers that this database
    never had, because it is a backup of the one that the client knew.
    """
    last = events.last()
    if after is None:
        return Beginning(last if follow else 0, last)
    if after > last:
        return Beginning(last, last, (last + 1, after))
    oldest = events.after(0, limit=1)
    before_oldest = oldest[0].seq - 1 if oldest else last
    if after < before_oldest:
        return Beginning(before_oldest, last, (after + 1, before_oldest))
    return Beginning(after, last)


async def so_far(events: Events, beginning: Beginning, patterns: Sequence[str]) -> AsyncGenerator[Event, None]:
    """What had happened when the stream began, and no more."""
    place, page = beginning.place, [*await to_thread.run_sync(events.after, beginning.place, patterns, _PAGE)]
    while page:
        for event in page:
            if event.seq > beginning.last:
                return
            yield event
        place = page[-1].seq
        page = [*await to_thread.run_sync(events.after, place, patterns, _PAGE)]


def known_pattern(pattern: str) -> str:
    """`pattern`, if it means any event there is. Raises `ValueError`."""
    if any(matches(pattern, event_type) for event_type in get_args(EventType)):
        return pattern
    raise ValueError(
        f"{pattern[:80]!r} means no event; give a type such as entity.created, a family such as asset.*, or * "
        f"(the families are {', '.join(_FAMILIES)})"
    )
