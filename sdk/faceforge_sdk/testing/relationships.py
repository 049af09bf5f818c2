"""Relationships in memory."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING

from faceforge_sdk.errors import Conflict, NotFound
from faceforge_sdk.models import Graph, GraphNode, Relationship, TrashedRelationship
from faceforge_sdk.models.relationships import USUAL_RELATION_TYPES

from .answers import now, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk.models import (
        GraphQuery,
        Page,
        RelationshipDraft,
        RelationshipPatch,
        RelationshipQuery,
        RelationTypeQuery,
        TrashQuery,
    )

    from .entities import FakeEntities


class FakeRelationships:
    """`faceforge_sdk.protocols.Relationships` in memory, between the entities of `entities`.

    Lists come in the order of creation, the newest first.
    """

    def __init__(self, entities: FakeEntities) -> None:
        self._entities = entities
        self._kept: dict[str, Relationship] = {}
        self._trashed: dict[str, TrashedRelationship] = {}

    def create(self, draft: RelationshipDraft) -> Relationship:
        for end in (draft.src_entity_id, draft.dst_entity_id):
            self._entities.get(end)
        at = now()
        relationship = Relationship(relationship_id=token_hex(32), created_at=at, updated_at=at, **draft.model_dump())
        self._kept[relationship.relationship_id] = relationship
        return relationship

    def get(self, relationship_id: str) -> Relationship:
        relationship = self._kept.get(relationship_id)
        if relationship is None or not self._shows(relationship):
            raise NotFound(f"There is no relationship {relationship_id}.")
        return relationship

    def list(self, query: RelationshipQuery) -> Page[Relationship]:
        self._entities.get(query.entity_id)
        out, into = query.direction in {"any", "out"}, query.direction in {"any", "in"}
        found = [
            one
            for one in self._shown(query.type)
            if (out and one.src_entity_id == query.entity_id) or (into and one.dst_entity_id == query.entity_id)
        ]
        return page(found if query.sort_order == "desc" else found[::-1], query.limit, query.offset)

    def update(self, relationship_id: str, patch: RelationshipPatch) -> Relationship:
        changes = {**patch.model_dump(exclude_none=True), "updated_at": now()}
        self._kept[relationship_id] = self.get(relationship_id).model_copy(update=changes)
        return self._kept[relationship_id]

    def delete(self, relationship_id: str) -> None:
        if relationship_id not in self._kept:
            raise NotFound(f"There is no relationship {relationship_id}.")
        relationship = self._kept.pop(relationship_id)
        self._trashed[relationship_id] = TrashedRelationship(**relationship.model_dump(), deleted_at=now())

    def restore(self, relationship_id: str) -> Relationship:
        if relationship_id not in self._trashed:
            raise NotFound(f"There is no relationship {relationship_id} in the trash.")
        relationship = Relationship(**self._trashed[relationship_id].model_dump(exclude={"deleted_at"}))
        if not self._shows(relationship):
            raise Conflict("The relationship can't come back while one of its entities is in the trash.")
        del self._trashed[relationship_id]
        self._kept[relationship_id] = relationship
        return relationship

    def trash(self, query: TrashQuery) -> Page[TrashedRelationship]:
        return page(list(reversed(self._trashed.values())), query.limit, query.offset)

    def types(self, query: RelationTypeQuery) -> Sequence[str]:
        used = [one.relationship_type for one in reversed(self._shown(None))]
        names: dict[str, str] = {}
        for name in (*used, *USUAL_RELATION_TYPES):
            names.setdefault(name.casefold(), name)
        wanted = query.query.casefold()
        matching = [names[key] for key in sorted(names) if wanted in key]
        return sorted(matching, key=lambda name: not name.casefold().startswith(wanted))[: query.limit]

    def graph(self, entity_id: str, query: GraphQuery) -> Graph:
        self._entities.get(entity_id)
        edges = self._shown(query.type)
        distances = {entity_id: 0}
        for distance in range(1, query.depth + 1):
            level = {node for node, at in distances.items() if at == distance - 1}
            for one in edges:
                for near, far in (one.src_entity_id, one.dst_entity_id), (one.dst_entity_id, one.src_entity_id):
                    if near in level:
                        distances.setdefault(far, distance)
        shown = list(distances)[: query.limit]
        return Graph(
            entity_id=entity_id,
            nodes=[
                GraphNode(entity_id=node, display_name=self._entities.get(node).display_name, distance=distances[node])
                for node in shown
            ],
            edges=[one for one in edges if {one.src_entity_id, one.dst_entity_id} <= set(shown)],
            truncated=len(shown) < len(distances),
        )

    def _shown(self, relationship_type: str | None) -> Sequence[Relationship]:
        return [
            one
            for one in reversed(self._kept.values())
            if self._shows(one) and (not relationship_type or one.relationship_type == relationship_type)
        ]

    def _shows(self, relationship: Relationship) -> bool:
        try:
            for end in (relationship.src_entity_id, relationship.dst_entity_id):
                self._entities.get(end)
        except NotFound:
            return False
        return True
