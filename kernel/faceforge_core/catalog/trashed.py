"""Rows in the trash: how many there are, which are due, and how they go for good with all that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, func, or_, select

from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import (
    assets,
    descriptors,
    entities,
    entity_assets,
    entity_external_ids,
    field_definitions,
    plugin_data,
    relationships,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, Table

    from faceforge_core.db.engine import Reader, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.events import EventType
    from faceforge_sdk.models import PluginSubject, TrashKind

BATCH = 200
"""How many rows of a kind one transaction removes, so that other writers get their turn."""

END_OF_TIME = "9999"


@dataclass(frozen=True, slots=True)
class _Kind:
    """A table whose rows can lie in the trash, and the columns of other tables that point to them."""

    table: Table
    id_column: Column[str]
    event: EventType
    owners: tuple[Column[str], ...] = ()
    subject: PluginSubject | None = None
    """As what plugins keep data about it."""


_KINDS: Mapping[TrashKind, _Kind] = {
    "relationships": _Kind(relationships, relationships.c.relationship_id, "relationship.purged"),
    "descriptors": _Kind(descriptors, descriptors.c.descriptor_id, "descriptor.purged"),
    "field-defs": _Kind(field_definitions, field_definitions.c.field_def_id, "field_def.purged"),
    "entities": _Kind(
        entities,
        entities.c.entity_id,
        "entity.purged",
        (
            descriptors.c.entity_id,
            relationships.c.src_entity_id,
            relationships.c.dst_entity_id,
            entity_assets.c.entity_id,
            entity_external_ids.c.entity_id,
        ),
        "entity",
    ),
    "assets": _Kind(assets, assets.c.asset_id, "asset.purged", (entity_assets.c.asset_id,), "asset"),
}

KINDS: tuple[TrashKind, ...] = tuple(_KINDS)
"""Parts before wholes: a descriptor that is due is counted as one, and does not merely vanish with its entity."""


@dataclass(frozen=True, slots=True)
class Due:
    """A thing in the trash, by its place in the order of deletion."""

    deleted_at: str
    thing_id: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where a trashed asset's bytes lie; the key is empty where v0.1.9 left them with the user."""

    asset_id: str
    content_hash: str
    provider: str
    key: str


def count(reader: Reader, kind: TrashKind, until: str = END_OF_TIME) -> int:
    """How many lie in the trash by themselves, deleted at `until` or before."""
    return int(reader.value(_count(kind), until=until))


def due(reader: Reader, kind: TrashKind, until: str, after: Due | None = None, limit: int = BATCH) -> Sequence[Due]:
    """Those deleted at `until` or before, the longest deleted first, behind `after`."""
    place = after or Due("", "")
    rows = reader.all(_due(kind), until=until, after=place.deleted_at, after_id=place.thing_id, limit=limit)
    return [Due(row["deleted_at"], row["thing_id"]) for row in rows]


def remove(
    tx: Transaction, events: EventLog, kind: TrashKind, ids: Sequence[str], until: str = END_OF_TIME
) -> Sequence[str]:
    """Remove those of `ids` that are still in the trash since `until`, with every row that points to them.

    Returns which. What goes with its entity is not told of by itself: it was hidden with it. The bytes of assets are
    the caller's business.
    """
    found = [str(row["thing_id"]) for row in tx.all(_removable(kind), ids=ids, until=until)]
    if not found:
        return []
    for statement in _removals(kind):
        tx.run(statement, ids=found)
    for thing_id in found:
        events.append(tx, _KINDS[kind].event, thing_id, {})
    return found


def file_of(reader: Reader, asset_id: str) -> StoredFile | None:
    """Where the bytes of a trashed asset lie; None if it is not in the trash."""
    row = reader.one(_FILE, id=asset_id)
    return None if row is None else StoredFile(**dict(row))


def shared_places(reader: Reader) -> Collection[tuple[str, str]]:
    """The places (provider and key) that several assets name, which none should; reads the whole table."""
    return {(row["provider"], row["key"]) for row in reader.all(_SHARED)}


def is_named(reader: Reader, stored: StoredFile) -> bool:
    """Whether any asset names this place; reads the whole table."""
    return reader.one(_NAMED, provider=stored.provider, key=stored.key) is not None


_FILE = prepare(
    select(
        assets.c.asset_id,
        assets.c.content_hash,
        assets.c.storage_provider.label("provider"),
        assets.c.storage_key.label("key"),
    ).where(assets.c.asset_id == bindparam("id"), assets.c.deleted_at.is_not(None))
)
_NAMED = prepare(
    select(assets.c.asset_id)
    .where(assets.c.storage_provider == bindparam("provider"), assets.c.storage_key == bindparam("key"))
    .limit(1)
)
_SHARED = prepare(
    select(assets.c.storage_provider.label("provider"), assets.c.storage_key.label("key"))
    .where(assets.c.storage_key != "")
    .group_by(assets.c.storage_provider, assets.c.storage_key)
    .having(func.count() > 1)
)


def _trashed(kind: _Kind) -> ColumnElement[bool]:
    return and_(kind.table.c.deleted_at.is_not(None), kind.table.c.deleted_at <= bindparam("until"))


@cache
def _count(name: TrashKind) -> Prepared:
    kind = _KINDS[name]
    return prepare(select(func.count()).select_from(kind.table).where(_trashed(kind)))


@cache
def _due(name: TrashKind) -> Prepared:
    """In the order of the index of the trash, read backwards."""
    kind = _KINDS[name]
    deleted_at, thing_id = kind.table.c.deleted_at, kind.id_column
    behind = or_(deleted_at > bindparam("after"), thing_id < bindparam("after_id"))
    return prepare(
        select(deleted_at, thing_id.label("thing_id"))
        .where(_trashed(kind), deleted_at >= bindparam("after"), behind)
        .order_by(deleted_at.asc(), thing_id.desc())
        .limit(bindparam("limit"))
    )


@cache
def _removable(name: TrashKind) -> Prepared:
    kind = _KINDS[name]
    return prepare(select(kind.id_column.label("thing_id")).where(_among(kind.id_column), _trashed(kind)))


@cache
def _removals(name: TrashKind) -> tuple[Prepared, ...]:
    """What points to the rows, and then the rows."""
    kind = _KINDS[name]
    pointing = [delete(column.table).where(_among(column)) for column in (*kind.owners, kind.id_column)]
    kept = delete(plugin_data).where(plugin_data.c.subject_kind == kind.subject, _among(plugin_data.c.subject_id))
    return tuple(map(prepare, pointing if kind.subject is None else [kept, *pointing]))


def _among(column: Column[str]) -> ColumnElement[bool]:
    return column.in_(bindparam("ids", expanding=True))
