"""Entities and assets in memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from secrets import token_hex
from typing import TYPE_CHECKING, Literal

from faceforge_sdk.errors import InvalidInput, NotFound, PreconditionFailed
from faceforge_sdk.models import (
    Asset,
    AssetStatistics,
    Entity,
    EntityDraft,
    EntityPatch,
    EntityStatistics,
    ErrorBody,
    FamilyCount,
    LinkedAsset,
    LinkedEntity,
    MonthCount,
    Page,
    TagCount,
    TrashedAsset,
    TrashedEntity,
    UpsertResult,
    media_group,
)
from faceforge_sdk.protocols import Neighbours

from .answers import now, page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from faceforge_sdk.models import (
        AssetPatch,
        AssetQuery,
        EntityFilter,
        EntityQuery,
        LinkedAssetQuery,
        LinkedEntityQuery,
        TrashQuery,
        UpsertItem,
    )
    from faceforge_sdk.protocols import Reading


class FakeEntities:
    """`faceforge_sdk.protocols.Entities` in memory. Lists come in the order of creation, the newest first."""

    def __init__(self) -> None:
        self.assets: FakeAssets | None = None
        self._live: dict[str, Entity] = {}
        self._trashed: dict[str, TrashedEntity] = {}

    def known_ids(self) -> set[str]:
        """Of all that were not purged."""
        return {*self._live, *self._trashed}

    def purge(self, entity_id: str) -> None:
        """Remove for good, wherever it is."""
        self._live.pop(entity_id, None)
        self._trashed.pop(entity_id, None)

    def create(self, draft: EntityDraft) -> Entity:
        at = now()
        entity = Entity(entity_id=token_hex(32), created_at=at, updated_at=at, revision=1, **draft.model_dump())
        self._live[entity.entity_id] = entity
        return entity

    def get(self, entity_id: str) -> Entity:
        if entity_id not in self._live:
            raise NotFound(f"There is no entity {entity_id}.")
        return self._live[entity_id]

    def list(self, query: EntityQuery) -> Page[Entity]:
        return page(self._found(query), query.limit, query.offset)

    def count(self, wanted: EntityFilter) -> int:
        return len(self._found(wanted))

    def _found(self, wanted: EntityFilter) -> Sequence[Entity]:
        """Text, tags and equality of fields are judged; other conditions hold for everybody."""
        needle = (wanted.q or "").casefold()
        equal = [(one.key, one.value) for one in wanted.facts if (one.space, one.comparison) == ("field", "eq")]
        return [
            entity
            for entity in reversed(self._live.values())
            if needle in entity.model_dump_json().casefold()
            and set(wanted.tag) <= set(entity.tags)
            and (not wanted.any_tag or set(wanted.any_tag) & set(entity.tags))
            and not set(wanted.not_tag) & set(entity.tags)
            and all(str(entity.fields.get(key)) == value for key, value in equal)
        ]

    def update(self, entity_id: str, patch: EntityPatch, *, expected_revision: int | None = None) -> Entity:
        entity = self.get(entity_id)
        if expected_revision not in {None, entity.revision}:
            raise PreconditionFailed("The entity was changed meanwhile.")
        changes = {**patch.model_dump(exclude_none=True), "revision": entity.revision + 1, "updated_at": now()}
        self._live[entity_id] = entity.model_copy(update=changes)
        return self._live[entity_id]

    def delete(self, entity_id: str) -> None:
        entity = self.get(entity_id)
        self._trashed[entity_id] = TrashedEntity(**entity.model_dump(), deleted_at=now())
        del self._live[entity_id]

    def restore(self, entity_id: str) -> Entity:
        if entity_id not in self._trashed:
            raise NotFound(f"There is no entity {entity_id} in the trash.")
        self._live[entity_id] = Entity(**self._trashed.pop(entity_id).model_dump(exclude={"deleted_at"}))
        return self._live[entity_id]

    def trash(self, query: TrashQuery) -> Page[TrashedEntity]:
        return page(list(reversed(self._trashed.values())), query.limit, query.offset)

    def upsert(self, items: Sequence[UpsertItem]) -> Sequence[UpsertResult]:
        return [self._upsert(index, item) for index, item in enumerate(items)]

    def _upsert(self, index: int, item: UpsertItem) -> UpsertResult:
        said = item.model_dump(exclude_none=True)
        pool = [*self._live.values(), *self._trashed.values()]
        known = next((one for one in pool if one.external_ids.items() & item.external_ids.items()), None)
        if known is None and item.display_name is None:
            body = ErrorBody(code="validation_error", message="A new entity needs a display_name.")
            return UpsertResult(index=index, status="failed", entity_id=None, error=body)
        if known is None:
            entity = self.create(EntityDraft.model_validate(said))
            return UpsertResult(index=index, status="created", entity_id=entity.entity_id)
        restored = known.entity_id in self._trashed
        before = self.restore(known.entity_id) if restored else known
        said["external_ids"] = {**before.external_ids, **item.external_ids}
        changed = any(getattr(before, name) != value for name, value in said.items())
        if changed:
            self.update(before.entity_id, EntityPatch.model_validate(said))
        status: Literal["restored", "updated", "unchanged"] = "updated" if changed else "unchanged"
        return UpsertResult(index=index, status="restored" if restored else status, entity_id=before.entity_id)

    def retag(self, entity_ids: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> int:
        changed = 0
        for entity_id in self._live.keys() & set(entity_ids):
            before = self._live[entity_id].tags
            tags = [tag for tag in dict.fromkeys([*before, *add]) if tag not in remove]
            if tags != before:
                self.update(entity_id, EntityPatch(tags=tags))
                changed += 1
        return changed

    def delete_many(self, entity_ids: Sequence[str]) -> int:
        live = self._live.keys() & set(entity_ids)
        for entity_id in live:
            self.delete(entity_id)
        return len(live)

    def set_cover(self, entity_id: str, asset_id: str | None, *, expected_revision: int | None = None) -> Entity:
        """Without `assets` beside it, anything may be a cover."""
        before = self.get(entity_id)
        if expected_revision not in {None, before.revision}:
            raise PreconditionFailed("The entity was changed meanwhile.")
        if asset_id is not None and self.assets is not None and asset_id not in self.assets.pictures_of(entity_id):
            raise InvalidInput(f"The asset {asset_id} is no picture that is linked to this entity.")
        if asset_id != before.cover_asset_id:
            changes = {"cover_asset_id": asset_id, "revision": before.revision + 1, "updated_at": now()}
            self._live[entity_id] = before.model_copy(update=changes)
        return self._live[entity_id]

    def chosen_cover(self, entity_id: str) -> str | None:
        """The id of the cover that was chosen for a live entity, linked still or not."""
        return self._live[entity_id].cover_asset_id if entity_id in self._live else None

    def of_asset(self, asset_id: str, query: LinkedEntityQuery) -> Page[LinkedEntity]:
        """Without `assets` beside it, nothing is linked."""
        links = [] if self.assets is None else self.assets.owners_of(asset_id)
        found = [
            LinkedEntity(**self._live[entity_id].model_dump(), role=role, linked_at=linked_at)
            for entity_id, (role, linked_at) in links
            if entity_id in self._live
        ]
        return page(found if query.sort_order == "desc" else found[::-1], query.limit, query.offset)

    def tags(self, limit: int = 100) -> Sequence[TagCount]:
        used = [tag for entity in self._live.values() for tag in entity.tags]
        counts = [TagCount(tag=tag, count=used.count(tag)) for tag in sorted(set(used))]
        return sorted(counts, key=lambda one: -one.count)[:limit]

    def statistics(self) -> EntityStatistics:
        return EntityStatistics(total=len(self._live), months=_by_month(self._live.values()))


class FakeAssets:
    """`faceforge_sdk.protocols.Assets` in memory. `add` stores bytes without an upload."""

    def __init__(self) -> None:
        self.entities: FakeEntities | None = None
        self.content: dict[str, bytes] = {}
        self._live: dict[str, Asset] = {}
        self._trashed: dict[str, TrashedAsset] = {}
        self._words: dict[str, dict[str, Sequence[str]]] = {}
        self._links: dict[tuple[str, str], tuple[str | None, str]] = {}

    def known_ids(self) -> set[str]:
        """Of all that were not purged."""
        return {*self._live, *self._trashed}

    def purge(self, asset_id: str) -> None:
        """Remove for good, wherever it is."""
        self._live.pop(asset_id, None)
        self._trashed.pop(asset_id, None)

    def add(
        self, content: bytes, *, filename: str = "file.bin", mime_type: str | None = None, kind: str = "file"
    ) -> Asset:
        """Store `content` as an asset, live even if it lay in the trash."""
        digest, at = hashlib.sha256(content).hexdigest(), now()
        new = Asset(
            asset_id=digest,
            kind=kind,
            filename=filename,
            content_hash=digest,
            byte_size=len(content),
            mime_type=mime_type or "application/octet-stream",
            storage_provider="fs",
            storage_key=f"files/{digest[:2]}/{digest}",
            meta={},
            created_at=at,
            updated_at=at,
        )
        self.content[digest] = content
        if digest in self._trashed:
            return self.restore(digest)
        return self._live.setdefault(digest, new)

    def has(self, content: bytes) -> bool:
        """Whether these bytes are a live asset's."""
        return hashlib.sha256(content).hexdigest() in self._live

    def get(self, asset_id: str) -> Asset:
        if asset_id not in self._live:
            raise NotFound(f"There is no asset {asset_id}.")
        return self._live[asset_id]

    def list(self, query: AssetQuery) -> Page[Asset]:
        """Text, kind, types, size and links are judged; other conditions hold for everything."""
        return page(self._found(query), query.limit, query.offset)

    def beside(self, asset_id: str, query: AssetQuery) -> Neighbours:
        self.get(asset_id)
        fitting = {asset.asset_id for asset in self._found(query)} | {asset_id}
        return _beside([other for other in reversed(self._live) if other in fitting], asset_id)

    def _found(self, query: AssetQuery) -> Sequence[Asset]:
        owned = {asset_id for _, asset_id in self._links}
        return [
            asset
            for asset in reversed(self._live.values())
            if self._fits(asset, query)
            and query.media_group in {None, media_group(asset.facts.media_type)}
            and (query.min_size is None or asset.byte_size >= query.min_size)
            and (query.max_size is None or asset.byte_size <= query.max_size)
            and query.linked in {None, asset.asset_id in owned}
        ]

    def update(self, asset_id: str, patch: AssetPatch) -> Asset:
        changes = {**patch.model_dump(exclude_none=True), "updated_at": now()}
        self._live[asset_id] = self.get(asset_id).model_copy(update=changes)
        return self._live[asset_id]

    def delete(self, asset_id: str) -> None:
        self._trashed[asset_id] = TrashedAsset(**self.get(asset_id).model_dump(), deleted_at=now())
        del self._live[asset_id]

    def restore(self, asset_id: str) -> Asset:
        if asset_id not in self._trashed:
            raise NotFound(f"There is no asset {asset_id} in the trash.")
        self._live[asset_id] = Asset(**self._trashed.pop(asset_id).model_dump(exclude={"deleted_at"}))
        return self._live[asset_id]

    def delete_many(self, asset_ids: Sequence[str]) -> int:
        live = self._live.keys() & set(asset_ids)
        for asset_id in live:
            self.delete(asset_id)
        return len(live)

    def restore_many(self, asset_ids: Sequence[str]) -> int:
        trashed = self._trashed.keys() & set(asset_ids)
        for asset_id in trashed:
            self.restore(asset_id)
        return len(trashed)

    def trash(self, query: TrashQuery) -> Page[TrashedAsset]:
        return page(list(reversed(self._trashed.values())), query.limit, query.offset)

    def link(self, entity_id: str, asset_id: str, role: str | None) -> None:
        if self.entities is not None:
            self.entities.get(entity_id)
        self.get(asset_id)
        self._links[entity_id, asset_id] = (role, now())

    def link_many(self, entity_id: str, asset_ids: Sequence[str]) -> int:
        if self.entities is not None:
            self.entities.get(entity_id)
        new = [one for one in dict.fromkeys(asset_ids) if one in self._live and not self.is_linked(entity_id, one)]
        for asset_id in new:
            self.link(entity_id, asset_id, None)
        return len(new)

    def unlink(self, entity_id: str, asset_id: str) -> bool:
        return self._links.pop((entity_id, asset_id), None) is not None

    def is_linked(self, entity_id: str, asset_id: str) -> bool:
        """Whether there is such a link."""
        return (entity_id, asset_id) in self._links

    def owners_of(self, asset_id: str) -> Sequence[tuple[str, tuple[str | None, str]]]:
        """The ids of the entities that a live asset is linked to, each with role and moment; the latest first."""
        self.get(asset_id)
        return [(owner, link) for (owner, linked), link in reversed(self._links.items()) if linked == asset_id]

    def of_entity(self, entity_id: str, query: LinkedAssetQuery) -> Page[LinkedAsset]:
        found = [
            LinkedAsset(**self._live[asset_id].model_dump(), role=role, linked_at=linked_at)
            for asset_id, (role, linked_at) in self._links_of(entity_id)
            if self._fits(self._live[asset_id], query)
        ]
        return page(found, query.limit, query.offset)

    def beside_of_entity(self, entity_id: str, asset_id: str) -> Neighbours:
        return _beside([one for one, _ in self._links_of(entity_id)], asset_id)

    def covers(self, entity_ids: Sequence[str]) -> Mapping[str, str]:
        pictures = {entity_id: self.pictures_of(entity_id) for entity_id in entity_ids}
        return {entity_id: self._cover(entity_id, ids) for entity_id, ids in pictures.items() if ids}

    def pictures_of(self, entity_id: str) -> Sequence[str]:
        """The ids of the live pictures that are linked to an entity, the latest link first."""
        ids = [asset_id for asset_id, _ in self._links_of(entity_id)]
        return [asset_id for asset_id in ids if _true_type(self._live[asset_id]).startswith("image/")]

    def record(self, readings: Sequence[Reading]) -> Sequence[str]:
        return list(dict.fromkeys(reading.asset_id for reading in readings if self._record(reading)))

    def _record(self, reading: Reading) -> bool:
        asset = self._live.get(reading.asset_id) or self._trashed.get(reading.asset_id)
        if asset is None:
            return False
        replaced = {(entry.get("Source"), entry.get("Name")) for entry in reading.entries}
        held = [one for one in asset.meta.get("metadata", []) if (one.get("Source"), one.get("Name")) not in replaced]
        meta = {**asset.meta, "metadata": [*held, *map(dict, reading.entries)]} if reading.entries else asset.meta
        after = asset.model_copy(update={"facts": reading.facts.over(asset.facts), "meta": meta})
        if isinstance(after, TrashedAsset):
            self._trashed[reading.asset_id] = after
        else:
            self._live[reading.asset_id] = after
        self._words.setdefault(reading.asset_id, {}).update(reading.words)
        return True

    def _links_of(self, entity_id: str) -> Sequence[tuple[str, tuple[str | None, str]]]:
        links = [(asset_id, link) for (owner, asset_id), link in self._links.items() if owner == entity_id]
        return [(asset_id, link) for asset_id, link in reversed(links) if asset_id in self._live]

    def _cover(self, entity_id: str, pictures: Sequence[str]) -> str:
        chosen = None if self.entities is None else self.entities.chosen_cover(entity_id)
        return chosen if chosen is not None and chosen in pictures else pictures[0]

    def _fits(self, asset: Asset, query: AssetQuery | LinkedAssetQuery) -> bool:
        words = [word for of_source in self._words.get(asset.asset_id, {}).values() for word in of_source]
        return (
            (query.q or "").casefold() in "\n".join([asset.filename or "", *words]).casefold()
            and (not query.kind or asset.kind == query.kind)
            and _of_type(asset.mime_type, query.mime_type)
            and _of_type(asset.facts.media_type, query.media_type)
        )

    def counts(self, entity_ids: Sequence[str], most: int = 1000) -> Mapping[str, int]:
        linked = [entity_id for entity_id, asset_id in self._links if asset_id in self._live]
        return {entity_id: min(linked.count(entity_id), most) for entity_id in entity_ids}

    def statistics(self) -> AssetStatistics:
        families = Counter((asset.mime_type or "").partition("/")[0] for asset in self._live.values())
        counts = [FamilyCount(family=family, assets=count) for family, count in families.most_common()]
        return AssetStatistics(total=len(self._live), families=counts, months=_by_month(self._live.values()))


def _by_month(things: Iterable[Entity | Asset]) -> list[MonthCount]:
    """The months that have any."""
    months = Counter(thing.created_at[:7] for thing in things)
    return [MonthCount(month=month, created=months[month]) for month in sorted(months)]


def _beside(ids: Sequence[str], one: str) -> Neighbours:
    at = ids.index(one) if one in ids else len(ids)
    around = [None, *ids, None, None, None]
    return Neighbours(around[at], around[at + 2]) if at < len(ids) else Neighbours(None, None)


def _true_type(asset: Asset) -> str:
    return asset.facts.media_type or asset.mime_type or ""


def _of_type(actual: str | None, wanted: str | None) -> bool:
    family = wanted is not None and wanted.endswith("/*")
    return not wanted or ((actual or "").startswith(wanted[:-1]) if family else actual == wanted)
