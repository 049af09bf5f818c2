"""Events as messages of an event stream (HTML, section 9.2), and what the API's description says of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastapi.sse import ServerSentEvent

from faceforge_sdk.models import EventRecord

if TYPE_CHECKING:
    from faceforge_sdk import Event

    from .beginnings import Beginning

RETRY_MILLISECONDS = 2000

_EXAMPLE = """\
id: 41
retry: 2000

event: entity.created
data: {"event_seq":42,"type":"entity.created","subject":"5e1f…","at":"2026-01-02T03:04:05.678Z","payload":{}}
id: 42

"""
_TEXT = {"type": "string"}
_GAP = {
    "type": "object",
    "required": ["from", "to"],
    "properties": {"from": {"type": "integer"}, "to": {"type": "integer"}},
}
_MESSAGE = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "event": _TEXT,
        "id": _TEXT,
        "retry": {"type": "integer"},
        "data": {
            **_TEXT,
            "contentMediaType": "application/json",
            "contentSchema": {"anyOf": [EventRecord.model_json_schema(), _GAP]},
        },
    },
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": (
            "The first message names the place in the stream and holds no data, or it is a `gap`: what happened under "
            'the numbers `{"from": …, "to": …}` can\'t be told any more, so read again what you keep. Each event '
            "follows with its number as `id`, its type as `event`, and itself as `data`. A comment every 15 seconds "
            "shows that the stream lives."
        ),
        "content": {"text/event-stream": {"itemSchema": _MESSAGE, "example": _EXAMPLE}},
    }
}


def opening(beginning: Beginning) -> ServerSentEvent:
    """What a client has to know before the first event: from where to resume, should it get none, and what it missed.

    An id without data moves a browser's last event id and dispatches nothing.
    """
    gap = beginning.gap
    return ServerSentEvent(
        event=None if gap is None else "gap",
        raw_data=None if gap is None else json.dumps({"from": gap[0], "to": gap[1]}),
        id=str(beginning.place),
        retry=RETRY_MILLISECONDS,
    )


def message(event: Event) -> ServerSentEvent:
    """One event."""
    record = EventRecord(
        event_seq=event.seq, type=event.type, subject=event.subject, at=event.at, payload=event.payload
    )
    return ServerSentEvent(event=event.type, raw_data=record.model_dump_json(), id=str(event.seq))
