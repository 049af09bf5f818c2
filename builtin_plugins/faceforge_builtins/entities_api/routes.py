"""The routes of entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from faceforge_sdk.models import (
    CoverChoice,
    Deleted,
    Entity,
    EntityDraft,
    EntityPatch,
    EntityQuery,
    Envelope,
    Page,
    TrashedEntity,
    TrashQuery,
    ok,
)
from faceforge_sdk.models.entities import MAX_CONDITIONS
from faceforge_sdk.routing import built_late

from .preconditions import etag, expected_revision

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Entities

_FACTS: dict[str, Any] = {
    "name": "facts",
    "in": "query",
    "required": False,
    "style": "form",
    "explode": True,
    "description": (
        "Conditions on values, each a parameter of its own: `field.<key>` or `descriptor.<key>`, alone or with `.eq` "
        "for the same value, `.gt`, `.gte`, `.lt`, `.lte` for numbers, dates and texts, or `.exists` for whether there "
        "is one. Of a list one item has to match, and the same one all bounds of its key."
    ),
    "schema": {
        "type": "object",
        "maxProperties": MAX_CONDITIONS,
        "propertyNames": {"pattern": r"^(field|descriptor)\..{1,500}$"},
        "patternProperties": {r"^(field|descriptor)\..+\.exists$": {"enum": ["true", "false"]}},
        "additionalProperties": {"type": "string", "maxLength": 2000},
    },
    "examples": {
        "same": {"summary": "From England", "value": {"field.country": "England"}},
        "between": {
            "summary": "Born in the 19th century",
            "value": {"descriptor.born.gte": "1800-01-01", "descriptor.born.lt": "1900-01-01"},
        },
        "known": {"summary": "With a known height", "value": {"field.height_cm.exists": "true"}},
    },
}


def build(entities: Entities) -> APIRouter:
    """Routes over `entities`. Single reads answer on the event loop; whatever may take longer goes to a thread."""
    router = built_late(APIRouter(tags=["Entities"]))

    @router.get("/v1/entities", summary="List or search entities", openapi_extra={"parameters": [_FACTS]})
    def list_entities(query: Annotated[EntityQuery, Query()]) -> Envelope[Page[Entity]]:
        return ok(entities.list(query))

    @router.post("/v1/entities", summary="Create an entity")
    def create_entity(draft: EntityDraft, response: Response) -> Envelope[Entity]:
        entity = entities.create(draft)
        response.headers["ETag"] = etag(entity)
        return ok(entity)

    @router.get("/v1/entities/{entity_id}", summary="Read an entity")
    async def get_entity(entity_id: str, response: Response) -> Envelope[Entity]:
        entity = entities.get(entity_id)
        response.headers["ETag"] = etag(entity)
        return ok(entity)

    @router.patch("/v1/entities/{entity_id}", summary="Change an entity")
    def update_entity(
        entity_id: str, patch: EntityPatch, response: Response, if_match: Annotated[str | None, Header()] = None
    ) -> Envelope[Entity]:
        entity = entities.update(entity_id, patch, expected_revision=expected_revision(if_match))
        response.headers["ETag"] = etag(entity)
        return ok(entity)

    @router.delete("/v1/entities/{entity_id}", summary="Move an entity to the trash")
    def delete_entity(entity_id: str) -> Envelope[Deleted]:
        entities.delete(entity_id)
        return ok(Deleted())

    @router.post("/v1/entities/{entity_id}/restore", summary="Bring an entity back from the trash")
    def restore_entity(entity_id: str) -> Envelope[Entity]:
        return ok(entities.restore(entity_id))

    @router.put("/v1/entities/{entity_id}/cover", summary="Choose an entity's cover")
    def choose_cover(
        entity_id: str, cover: CoverChoice, response: Response, if_match: Annotated[str | None, Header()] = None
    ) -> Envelope[Entity]:
        entity = entities.set_cover(entity_id, cover.asset_id, expected_revision=expected_revision(if_match))
        response.headers["ETag"] = etag(entity)
        return ok(entity)

    @router.delete("/v1/entities/{entity_id}/cover", summary="Leave an entity's cover to Core")
    def clear_cover(
        entity_id: str, response: Response, if_match: Annotated[str | None, Header()] = None
    ) -> Envelope[Entity]:
        entity = entities.set_cover(entity_id, None, expected_revision=expected_revision(if_match))
        response.headers["ETag"] = etag(entity)
        return ok(entity)

    @router.get("/v1/trash/entities", summary="List the entities in the trash")
    def list_trashed_entities(query: Annotated[TrashQuery, Query()]) -> Envelope[Page[TrashedEntity]]:
        return ok(entities.trash(query))

    return router
