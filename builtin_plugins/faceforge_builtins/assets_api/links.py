"""The routes between entities and assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from faceforge_sdk.models import (
    Envelope,
    Linked,
    LinkedAsset,
    LinkedAssetQuery,
    LinkedEntity,
    LinkedEntityQuery,
    LinkRequest,
    Page,
    ok,
)
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Assets, Entities


def build(assets: Assets, entities: Entities) -> APIRouter:
    """Routes over the links between `entities` and `assets`."""
    router = built_late(APIRouter(tags=["Assets"]))

    @router.get("/v1/entities/{entity_id}/assets", summary="List an entity's assets")
    def list_entity_assets(entity_id: str, query: Annotated[LinkedAssetQuery, Query()]) -> Envelope[Page[LinkedAsset]]:
        return ok(assets.of_entity(entity_id, query))

    @router.get("/v1/assets/{asset_id}/entities", summary="List the entities that an asset belongs to")
    def list_asset_entities(
        asset_id: str, query: Annotated[LinkedEntityQuery, Query()]
    ) -> Envelope[Page[LinkedEntity]]:
        return ok(entities.of_asset(asset_id, query))

    @router.post("/v1/entities/{entity_id}/assets/{asset_id}", summary="Link an asset to an entity")
    def link_asset(entity_id: str, asset_id: str, link: LinkRequest | None = None) -> Envelope[Linked]:
        assets.link(entity_id, asset_id, link.role if link else None)
        return ok(Linked(linked=True))

    @router.delete("/v1/entities/{entity_id}/assets/{asset_id}", summary="Remove a link")
    def unlink_asset(entity_id: str, asset_id: str) -> Envelope[Linked]:
        return ok(Linked(linked=assets.unlink(entity_id, asset_id)))

    return router
