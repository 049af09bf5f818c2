"""The routes of what is known of assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from faceforge_sdk.models import Asset, AssetPatch, AssetQuery, Deleted, Envelope, Page, TrashedAsset, TrashQuery, ok
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Assets


def build(assets: Assets) -> APIRouter:
    """Routes over the facts of `assets`."""
    router = built_late(APIRouter(tags=["Assets"]))

    @router.get("/v1/assets", summary="List assets")
    def list_assets(query: Annotated[AssetQuery, Query()]) -> Envelope[Page[Asset]]:
        return ok(assets.list(query))

    @router.get("/v1/assets/{asset_id}", summary="Read what is known of an asset")
    async def get_asset(asset_id: str) -> Envelope[Asset]:
        return ok(assets.get(asset_id))

    @router.patch("/v1/assets/{asset_id}", summary="Change an asset's name, kind or media type")
    def update_asset(asset_id: str, patch: AssetPatch) -> Envelope[Asset]:
        return ok(assets.update(asset_id, patch))

    @router.delete("/v1/assets/{asset_id}", summary="Move an asset to the trash")
    def delete_asset(asset_id: str) -> Envelope[Deleted]:
        assets.delete(asset_id)
        return ok(Deleted())

    @router.post("/v1/assets/{asset_id}/restore", summary="Bring an asset back from the trash")
    def restore_asset(asset_id: str) -> Envelope[Asset]:
        return ok(assets.restore(asset_id))

    @router.get("/v1/trash/assets", summary="List the assets in the trash")
    def list_trashed_assets(query: Annotated[TrashQuery, Query()]) -> Envelope[Page[TrashedAsset]]:
        return ok(assets.trash(query))

    return router
