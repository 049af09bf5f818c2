"""Entities in memory."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Literal

from faceforge_sdk.errors import InvalidInput, NotFound, PreconditionFailed
from faceforge_sdk.models import (
    Entity,
    EntityDraft,
    EntityPatch,
    EntityStatistics,
    ErrorBody,
    LinkedEntity,
    Page,
    TagCount,
    TrashedEntity,
    UpsertResult,
)

from .answers import by_month, now, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk.models import (
        EntityFilter,
        EntityQuery,
        LinkedEntityQuery,
        TrashQuery,
        UpsertItem,
    )

    from .assets import FakeAssets


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
        """Text, names, tags and equality of fields are judged; other conditions hold for everybody."""
        needle = (wanted.q or "").casefold()
        equal = [(one.key, one.value) for one in wanted.facts if (one.space, one.comparison) == ("field", "eq")]
        return [
            entity
            for entity in reversed(self._live.values())
            if needle in entity.model_dump_json().casefold()
            and (wanted.name or entity.display_name).casefold() == entity.display_name.casefold()
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
        return EntityStatistics(total=len(self._live), months=by_month(self._live.values()))
