"""Bringing things back from the trash, and removing them for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from faceforge_sdk import JobHandler
from faceforge_sdk.errors import Conflict, NotFound, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import TrashKind

PURGE: Final = "trash.purge"
KEEPER: Final = "faceforge.trash_api"
"""Whose configuration says how long things are kept."""

FOREVER: Final = "forever"


class Outcome(NamedTuple):
    """How many were done, and how many could not be."""

    done: int
    left: int


def restore(ctx: PluginContext, kind: TrashKind, ids: Sequence[str]) -> Outcome:
    """Bring each back that can be; what is no longer there is left."""
    work: Mapping[TrashKind, Callable[[str], object]] = {
        "entities": ctx.entities.restore,
        "assets": ctx.assets.restore,
        "descriptors": ctx.descriptors.restore,
        "relationships": ctx.relationships.restore,
        "field-defs": ctx.field_defs.restore,
    }
    return _each(ids, work[kind])


def remove(ctx: PluginContext, kind: TrashKind, ids: Sequence[str]) -> Outcome:
    """Remove each for good that can be."""
    return _each(ids, lambda thing_id: ctx.trash.purge(kind, thing_id))


def can_empty(ctx: PluginContext) -> bool:
    """Whether an active plugin runs the job."""
    return any(one.value.job_type == PURGE for one in ctx.plugins.contributed(JobHandler))


def keep_for(ctx: PluginContext, days: int | None) -> None:
    """How long things are kept from now on; None for ever. Raises `InvalidInput`, `NotFound`."""
    config = dict(ctx.plugins.config(KEEPER).config)
    ctx.plugins.configure(KEEPER, {**config, "keep_days": FOREVER if days is None else days})


def _each(ids: Sequence[str], work: Callable[[str], object]) -> Outcome:
    done = 0
    for thing_id in ids:
        try:
            work(thing_id)
            done += 1
        except (NotFound, Conflict, StorageUnavailable):
            continue
    return Outcome(done, len(ids) - done)
