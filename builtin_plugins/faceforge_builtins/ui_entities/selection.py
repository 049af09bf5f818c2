"""Changing many entities at once: those that were chosen, or all that the list finds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from faceforge_sdk.errors import FaceForgeError, NotFound, PreconditionFailed
from faceforge_sdk.forms import text_of
from faceforge_sdk.models import EntityFilter, EntityPatch, EntityQuery

from .forms import lines
from .picking import find
from .view_routes import listing_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import FormData

    from faceforge_sdk import PluginContext
    from faceforge_sdk.undoable import Undoable

    from .listing import Listing

AT_ONCE = 500
"""So many are changed before the page answers; for more a job is queued."""

_BATCH = 200
_JOB_TYPE = "entities.bulk"
_MOST_CHOSEN = 10_000

Action = Literal["tag", "untag", "trash"]
_SEPARATORS = re.compile(r"[,，、\n]")


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen `ids`, or `all` that `listing` finds, and what is to become of them."""

    listing: Listing
    ids: tuple[str, ...]
    all: bool
    action: Action
    tags: tuple[str, ...]

    @classmethod
    def posted(cls, form: FormData) -> Selection:
        """What the bar under the list asks for; scripts send all ids in one field."""
        ids = [value for value in form.getlist("id") if isinstance(value, str)]
        ids += text_of(form, "ids").split()
        action = text_of(form, "action")
        tags = lines(_SEPARATORS.sub("\n", text_of(form, "tag").replace("\0", "")))
        return cls(
            listing_of(text_of(form, "query")),
            tuple(dict.fromkeys(ids))[:_MOST_CHOSEN],
            text_of(form, "all") == "1",
            "untag" if action == "untag" else "trash" if action == "trash" else "tag",
            tuple(tags),
        )

    def problem(self) -> str:
        """The code of what is missing, or nothing."""
        if not self.ids and not self.all:
            return "nothing-chosen"
        return "no-tag" if self.action != "trash" and not self.tags else ""


@dataclass(frozen=True, slots=True)
class Retagged:
    """An entity whose tags were changed: those `before`, and its `revision` if nobody else has changed it since."""

    entity_id: str
    before: tuple[str, ...]
    revision: int


def carry_out(
    ctx: PluginContext, wish: Selection, trashed: Undoable[str], retagged: Undoable[Retagged]
) -> tuple[str, str | None]:
    """Do it; returns the code of the notice, and what takes it back."""
    wanted = EntityFilter(**wish.listing.conditions())
    many = ctx.entities.count(wanted) if wish.all else len(wish.ids)
    if many > AT_ONCE:
        return _queue(ctx, wish, wanted), None
    ids = _found(ctx, wanted) if wish.all else wish.ids
    batches = [ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]
    if wish.action == "trash":
        for batch in batches:
            ctx.entities.delete_many(batch)
        return "many-deleted", trashed.remember(ids)
    changed = [one for batch in batches for one in _retag(ctx, wish, batch)]
    return "tagged", retagged.remember(changed) if changed else None


def restore_all(ctx: PluginContext, ids: Sequence[str]) -> None:
    """Bring back what is still in the trash."""
    for entity_id in ids:
        try:
            ctx.entities.restore(entity_id)
        except NotFound:
            continue


def tag_again(ctx: PluginContext, retagged: Sequence[Retagged]) -> bool:
    """Give entities the tags that they had; returns whether all have them. What was changed meanwhile stays so."""
    done = [_tag_again(ctx, one) for one in retagged]
    return all(done)


def _tag_again(ctx: PluginContext, one: Retagged) -> bool:
    try:
        ctx.entities.update(one.entity_id, EntityPatch(tags=list(one.before)), expected_revision=one.revision)
    except (NotFound, PreconditionFailed):
        return False
    return True


def _retag(ctx: PluginContext, wish: Selection, batch: Sequence[str]) -> list[Retagged]:
    add, remove = (wish.tags, ()) if wish.action == "tag" else ((), wish.tags)
    before = [entity for entity_id in batch if (entity := find(ctx, entity_id))]
    ctx.entities.retag(batch, add, remove)
    return [
        Retagged(entity.entity_id, tuple(entity.tags), entity.revision + 1)
        for entity in before
        if (after := find(ctx, entity.entity_id)) and after.tags != entity.tags
    ]


def _found(ctx: PluginContext, wanted: EntityFilter) -> Sequence[str]:
    ids: list[str] = []
    cursor = None
    while True:
        query = EntityQuery(**wanted.model_dump(exclude_none=True), limit=_BATCH, cursor=cursor, total="none")
        page = ctx.entities.list(query)
        ids += [entity.entity_id for entity in page.items]
        cursor = page.next_cursor
        if cursor is None or len(ids) >= 2 * AT_ONCE:
            return ids


def _queue(ctx: PluginContext, wish: Selection, wanted: EntityFilter) -> str:
    """Leave it to the job of the entities' API."""
    whom = {"filter": wanted.model_dump(exclude_none=True)} if wish.all else {"ids": list(wish.ids)}
    add, remove = (wish.tags, ()) if wish.action == "tag" else ((), wish.tags if wish.action == "untag" else ())
    what = {"add": list(add), "remove": list(remove), "trash": wish.action == "trash"}
    try:
        ctx.jobs.enqueue(_JOB_TYPE, {**whom, **what})
    except FaceForgeError as refusal:
        ctx.log.warning("A change of many entities could not be queued: %s", refusal)
        return "not-queued"
    return "queued"
