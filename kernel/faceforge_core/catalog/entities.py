"""Entities: people, characters and things."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, desc, func, insert, select, update

from faceforge_core.clock import now
from faceforge_core.db import counters, search
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import entities as table
from faceforge_core.db.tables import entity_tags
from faceforge_sdk.errors import NotFound, PreconditionFailed
from faceforge_sdk.models import Entity, TagCount, TrashedEntity

from . import stored_json
from .ids import new_id
from .memo import Memo
from .paging import Cursor, Cut, Order, Place, foreign_cursor, page_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Row

    from faceforge_core.catalog.field_defs import FieldDefCatalog
    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.models import EntityDraft, EntityPatch, EntityQuery, Page, TrashQuery

_LIVE, _TRASHED = table.c.deleted_at.is_(None), table.c.deleted_at.is_not(None)
_THIS = table.c.entity_id == bindparam("id")

_GET = prepare(select(table).where(_THIS, _LIVE))
_GET_TRASHED = prepare(select(table).where(_THIS, _TRASHED))
_GET_MANY = prepare(select(table).where(table.c.entity_id.in_(bindparam("ids", expanding=True))))
_INSERT = prepare(insert(table))
_UPDATE = prepare(
    update(table)
    .where(_THIS)
    .values(
        {
            column: bindparam(f"new_{column}")
            for column in (
                "display_name",
                "aliases_json",
                "tags_json",
                "fields_json",
                "external_ids_json",
                "updated_at",
                "revision",
            )
        }
    )
)
_TRASH = prepare(
    update(table).where(_THIS, _LIVE).values(deleted_at=bindparam("moment"), revision=table.c.revision + 1)
)
_RESTORE = prepare(update(table).where(_THIS).values(deleted_at=None, revision=table.c.revision + 1))
_COUNT_TRASH = prepare(select(func.count()).select_from(table).where(_TRASHED))
_TAGS = prepare(
    select(entity_tags.c.tag, func.count().label("count"))
    .group_by(entity_tags.c.tag)
    .order_by(desc("count"), entity_tags.c.tag)
    .limit(bindparam("limit"))
)

_live_entity = TypeAdapter(Entity).validate_python
_trashed_entity = TypeAdapter(TrashedEntity).validate_python


class EntityCatalog:
    """The live and the trashed entities, and how they are found."""

    def __init__(self, database: Database, events: EventLog, definitions: FieldDefCatalog) -> None:
        self._definitions = definitions
        self._database = database
        self._events = events
        self._totals: Memo[int] = Memo(lambda: database.generation)
        self._tags: Memo[Sequence[TagCount]] = Memo(lambda: database.generation)

    def create(self, draft: EntityDraft) -> Entity:
        """Store a new entity; durable when this returns."""
        moment = now()
        entity = Entity(entity_id=new_id(), **draft.model_dump(), created_at=moment, updated_at=moment, revision=1)
        columns, text = _columns(entity), _search_text(entity)

        def work(tx: Transaction) -> None:
            tx.run(_INSERT, **columns, entity_id=entity.entity_id, created_at=moment, deleted_at=None)
            _index(tx, entity, text)
            self._events.append(tx, "entity.created", entity.entity_id, {})

        self._database.write(work)
        return entity

    def get(self, entity_id: str) -> Entity:
        """The live entity. Raises `NotFound`."""
        with self._database.read() as reader:
            row = reader.one(_GET, id=entity_id)
        return _entity(_found(row, entity_id))

    def list(self, query: EntityQuery) -> Page[Entity]:
        """Live entities. Raises `InvalidInput` for a foreign cursor."""
        return self._search(query) if query.q or query.tag else self._list_all(query)

    def update(self, entity_id: str, patch: EntityPatch, *, expected_revision: int | None = None) -> Entity:
        """Change what `patch` names. Raises `NotFound`, and `PreconditionFailed` for another revision."""
        changes = patch.model_dump(exclude_none=True)

        def work(tx: Transaction) -> Entity:
            before = _entity(_found(tx.one(_GET, id=entity_id), entity_id))
            if expected_revision not in (None, before.revision):
                raise PreconditionFailed(
                    "The entity was changed meanwhile.",
                    details={"expected_revision": expected_revision, "revision": before.revision},
                )
            after = before.model_copy(update={**changes, "updated_at": now(), "revision": before.revision + 1})
            tx.run(_UPDATE, id=entity_id, **{f"new_{name}": value for name, value in _columns(after).items()})
            search.reindex_entity(tx, entity_id, _search_text(after), after.tags)
            self._events.append(tx, "entity.updated", entity_id, {"changed": sorted(changes)})
            return after

        return self._database.write(work)

    def delete(self, entity_id: str) -> None:
        """Move to the trash. Raises `NotFound`."""

        def work(tx: Transaction) -> None:
            if tx.run(_TRASH, id=entity_id, moment=now()) == 0:
                raise not_found(entity_id)
            search.unindex_entity(tx, entity_id)
            self._events.append(tx, "entity.deleted", entity_id, {})

        self._database.write(work)

    def restore(self, entity_id: str) -> Entity:
        """Bring back from the trash. Raises `NotFound` if it is not there."""

        def work(tx: Transaction) -> Entity:
            if tx.one(_GET_TRASHED, id=entity_id) is None:
                raise not_found(entity_id, "in the trash")
            tx.run(_RESTORE, id=entity_id)
            entity = _entity(_found(tx.one(_GET, id=entity_id), entity_id))
            _index(tx, entity, _search_text(entity))
            self._events.append(tx, "entity.restored", entity_id, {})
            return entity

        return self._database.write(work)

    def trash(self, query: TrashQuery) -> Page[TrashedEntity]:
        """What lies in the trash."""
        cut = Cut.of(query, _order("deleted_at", query.sort_order))
        with self._database.read() as reader:
            rows = reader.all(_statement("deleted_at", query.sort_order, cut.place), **cut.params)
            total = reader.value(_COUNT_TRASH) if query.total == "exact" else None
        return cut.page(rows, lambda row: _trashed_entity(_facts(row)), total)

    def tags(self, limit: int = 100) -> Sequence[TagCount]:
        """The tags in use, most used first."""
        return self._tags.get(limit, lambda: self._count_tags(limit))

    def _count_tags(self, limit: int) -> Sequence[TagCount]:
        with self._database.read() as reader:
            return [TagCount(tag=row["tag"], count=row["count"]) for row in reader.all(_TAGS, limit=limit)]

    def _list_all(self, query: EntityQuery) -> Page[Entity]:
        cut = Cut.of(query, _order(query.sort_by, query.sort_order))
        with self._database.read() as reader:
            rows = reader.all(_statement(query.sort_by, query.sort_order, cut.place), **cut.params)
            total = counters.current(reader, counters.ENTITIES) if query.total == "exact" else None
        return cut.page(rows, _entity, total)

    def _search(self, query: EntityQuery) -> Page[Entity]:
        """Find by text and tag. By age the cursor is the last hit's key, else it counts the hits that were shown."""
        by_age = query.sort_by == "created_at"
        order = f"found:{query.sort_by}:{query.sort_order}"
        cursor = Cursor.decode(query.cursor, order) if query.cursor else None
        start = cursor.key if cursor else query.offset
        if not isinstance(start, int):
            raise foreign_cursor()
        with self._database.read() as reader:
            hits = search.search(
                reader,
                query.q or "",
                query.tag[0] if query.tag else None,
                limit=query.limit + 1,
                offset=0 if cursor and by_age else start,
                after_seq=start if cursor and by_age else None,
                descending=query.sort_order == "desc",
                sort_by=query.sort_by,
            )
            found = {row["entity_id"]: row for row in reader.all(_GET_MANY, ids=[hit.entity_id for hit in hits])}
            total = self._total(reader, query) if query.total == "exact" else None
        return page_of(
            hits,
            lambda hit: _entity(found[hit.entity_id]),
            query,
            total,
            lambda hit: Cursor(order, hit.seq if by_age else start + query.limit, hit.entity_id),
        )

    def _total(self, reader: Reader, query: EntityQuery) -> int:
        wanted = (query.q or "", query.tag[0] if query.tag else None)
        return self._totals.get(wanted, lambda: search.count(reader, *wanted))


