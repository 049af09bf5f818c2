"""The facts: entities, field definitions, descriptors, relationships, and their trash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faceforge_sdk.models import (
        Descriptor,
        DescriptorDraft,
        DescriptorPatch,
        Entity,
        EntityDraft,
        EntityFilter,
        EntityPatch,
        EntityQuery,
        EntityStatistics,
        FieldDef,
        FieldDefChange,
        FieldDefDraft,
        FieldDefPatch,
        Graph,
        GraphQuery,
        LinkedEntity,
        LinkedEntityQuery,
        Page,
        Relationship,
        RelationshipDraft,
        RelationshipPatch,
        RelationshipQuery,
        RelationTypeQuery,
        TagCount,
        TrashedDescriptor,
        TrashedEntity,
        TrashedFieldDef,
        TrashedRelationship,
        TrashKind,
        TrashQuery,
        TrashSummary,
        UpsertItem,
        UpsertResult,
    )


class Entities(Protocol):
    """The entities. All methods block; `get` takes well under a millisecond, the others belong on a thread."""

    def create(self, draft: EntityDraft) -> Entity:
        """Store a new entity; durable when this returns."""

    def get(self, entity_id: str) -> Entity:
        """The live entity. Raises `NotFound`."""

    def list(self, query: EntityQuery) -> Page[Entity]:
        """Live entities. Raises `InvalidInput` for a cursor that does not belong to this query."""

    def update(self, entity_id: str, patch: EntityPatch, *, expected_revision: int | None = None) -> Entity:
        """Change what `patch` names. Raises `NotFound`, or `PreconditionFailed` if the revision is another by now."""

    def delete(self, entity_id: str) -> None:
        """Move to the trash: links, descriptors and relationships hide with it. Raises `NotFound`."""

    def restore(self, entity_id: str) -> Entity:
        """Bring back from the trash, with exactly what its deletion hid. Raises `NotFound` if it is not there."""

    def trash(self, query: TrashQuery) -> Page[TrashedEntity]:
        """What lies in the trash, latest first."""

    def upsert(self, items: Sequence[UpsertItem]) -> Sequence[UpsertResult]:
        """Create, or bring up to date, the entities that these external ids name; in one transaction.

        One result per item, in order; an item that fails changes nothing and does not harm the others. What lies in
        the trash comes back. Raises `InvalidInput` for more than `MAX_UPSERT` items.
        """
        ...

    def retag(self, entity_ids: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> int:
        """Add and remove tags of many live entities in one transaction; returns how many changed. Unknown ids are
        passed over.
        """
        ...

    def delete_many(self, entity_ids: Sequence[str]) -> int:
        """Move many to the trash in one transaction; returns how many were live."""
        ...

    def count(self, wanted: EntityFilter) -> int:
        """How many live entities a filter finds."""
        ...

    def set_cover(self, entity_id: str, asset_id: str | None, *, expected_revision: int | None = None) -> Entity:
        """Choose the picture that stands for a live entity, one of its linked assets; None leaves it to Core again.

        Raises `NotFound` for the entity, `PreconditionFailed` when it has another revision than expected, and
        `InvalidInput` for an asset that is not linked to it or no picture.
        """
        ...

    def of_asset(self, asset_id: str, query: LinkedEntityQuery) -> Page[LinkedEntity]:
        """The live entities that a live asset belongs to, in the order in which they were first linked.

        Raises `NotFound` for the asset.
        """
        ...

    def tags(self, limit: int = 100) -> Sequence[TagCount]:
        """The tags in use by live entities, most used first."""

    def statistics(self) -> EntityStatistics:
        """The live entities and those of the last twelve months by month; seconds old at most while a large library
        is written to.
        """
        ...


class FieldDefs(Protocol):
    """What values may stand under which keys. All methods block."""

    def create(self, draft: FieldDefDraft) -> FieldDef:
        """Define a key. Raises `InvalidInput` (type, options, pattern, default), `Conflict` if the key is defined."""
        ...

    def get(self, field_def_id: str) -> FieldDef:
        """Raises `NotFound`."""
        ...

    def list(self, scope: str | None = None) -> Sequence[FieldDef]:
        """All, or those of a scope; by scope and key."""
        ...

    def update(self, field_def_id: str, patch: FieldDefPatch, *, dry_run: bool = False) -> FieldDefChange:
        """Change a definition, and say which stored values no longer fit; they are not touched.

        With `dry_run` nothing is changed. Raises `NotFound`, `InvalidInput`, `Conflict` for a key that is defined.
        """
        ...

    def arrange(self, field_def_ids: Sequence[str]) -> None:
        """Give these their `order` by their place in the sequence, in one transaction; others keep theirs.

        Raises `NotFound`; nothing is changed then.
        """
        ...

    def counts(self) -> Mapping[str, int]:
        """How many values are stored under each live definition, by its id; as old as `Entities.statistics` may be.

        Of an entity's own `fields` those count that lists can filter by.
        """
        ...

    def delete(self, field_def_id: str) -> None:
        """Move to the trash; its key is free at once, and stored values stay readable. Raises `NotFound`."""
        ...

    def restore(self, field_def_id: str) -> FieldDef:
        """Bring back from the trash. Raises `NotFound`, `Conflict` naming who has the key meanwhile."""
        ...

    def trash(self, query: TrashQuery) -> Page[TrashedFieldDef]:
        """What lies in the trash, latest first."""
        ...


class Descriptors(Protocol):
    """The defined values of entities. All methods block."""

    def create(self, entity_id: str, draft: DescriptorDraft) -> Descriptor:
        """Give an entity a value.

        Raises `NotFound` (no such live entity), `Conflict` (the entity has this key), `InvalidInput` with details
        ``{scope, field_key}`` where the key is not defined, and ``{scope, field_key, field_type, errors}`` where the
        value does not fit.
        """
        ...

    def get(self, descriptor_id: str) -> Descriptor:
        """The live descriptor of a live entity. Raises `NotFound`."""
        ...

    def of_entity(self, entity_id: str) -> Sequence[Descriptor]:
        """All of a live entity, by scope and key. Raises `NotFound`."""
        ...

    def update(self, descriptor_id: str, patch: DescriptorPatch) -> Descriptor:
        """Replace the value. Raises `NotFound`, `InvalidInput` as `create`."""
        ...

    def delete(self, descriptor_id: str) -> None:
        """Move to the trash; its key is free at once. Raises `NotFound`."""
        ...

    def restore(self, descriptor_id: str) -> Descriptor:
        """Bring back from the trash. Raises `NotFound`, `Conflict` naming who has the key, or if its entity is gone."""
        ...

    def trash(self, query: TrashQuery) -> Page[TrashedDescriptor]:
        """What lies in the trash, latest first."""
        ...


class Relationships(Protocol):
    """How entities relate to each other. All methods block."""

    def create(self, draft: RelationshipDraft) -> Relationship:
        """Relate two live entities. Raises `NotFound` for either end."""
        ...

    def get(self, relationship_id: str) -> Relationship:
        """A live one between live entities. Raises `NotFound`."""
        ...

    def list(self, query: RelationshipQuery) -> Page[Relationship]:
        """Those of a live entity, the newest first. Raises `NotFound` for the entity, `InvalidInput` for the cursor."""
        ...

    def update(self, relationship_id: str, patch: RelationshipPatch) -> Relationship:
        """Change type or fields. Raises `NotFound`."""
        ...

    def delete(self, relationship_id: str) -> None:
        """Move to the trash. Raises `NotFound`."""
        ...

    def restore(self, relationship_id: str) -> Relationship:
        """Bring back from the trash. Raises `NotFound`, `Conflict` if an end is gone."""
        ...

    def trash(self, query: TrashQuery) -> Page[TrashedRelationship]:
        """What lies in the trash, latest first."""
        ...

    def types(self, query: RelationTypeQuery) -> Sequence[str]:
        """Types to suggest: those in use and the usual ones, merged without regard to case.

        Those that begin with the query come first, then alphabetically.
        """
        ...

    def graph(self, entity_id: str, query: GraphQuery) -> Graph:
        """The live entities within some steps of one, and what relates them. Raises `NotFound`."""
        ...


class Trash(Protocol):
    """The trash of all kinds. All methods block."""

    def summary(self, older_than_days: int | None = None) -> TrashSummary:
        """How much lies in it, or how much of it was deleted at least so long ago; and for how long it is kept."""
        ...

    def purge(self, kind: TrashKind, thing_id: str) -> None:
        """Remove one thing for good, with what belongs to it: an entity's descriptors, relationships and links.

        Raises `NotFound` if it is not in the trash, and `StorageUnavailable` if the bytes of an asset can't be removed
        now.
        """
        ...

    def purge_older(
        self,
        kinds: Sequence[TrashKind],
        older_than_days: int,
        progress: Callable[[float, str | None], None],
        check_cancelled: Callable[[], None],
    ) -> Mapping[str, int]:
        """Remove for good what was deleted at least so long ago; returns how many of each kind.

        ``skipped`` counts the assets that stay because whoever keeps their bytes does not answer. What v0.1.9 had
        deleted counts from the upgrade. Repeatable; `check_cancelled` stops it by raising. Raises `StorageUnavailable`
        where the files' disk is not there.
        """
        ...
