"""Rows of entities with all that is kept beside them: search text, tags, values, external ids, counts, events.

Everything here is a step in somebody's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, insert, select, update

from faceforge_core.clock import now
from faceforge_core.db import facts, search
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import entities as table
from faceforge_sdk.errors import NotFound, PreconditionFailed
from faceforge_sdk.models import Entity, LinkedEntity, TrashedEntity

from . import external_ids, stored_json
from .ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Row

    from faceforge_core.db.engine import Reader, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.models import EntityDraft

LIVE, TRASHED = table.c.deleted_at.is_(None), table.c.deleted_at.is_not(None)
_THIS = table.c.entity_id == bindparam("id")
_CHANGING = (
    "display_name",
    "aliases_json",
    "tags_json",
    "fields_json",
    "external_ids_json",
    "cover_asset_id",
    "updated_at",
    "revision",
)

_GET = prepare(select(table).where(_THIS, LIVE))
_LIVES = prepare(select(table.c.entity_id).where(_THIS, LIVE))
_STATE = prepare(select(table.c.deleted_at).where(_THIS))
_INSERT = prepare(insert(table))
_UPDATE = prepare(update(table).where(_THIS).values({column: bindparam(f"new_{column}") for column in _CHANGING}))
_TRASH = prepare(update(table).where(_THIS, LIVE).values(deleted_at=bindparam("moment"), revision=table.c.revision + 1))
_RESTORE = prepare(update(table).where(_THIS, TRASHED).values(deleted_at=None, revision=table.c.revision + 1))

_live_entity = TypeAdapter(Entity).validate_python
_trashed_entity = TypeAdapter(TrashedEntity).validate_python
_linked_entity = TypeAdapter(LinkedEntity).validate_python


class EntityRows:
    """The steps, each with the event that tells of it."""

    def __init__(self, events: EventLog) -> None:
        self._events = events

    def insert(self, tx: Transaction, entity: Entity) -> None:
        """Store a new entity. Raises `Conflict` for an external id that is taken."""
        tx.run(
            _INSERT,
            **_columns(entity),
            entity_id=entity.entity_id,
            created_at=entity.created_at,
            deleted_at=None,
        )
        if entity.external_ids:
            external_ids.assign(tx, entity.entity_id, entity.external_ids)
        seq = _enter(tx, entity)
        facts.index_fields(tx, seq, entity.fields)
        self._events.append(tx, "entity.created", entity.entity_id, {})

    def change(self, tx: Transaction, before: Entity, changes: Mapping[str, Any]) -> Entity:
        """Change some attributes of a live entity. Raises `Conflict` for an external id that is taken."""
        after = before.model_copy(update={**changes, "updated_at": now(), "revision": before.revision + 1})
        tx.run(_UPDATE, id=before.entity_id, **{f"new_{name}": value for name, value in _columns(after).items()})
        if after.external_ids != before.external_ids:
            external_ids.assign(tx, after.entity_id, after.external_ids)
        seq = search.reindex_entity(tx, after.entity_id, _search_text(after), after.tags)
        if seq is not None and after.fields != before.fields:
            facts.reindex_fields(tx, seq, before.fields, after.fields)
        self._events.append(tx, "entity.updated", after.entity_id, {"changed": sorted(changes)})
        return after

    def trash(self, tx: Transaction, entity_id: str) -> bool:
        """Move to the trash; False if it is not live."""
        if tx.run(_TRASH, id=entity_id, moment=now()) == 0:
            return False
        seq = search.unindex_entity(tx, entity_id)
        if seq is not None:
            facts.unindex(tx, seq)
        self._events.append(tx, "entity.deleted", entity_id, {})
        return True

    def restore(self, tx: Transaction, entity_id: str) -> Entity:
        """Bring back from the trash. Raises `NotFound` if it is not there."""
        if tx.run(_RESTORE, id=entity_id) == 0:
            raise not_found(entity_id, "in the trash")
        entity = live(tx, entity_id)
        seq = _enter(tx, entity)
        facts.index_fields(tx, seq, entity.fields)
        facts.index_descriptors(tx, seq, entity_id, stored_json.load)
        self._events.append(tx, "entity.restored", entity_id, {})
        return entity


def new_entity(draft: EntityDraft) -> Entity:
    """A draft as an entity that is not stored yet."""
    moment = now()
    return Entity(entity_id=new_id(), **draft.model_dump(), created_at=moment, updated_at=moment, revision=1)


def live(reader: Reader, entity_id: str) -> Entity:
    """The live entity. Raises `NotFound`."""
    row = reader.one(_GET, id=entity_id)
    if row is None:
        raise not_found(entity_id)
    return entity_of(row)


def live_at(reader: Reader, entity_id: str, expected_revision: int | None) -> Entity:
    """The live entity. Raises `NotFound`, and `PreconditionFailed` if it has another revision than expected."""
    entity = live(reader, entity_id)
    if expected_revision not in (None, entity.revision):
        raise PreconditionFailed(
            "The entity was changed meanwhile.",
            details={"expected_revision": expected_revision, "revision": entity.revision},
        )
    return entity


def require_live(reader: Reader, entity_id: str) -> None:
    """Raise `NotFound` unless this entity is live; cheaper than reading it."""
    if reader.one(_LIVES, id=entity_id) is None:
        raise not_found(entity_id)


def is_live(reader: Reader, entity_id: str) -> bool | None:
    """Whether an entity is live or in the trash; None where there is none."""
    row = reader.one(_STATE, id=entity_id)
    return None if row is None else row["deleted_at"] is None


def entity_of(row: Row) -> Entity:
    """The entity of a row of the table."""
    return _live_entity(_attributes(row))


def trashed_entity_of(row: Row) -> TrashedEntity:
    """The trashed entity of a row of the table."""
    return _trashed_entity(_attributes(row))


def linked_entity_of(row: Row) -> LinkedEntity:
    """The entity of a row of the table joined with a link's ``role`` and ``linked_at``."""
    return _linked_entity(_attributes(row))


def not_found(entity_id: str, where: str = "") -> NotFound:
    """What to raise for an id that no live entity has."""
    return NotFound(f"There is no entity {entity_id[:80]!r}{where and ' ' + where}.")


def _attributes(row: Row) -> dict[str, Any]:
    attributes = dict(row)
    for name in ("aliases", "tags", "fields", "external_ids"):
        attributes[name] = stored_json.load(attributes.pop(f"{name}_json"))
    return attributes


def _columns(entity: Entity) -> dict[str, Any]:
    return {
        "display_name": entity.display_name,
        "aliases_json": stored_json.dump(entity.aliases),
        "tags_json": stored_json.dump(entity.tags),
        "fields_json": stored_json.dump(entity.fields),
        "external_ids_json": stored_json.dump(entity.external_ids),
        "cover_asset_id": entity.cover_asset_id,
        "updated_at": entity.updated_at,
        "revision": entity.revision,
    }


def _search_text(entity: Entity) -> str:
    return search.entity_text(entity.display_name, entity.aliases, entity.tags, entity.fields)


def _enter(tx: Transaction, entity: Entity) -> int:
    place = search.sequence_of(entity.created_at, entity.entity_id)
    return search.index_entity(tx, place, entity.entity_id, _search_text(entity), entity.tags)
