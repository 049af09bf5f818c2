"""The `Assets` service of the SDK: facts and links, as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk.models import (
        Asset,
        AssetPatch,
        AssetQuery,
        LinkedAsset,
        LinkedAssetQuery,
        Page,
        TrashedAsset,
        TrashQuery,
    )

    from .assets import AssetCatalog
    from .links import LinkCatalog


class AssetService:
    """What plugins may do with assets; the catalogs behind it are out of their reach."""

    def __init__(self, assets: AssetCatalog, links: LinkCatalog) -> None:
        self._assets = assets
        self._links = links

    def get(self, asset_id: str) -> Asset:
        return self._assets.get(asset_id)

    def list(self, query: AssetQuery) -> Page[Asset]:
        return self._assets.list(query)

    def update(self, asset_id: str, patch: AssetPatch) -> Asset:
        return self._assets.update(asset_id, patch)

    def delete(self, asset_id: str) -> None:
        self._assets.delete(asset_id)

    def restore(self, asset_id: str) -> Asset:
        return self._assets.restore(asset_id)

    def trash(self, query: TrashQuery) -> Page[TrashedAsset]:
        return self._assets.trash(query)

    def link(self, entity_id: str, asset_id: str, role: str | None) -> None:
        self._links.link(entity_id, asset_id, role)

    def unlink(self, entity_id: str, asset_id: str) -> bool:
        return self._links.unlink(entity_id, asset_id)

    def of_entity(self, entity_id: str, query: LinkedAssetQuery) -> Page[LinkedAsset]:
        return self._links.of_entity(entity_id, query)

    def covers(self, entity_ids: Sequence[str]) -> Mapping[str, str]:
        return self._links.covers(entity_ids)
