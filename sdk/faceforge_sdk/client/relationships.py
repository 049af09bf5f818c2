"""Relationships over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.models import (
    Deleted,
    Graph,
    GraphQuery,
    Items,
    Page,
    Relationship,
    RelationshipDraft,
    RelationshipPatch,
    RelationshipQuery,
    RelationTypeQuery,
    TrashedRelationship,
    TrashQuery,
)

from .exchange import at
from .wishes import everything, wish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .exchange import Exchange

_ROOT = "/v1/relationships"


class Relationships:
    """How entities relate to each other."""

    def __init__(self, exchange: Exchange) -> None:
        self._ask = exchange.ask

    def create(self, draft: RelationshipDraft | None = None, /, **facts: Any) -> Relationship:
        """Relate two live entities: ``create(src_entity_id=…, dst_entity_id=…, relationship_type="mentor")``.

        Raises `NotFound` for either end.
        """
        return self._ask("POST", _ROOT, Relationship, body=wish(RelationshipDraft, draft, facts))

    def get(self, relationship_id: str) -> Relationship:
        """A live one between live entities. Raises `NotFound`."""
        return self._ask("GET", _ROOT + at(relationship_id), Relationship)

    def list(self, query: RelationshipQuery | None = None, /, **conditions: Any) -> Page[Relationship]:
        """One page of an entity's, the newest first: ``list(entity_id=…, direction="out")``. Raises `NotFound`."""
        wanted = wish(RelationshipQuery, query, conditions)
        return self._ask("GET", _ROOT, Page[Relationship], query=wanted)

    def all(self, query: RelationshipQuery | None = None, /, **conditions: Any) -> Iterator[Relationship]:
        """All of an entity's that the conditions of `list` find."""
        return everything(self.list, wish(RelationshipQuery, query, conditions))

    def update(self, relationship_id: str, patch: RelationshipPatch | None = None, /, **facts: Any) -> Relationship:
        """Change type or fields. Raises `NotFound`."""
        return self._ask("PATCH", _ROOT + at(relationship_id), Relationship, body=wish(RelationshipPatch, patch, facts))

    def delete(self, relationship_id: str) -> None:
        """Move to the trash. Raises `NotFound`."""
        self._ask("DELETE", _ROOT + at(relationship_id), Deleted)

    def restore(self, relationship_id: str) -> Relationship:
        """Bring back from the trash. Raises `NotFound`, and `Conflict` if an end is gone."""
        return self._ask("POST", _ROOT + at(relationship_id, "restore"), Relationship)

    def trash(self, query: TrashQuery | None = None, /, **conditions: Any) -> Page[TrashedRelationship]:
        """One page of those in the trash, the latest first."""
        wanted = wish(TrashQuery, query, conditions)
        return self._ask("GET", "/v1/trash/relationships", Page[TrashedRelationship], query=wanted)

    def types(self, query: RelationTypeQuery | None = None, /, **conditions: Any) -> Sequence[str]:
        """Types to suggest, those that begin with ``query`` first: ``types(query="par")``."""
        wanted = wish(RelationTypeQuery, query, conditions)
        return self._ask("GET", "/v1/relation-types", Items[str], query=wanted).items

    def graph(self, entity_id: str, query: GraphQuery | None = None, /, **conditions: Any) -> Graph:
        """The entities within some steps of one: ``graph(entity_id, depth=2)``. Raises `NotFound`."""
        path = "/v1/entities" + at(entity_id, "graph")
        return self._ask("GET", path, Graph, query=wish(GraphQuery, query, conditions))