def _columns(entity: Entity) -> dict[str, Any]:
    return {
        "display_name": entity.display_name,
        "aliases_json": stored_json.dump(entity.aliases),
        "tags_json": stored_json.dump(entity.tags),
        "fields_json": stored_json.dump(entity.fields),
        "external_ids_json": stored_json.dump(entity.external_ids),
        "updated_at": entity.updated_at,
        "revision": entity.revision,
    }


def _search_text(entity: Entity) -> str:
    return search.entity_text(entity.display_name, entity.aliases, entity.tags, entity.fields)


def _index(tx: Transaction, entity: Entity, text: str) -> None:
    place = search.sequence_of(entity.created_at, entity.entity_id)
    search.index_entity(tx, place, entity.entity_id, text, entity.tags)


def _order(sort_by: str, sort_order: str) -> Order:
    name = f"entities:{sort_by}:{sort_order}"
    return Order(name, table.c[sort_by], table.c.entity_id, sort_by, sort_order == "desc")


@cache
def _statement(sort_by: str, sort_order: str, place: Place | None) -> Prepared:
    state = _TRASHED if sort_by == "deleted_at" else _LIVE
    return _order(sort_by, sort_order).page_of(select(table).where(state), place)


def _facts(row: Row) -> dict[str, Any]:
    facts = dict(row)
    for name in ("aliases", "tags", "fields", "external_ids"):
        facts[name] = stored_json.load(facts.pop(f"{name}_json"))
    return facts


def _entity(row: Row) -> Entity:
    return _live_entity(_facts(row))


def _found(row: Row | None, entity_id: str) -> Row:
    if row is None:
        raise not_found(entity_id)
    return row


def not_found(entity_id: str, where: str = "") -> NotFound:
    """What to raise for an id that no live entity has."""
    return NotFound(f"There is no entity {entity_id[:80]!r}{where and ' ' + where}.")
