"""Who is related to whom, read through the services that Core hands to every plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import EntityQuery, RelationshipQuery
from faceforge_sdk.paging import pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk import PluginContext

MOST_ENTITIES = 2000
"""Of larger libraries the entities that changed last are looked at: a page has to be there within a moment."""


class Relation(NamedTuple):
    """The source *is* `kind` *of* the destination."""

    source: str
    kind: str
    destination: str


class Related(NamedTuple):
    """The names of entities by id, and the relations between them. `all_seen`: nobody was left out."""

    names: dict[str, str]
    relations: list[Relation]
    all_seen: bool


def related(ctx: PluginContext) -> Related:
    """Everybody, up to a limit."""
    names: dict[str, str] = {}
    for page in pages(ctx.entities.list, EntityQuery(sort_by="updated_at", limit=200)):
        names |= {entity.entity_id: entity.display_name for entity in page.items}
        if len(names) >= MOST_ENTITIES:
            break
    relations = [one for entity_id in names for one in _of(ctx, entity_id) if one.destination in names]
    return Related(names, relations, len(names) < MOST_ENTITIES)


def _of(ctx: PluginContext, entity_id: str) -> Iterator[Relation]:
    """Those in which the entity is the source, so that each is met once."""
    try:
        found = ctx.relationships.list(RelationshipQuery(entity_id=entity_id, direction="out")).items
    except NotFound:  # deleted since its name was read
        return
    for one in reversed(found):
        yield Relation(one.src_entity_id, one.relationship_type, one.dst_entity_id)
