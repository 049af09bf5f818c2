"""The `Entities` and `Assets` services of the SDK, put together from the catalogs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .asset_facts import AssetReadings
from .asset_lists import AssetLists
from .covers import CoverCatalog
from .entities import EntityCatalog
from .entity_bulk import EntityBulk
from .entity_lists import EntityLists
from .statistics import Statistics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_core.db.engine import Database
    from faceforge_core.events import EventLog
    from faceforge_sdk.models import (
        Asset,
        AssetPatch,
        AssetQuery,
        AssetStatistics,
        Entity,
        EntityDraft,
        EntityFilter,
        EntityPatch,
        EntityQuery,
        EntityStatistics,
        LinkedAsset,
        LinkedAssetQuery,
        LinkedEntity,
        LinkedEntityQuery,
        Page,
        TagCount,
        TrashedAsset,
        TrashedEntity,
        TrashQuery,
        UpsertItem,
        UpsertResult,
    )
    from faceforge_sdk.protocols import Neighbours, Reading

    from .assets import AssetCatalog
    from .field_defs import FieldDefCatalog
    from .links import LinkCatalog


class EntityService:
    """What plugins may do with entities."""

    def __init__(self, database: Database, events: EventLog, definitions: FieldDefCatalog, links: LinkCatalog) -> None:
        self._covers = CoverCatalog(database, events)
        self._entities = EntityCatalog(database, events, definitions)
        self._lists = EntityLists(database)
        self._links = links
        self._bulk = EntityBulk(database, events, definitions)
        self._statistics = Statistics(database)

    def create(self, draft: EntityDraft) -> Entity:
        return self._entities.create(draft)

    def get(self, entity_id: str) -> Entity:
        return self._entities.get(entity_id)

    def list(self, query: EntityQuery) -> Page[Entity]:
        return self._lists.list(query)

    def count(self, wanted: EntityFilter) -> int:
        return self._lists.count(wanted)

    def update(self, entity_id: str, patch: EntityPatch, *, expected_revision: int | None = None) -> Entity:
        return self._entities.update(entity_id, patch, expected_revision=expected_revision)

    def delete(self, entity_id: str) -> None:
        self._entities.delete(entity_id)

    def restore(self, entity_id: str) -> Entity:
        return self._entities.restore(entity_id)

    def trash(self, query: TrashQuery) -> Page[TrashedEntity]:
        return self._lists.trash(query)

    def upsert(self, items: Sequence[UpsertItem]) -> Sequence[UpsertResult]:
        return self._bulk.upsert(items)

    def retag(self, entity_ids: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> int:
        return self._bulk.retag(entity_ids, add, remove)

    def delete_many(self, entity_ids: Sequence[str]) -> int:
        return self._bulk.delete_many(entity_ids)

    def set_cover(self, entity_id: str, asset_id: str | None, *, expected_revision: int | None = None) -> Entity:
        return self._covers.choose(entity_id, asset_id, expected_revision=expected_revision)

    def of_asset(self, asset_id: str, query: LinkedEntityQuery) -> Page[LinkedEntity]:
        return self._links.of_asset(asset_id, query)

    def tags(self, limit: int = 100) -> Sequence[TagCount]:
        return self._lists.tags(limit)

    def statistics(self) -> EntityStatistics:
        return self._statistics.entities()


class AssetService:
    """What plugins may do with assets; the catalogs behind it are out of their reach."""

    def __init__(
        self, database: Database, events: EventLog, assets: AssetCatalog, links: LinkCatalog, statistics: Statistics
    ) -> None:
        self._assets = assets
        self._links = links
        self._lists = AssetLists(database)
        self._covers = CoverCatalog(database, events)
        self._readings = AssetReadings(database, events)
        self._statistics = statistics

    def get(self, asset_id: str) -> Asset:
        return self._assets.get(asset_id)

    def list(self, query: AssetQuery) -> Page[Asset]:
        return self._lists.list(query)

    def beside(self, asset_id: str, query: AssetQuery) -> Neighbours:
        return self._lists.beside(asset_id, query)

    def update(self, asset_id: str, patch: AssetPatch) -> Asset:
        return self._assets.update(asset_id, patch)

    def delete(self, asset_id: str) -> None:
        self._assets.delete(asset_id)

    def restore(self, asset_id: str) -> Asset:
        return self._assets.restore(asset_id)

    def delete_many(self, asset_ids: Sequence[str]) -> int:
        return self._assets.delete_many(asset_ids)

    def restore_many(self, asset_ids: Sequence[str]) -> int:
        return self._assets.restore_many(asset_ids)

    def trash(self, query: TrashQuery) -> Page[TrashedAsset]:
        return self._lists.trash(query)

    def link(self, entity_id: str, asset_id: str, role: str | None) -> None:
        self._links.link(entity_id, asset_id, role)

    def link_many(self, entity_id: str, asset_ids: Sequence[str]) -> int:
        return self._links.link_many(entity_id, asset_ids)

    def unlink(self, entity_id: str, asset_id: str) -> bool:
        return self._links.unlink(entity_id, asset_id)

    def of_entity(self, entity_id: str, query: LinkedAssetQuery) -> Page[LinkedAsset]:
        return self._links.of_entity(entity_id, query)

    def beside_of_entity(self, entity_id: str, asset_id: str) -> Neighbours:
        return self._links.beside(entity_id, asset_id)

    def covers(self, entity_ids: Sequence[str]) -> Mapping[str, str]:
        return self._covers.of(entity_ids)

    def counts(self, entity_ids: Sequence[str], most: int = 1000) -> Mapping[str, int]:
        return self._links.counts(entity_ids, most)

    def record(self, readings: Sequence[Reading]) -> Sequence[str]:
        return self._readings.record(readings)

    def statistics(self) -> AssetStatistics:
        return self._statistics.assets()
