"""The routes of relationships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query

from faceforge_sdk.models import (
    Deleted,
    Envelope,
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
    ok,
)
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Relationships


_SUGGESTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            "application/json": {
                "example": {"ok": True, "data": {"items": ["mentor", "mentor of", "student"]}, "error": None}
            }
        }
    }
}


def build(relationships: Relationships) -> APIRouter:
    """Routes over `relationships`."""
    router = built_late(APIRouter(tags=["Relationships"]))

    @router.get("/v1/relationships", summary="List an entity's relationships")
    def list_relationships(query: Annotated[RelationshipQuery, Query()]) -> Envelope[Page[Relationship]]:
        return ok(relationships.list(query))

    @router.post("/v1/relationships", summary="Relate two entities")
    def create_relationship(draft: RelationshipDraft) -> Envelope[Relationship]:
        return ok(relationships.create(draft))

    @router.get("/v1/relationships/{relationship_id}", summary="Read a relationship")
    async def get_relationship(relationship_id: str) -> Envelope[Relationship]:
        return ok(relationships.get(relationship_id))

    @router.patch("/v1/relationships/{relationship_id}", summary="Change a relationship's type or fields")
    def update_relationship(relationship_id: str, patch: RelationshipPatch) -> Envelope[Relationship]:
        return ok(relationships.update(relationship_id, patch))

    @router.delete("/v1/relationships/{relationship_id}", summary="Move a relationship to the trash")
    def delete_relationship(relationship_id: str) -> Envelope[Deleted]:
        relationships.delete(relationship_id)
        return ok(Deleted())

    @router.post("/v1/relationships/{relationship_id}/restore", summary="Bring a relationship back from the trash")
    def restore_relationship(relationship_id: str) -> Envelope[Relationship]:
        return ok(relationships.restore(relationship_id))

    @router.get("/v1/trash/relationships", summary="List the relationships in the trash")
    def list_trashed_relationships(query: Annotated[TrashQuery, Query()]) -> Envelope[Page[TrashedRelationship]]:
        return ok(relationships.trash(query))

    @router.get("/v1/relation-types", summary="Suggest types of relationships", responses=_SUGGESTED)
    def list_relation_types(query: Annotated[RelationTypeQuery, Query()]) -> Envelope[Items[str]]:
        return ok(Items(items=list(relationships.types(query))))

    @router.get("/v1/entities/{entity_id}/graph", summary="Read what surrounds an entity")
    def get_graph(entity_id: str, query: Annotated[GraphQuery, Query()]) -> Envelope[Graph]:
        return ok(relationships.graph(entity_id, query))

    return router
