"""The entities that a file belongs to, and finding one more by its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from faceforge_sdk.errors import InvalidInput, NotFound
from faceforge_sdk.forms import text_of
from faceforge_sdk.models import EntityQuery, LinkedEntityQuery
from faceforge_sdk.thumbnails import drawable_covers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import FormData

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Entity, LinkedEntity

SHOWN: Final = 50
_OFFERED: Final = 12
_LOOKED_AT: Final = 50
_MAX_NAME: Final = 1000
_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Face:
    """An entity with its cover, if there is one to be drawn."""

    entity: Entity
    cover: str | None


@dataclass(frozen=True, slots=True)
class Owner:
    """An entity that a file belongs to, and whether that file was chosen as its cover."""

    entity: LinkedEntity
    cover: str | None
    is_cover: bool


@dataclass(frozen=True, slots=True)
class Owners:
    """The first of them, and how many there are."""

    shown: list[Owner]
    total: int

    @classmethod
    def of(cls, ctx: PluginContext, asset_id: str) -> Owners:
        """Those of a live asset."""
        page = ctx.entities.of_asset(asset_id, LinkedEntityQuery(limit=SHOWN))
        covers = drawable_covers(ctx, [entity.entity_id for entity in page.items])
        shown = [
            Owner(entity, covers.get(entity.entity_id), entity.cover_asset_id == asset_id) for entity in page.items
        ]
        return cls(shown, page.total or 0)


@dataclass(frozen=True, slots=True)
class Sought:
    """A typed name and the `entity` that it means; else whom it may mean, which may be nobody."""

    text: str
    entity: Entity | None = None
    offered: tuple[Face, ...] = ()

    @classmethod
    def posted(cls, ctx: PluginContext, form: FormData) -> Sought:
        """The entity whose id came along, or else the one that the name alone makes clear."""
        text, chosen = text_of(form, "name").strip()[:_MAX_NAME], text_of(form, "name-id")
        entity = _live(ctx, chosen) if _ID.fullmatch(chosen) else None
        return cls(text, entity) if entity or not text else _by_name(ctx, text)


def _live(ctx: PluginContext, entity_id: str) -> Entity | None:
    try:
        return ctx.entities.get(entity_id)
    except NotFound:
        return None


def _by_name(ctx: PluginContext, text: str) -> Sought:
    query = {"limit": _LOOKED_AT, "sort_by": "display_name", "sort_order": "asc", "total": "none"}
    try:
        same = ctx.entities.list(EntityQuery.model_validate({**query, "name": text})).items
        found = ctx.entities.list(EntityQuery.model_validate({**query, "q": text})).items
    except (InvalidInput, ValueError):  # NUL, and what else no entity can be called
        return Sought(text)
    if len(same) == 1:
        return Sought(text, same[0])
    offered = (same or sorted(found, key=lambda entity: _rank(entity, text)))[:_OFFERED]
    return Sought(text, offered=_faces(ctx, offered))


def _faces(ctx: PluginContext, entities: Sequence[Entity]) -> tuple[Face, ...]:
    covers = drawable_covers(ctx, [entity.entity_id for entity in entities])
    return tuple(Face(entity, covers.get(entity.entity_id)) for entity in entities)


def _rank(entity: Entity, text: str) -> int:
    """Names that begin so come first: the search also looks into tags and facts."""
    name, wanted = entity.display_name.casefold(), text.casefold()
    return 0 if name.startswith(wanted) else 1 if f" {wanted}" in name else 2
