"""Which entity a typed name means; people write names, never ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk.errors import InvalidInput, NotFound
from faceforge_sdk.models import EntityQuery

from .portraits import cards

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Entity
    from faceforge_sdk.protocols import Texts

    from .portraits import Card

MOST_OFFERED = 12
_LOOKED_AT = 50
_MAX_NAME = 1000
_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Picked:
    """A typed `text`; the `entity` it means, or why nobody knows: a `problem`, and whom it may mean (`offered`).

    `unknown`: there is nobody of that name yet.
    """

    text: str = ""
    entity: Entity | None = None
    offered: tuple[Card, ...] = ()
    problem: str = ""
    unknown: bool = False

    @property
    def chosen(self) -> str:
        """The id that a form sends along, so that the name need not be looked for again."""
        return self.entity.entity_id if self.entity else ""


NOBODY = Picked()


def pick(ctx: PluginContext, texts: Texts, text: str, chosen: str) -> Picked:
    """The entity with the id `chosen`, or else the one that `text` names."""
    _ = texts.gettext
    text = text.strip()[:_MAX_NAME]
    for entity_id in (chosen, text if _ID.fullmatch(text) else ""):
        entity = find(ctx, entity_id) if entity_id else None
        if entity is not None:
            return Picked(entity.display_name, entity)
    if chosen:
        return Picked(text, problem=_("This entity is no longer there. Choose another one."))
    if not text:
        return Picked(problem=_("Write a name."))
    return _search(ctx, texts, text)


def find(ctx: PluginContext, entity_id: str) -> Entity | None:
    """The live entity, if there is one."""
    try:
        return ctx.entities.get(entity_id)
    except NotFound:
        return None


def _search(ctx: PluginContext, texts: Texts, text: str) -> Picked:
    _ = texts.gettext
    try:
        same = ctx.entities.list(EntityQuery(name=text, limit=_LOOKED_AT, total="none")).items
        if len(same) == 1:
            return Picked(same[0].display_name, same[0])
        page = ctx.entities.list(
            EntityQuery(q=text, limit=_LOOKED_AT, sort_by="display_name", sort_order="asc", total="none")
        )
    except InvalidInput as refusal:
        return Picked(text, problem=str(refusal))
    if not page.items:
        return Picked(text, problem=_("No entity has this name. Check the spelling, or create it first."), unknown=True)
    offered = (same or sorted(page.items, key=lambda entity: _rank(entity, text)))[:MOST_OFFERED]
    return Picked(text, offered=tuple(cards(ctx, offered)), problem=_("Choose which one is meant."))


def _rank(entity: Entity, text: str) -> int:
    """Names that begin so, then names with a word that does: the search also looks into tags and facts."""
    name, wanted = entity.display_name.casefold(), text.casefold()
    return 0 if name.startswith(wanted) else 1 if f" {wanted}" in name else 2
