"""The route of the event stream."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import APIRouter, Depends, Header, Query
from pydantic import AfterValidator

from faceforge_sdk.models import MAX_INT
from faceforge_sdk.routing import built_late

from .beginnings import Beginning, begin, known_pattern, so_far
from .messages import RESPONSES, message, opening
from .streams import EventStream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from fastapi.sse import ServerSentEvent

    from faceforge_sdk.protocols import Events

_Seq = Annotated[int | None, Query(ge=0, le=MAX_INT, description="Only what happened behind this number.")]
_Seen = Annotated[
    int | None, Header(alias="Last-Event-ID", ge=0, le=MAX_INT, description="The last `id` seen; wins over `after`.")
]
_Types = Annotated[
    tuple[Annotated[str, AfterValidator(known_pattern)], ...],
    Query(alias="type", max_length=50, description="`entity.created`, `asset.*` or `*`; may be repeated."),
]
_Follow = Annotated[bool, Query(description="`false` ends the stream once all that happened so far is told.")]


class _Wish(NamedTuple):
    """What a client asked for, checked."""

    start: Beginning
    types: tuple[str, ...]
    follow: bool


def build(events: Events) -> APIRouter:
    """The stream of `events`."""
    router = built_late(APIRouter(tags=["Events"]))

    def wished(
        after: _Seq = None, last_event_id: _Seen = None, types: _Types = ("*",), follow: _Follow = True
    ) -> _Wish:
        seen = after if last_event_id is None else last_event_id
        return _Wish(begin(events, seen, follow=follow), types, follow)

    wish = Depends(wished)

    @router.get(
        "/v1/events",
        summary="What happens, as a live stream",
        status_code=200,
        response_class=EventStream,
        responses=RESPONSES,
    )
    async def stream_events(wish: _Wish = wish) -> EventStream:
        """Server-sent events from now on, or behind `after`; with `follow=false` and no `after`: all that are kept.

        Events come in the order in which they were committed, and are kept for seven days. A client that reconnects
        with `Last-Event-ID`, as browsers do, goes on where it was, also after a restart of Core.
        """
        return EventStream(_told(events, wish))

    return router


async def _told(events: Events, wish: _Wish) -> AsyncGenerator[ServerSentEvent, None]:
    start = wish.start
    yield opening(start)
    source = events.follow(start.place, wish.types) if wish.follow else so_far(events, start, wish.types)
    async with aclosing(source):
        async for event in source:
            yield message(event)
