"""Assets in memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import (
    Asset,
    AssetStatistics,
    FamilyCount,
    LinkedAsset,
    Page,
    TrashedAsset,
    media_group,
)
from faceforge_sdk.protocols import Neighbours

from .answers import by_month, now, page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk.models import (
        AssetPatch,
        AssetQuery,
        LinkedAssetQuery,
        TrashQuery,
    )
    from faceforge_sdk.protocols import Reading

    from .entities import FakeEntities


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
        return AssetStatistics(total=len(self._live), families=counts, months=by_month(self._live.values()))


def _beside(ids: Sequence[str], one: str) -> Neighbours:
    at = ids.index(one) if one in ids else len(ids)
    around = [None, *ids, None, None, None]
    return Neighbours(around[at], around[at + 2]) if at < len(ids) else Neighbours(None, None)


def _true_type(asset: Asset) -> str:
    return asset.facts.media_type or asset.mime_type or ""


def _of_type(actual: str | None, wanted: str | None) -> bool:
    family = wanted is not None and wanted.endswith("/*")
    return not wanted or ((actual or "").startswith(wanted[:-1]) if family else actual == wanted)
