"""Events as they travel."""

from __future__ import annotations

from pydantic import ConfigDict

from . import examples
from .wire import JsonObject, WireModel


class EventRecord(WireModel):
    """What happened to `subject`; `event_seq` grows with every event and never repeats."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.EVENT]})

    event_seq: int
    type: str
    subject: str
    at: str
    payload: JsonObject
