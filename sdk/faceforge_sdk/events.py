"""What happened, told after it is committed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

EventType = Literal[
    "entity.created",
    "entity.updated",
    "entity.deleted",
    "entity.restored",
    "entity.purged",
    "asset.stored",
    "asset.updated",
    "asset.deleted",
    "asset.restored",
    "asset.linked",
    "asset.unlinked",
    "asset.purged",
    "descriptor.created",
    "descriptor.updated",
    "descriptor.deleted",
    "descriptor.restored",
    "descriptor.purged",
    "field_def.created",
    "field_def.updated",
    "field_def.deleted",
    "field_def.restored",
    "field_def.purged",
    "relationship.created",
    "relationship.updated",
    "relationship.deleted",
    "relationship.restored",
    "relationship.purged",
    "job.queued",
    "job.started",
    "job.finished",
    "plugin.enabled",
    "plugin.disabled",
    "plugin.failed",
]
"""What Core tells of; newer ones may tell of more. `HOOKS.md` lists what each says, at `register_event_handlers`."""


def matches(pattern: str, event_type: str) -> bool:
    """Whether `pattern` means this type: the type itself, its family (``asset.*``), or all (``*``)."""
    if pattern.endswith(".*"):
        return event_type.startswith(pattern[:-1])
    return pattern in {"*", event_type}


@dataclass(frozen=True, slots=True)
class Event:
    """One fact, written in the transaction of the change it tells of.

    `seq` grows with every event and never repeats; `subject` is the id of the thing; `at` is
    UTC text. Handlers may see an event more than once (after a crash) and must be idempotent.
    """

    seq: int
    type: str
    subject: str
    at: str
    payload: dict[str, Any]
