"""Relationships: how entities relate to each other."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from sqlalchemy import bindparam, func, insert, select, union_all, update

from faceforge_core.clock import now
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import entities
from faceforge_core.db.tables import relationships as table
from faceforge_sdk.errors import Conflict, NotFound
from faceforge_sdk.models import Relationship

from . import stored_json
from .entity_rows import not_found as no_entity
from .graph import graph_around
from .ids import new_id
from .memo import Memo
from .paging import Cut, Order, Place
from .relation_types import RelationTypes
from .relationship_rows import COLUMNS, NOT_TRASHED, SHOWN, lives, relationship_of, trashed_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Row

    from sqlalchemy import Column, Select

    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.events import EventType
    from faceforge_sdk.models import (
        Graph,
        GraphQuery,
        Page,
        RelationshipDraft,
        RelationshipPatch,
        RelationshipQuery,
        RelationTypeQuery,
        TrashedRelationship,
        TrashQuery,
    )

_THIS = table.c.relationship_id == bindparam("id")
_TRASHED = table.c.deleted_at.is_not(None)

_LIVE_AMONG = prepare(
    select(entities.c.entity_id).where(
        entities.c.entity_id.in_(bindparam("ids", expanding=True)), entities.c.deleted_at.is_(None)
    )
)
_GET = prepare(select(*COLUMNS).where(_THIS, *SHOWN))
_GET_HIDDEN_TOO = prepare(select(*COLUMNS).where(_THIS, NOT_TRASHED))
_GET_TRASHED = prepare(select(*COLUMNS).where(_THIS, _TRASHED))
_INSERT = prepare(insert(table))
_UPDATE = prepare(
    update(table)
    .where(_THIS)
    .values(
        relationship_type=bindparam("new_type"),
        fields_json=bindparam("new_fields"),
        updated_at=bindparam("moment"),
    )
)
_SET_DELETED = prepare(update(table).where(_THIS).values(deleted_at=bindparam("moment")))
_COUNT_TRASH = prepare(select(func.count()).select_from(table).where(_TRASHED))


class RelationshipCatalog:
    """The live and the trashed relationships. One shows only while both its ends live."""

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._events = events
        self._types = RelationTypes(database)
        self._totals: Memo[int] = Memo(lambda: database.generation)

    def create(self, draft: RelationshipDraft) -> Relationship:
        """Relate two live entities; durable when this returns. Raises `NotFound` for either end."""
        moment = now()
        relationship = Relationship(
            relationship_id=new_id(), **draft.model_dump(), created_at=moment, updated_at=moment
        )
        columns = relationship.model_dump(exclude={"fields", "updated_at"})
        fields_json = stored_json.dump(relationship.fields)

        def work(tx: Transaction) -> None:
            _require_entities(tx, draft.src_entity_id, draft.dst_entity_id)
            tx.run(_INSERT, **columns, fields_json=fields_json, deleted_at=None, updated_at=None)
            self._tell(tx, "relationship.created", relationship)

        self._database.write(work)
        return relationship

    def get(self, relationship_id: str) -> Relationship:
        """A live one between live entities. Raises `NotFound`."""
        with self._database.read() as reader:
            return _found(reader.one(_GET, id=relationship_id), relationship_id)

    def list(self, query: RelationshipQuery) -> Page[Relationship]:
        """Those of a live entity. Raises `NotFound` for the entity, `InvalidInput` for a foreign cursor."""
        shape = _Shape(query.direction, bool(query.type), query.sort_order)
        cut = Cut.of(query, _listing(shape)[0])
        wanted = {"entity": query.entity_id} | ({"type": query.type} if query.type else {})
        with self._database.read() as reader:
            _require_entities(reader, query.entity_id)
            rows = reader.all(_list_statement(shape, cut.place), **wanted, **cut.params)
            total = self._total(reader, query, shape, wanted, seen=len(rows)) if query.total == "exact" else None
        return cut.page(rows, relationship_of, total)

    def update(self, relationship_id: str, patch: RelationshipPatch) -> Relationship:
        """Change what `patch` names. Raises `NotFound`."""
        changes = patch.model_dump(exclude_none=True)

        def work(tx: Transaction) -> Relationship:
            before = _found(tx.one(_GET, id=relationship_id), relationship_id)
            after = before.model_copy(update={**changes, "updated_at": now()})
            tx.run(
                _UPDATE,
                id=relationship_id,
                new_type=after.relationship_type,
                new_fields=stored_json.dump(after.fields),
                moment=after.updated_at,
            )
            self._tell(tx, "relationship.updated", after, changed=sorted(changes))
            return after

        return self._database.write(work)

    def delete(self, relationship_id: str) -> None:
        """Move to the trash, also one that an end in the trash hides: it then stays deleted when the end comes back.

        Raises `NotFound`.
        """

        def work(tx: Transaction) -> None:
            relationship = _found(tx.one(_GET_HIDDEN_TOO, id=relationship_id), relationship_id)
            tx.run(_SET_DELETED, id=relationship_id, moment=now())
            self._tell(tx, "relationship.deleted", relationship)

        self._database.write(work)

    def restore(self, relationship_id: str) -> Relationship:
        """Bring back from the trash. Raises `NotFound` if it is not there, `Conflict` while an end is in the trash."""

        def work(tx: Transaction) -> Relationship:
            relationship = _found(tx.one(_GET_TRASHED, id=relationship_id), relationship_id, "in the trash")
            gone = _not_live(tx, relationship.src_entity_id, relationship.dst_entity_id)
            if gone is not None:
                raise Conflict(
                    f"The relationship can't come back while its entity {gone} is in the trash: restore that first.",
                    details={"entity_id": gone},
                )
            tx.run(_SET_DELETED, id=relationship_id, moment=None)
            self._tell(tx, "relationship.restored", relationship)
            return relationship

        return self._database.write(work)

    def trash(self, query: TrashQuery) -> Page[TrashedRelationship]:
        """What lies in the trash."""
        cut = Cut.of(query, _trash_order(query.sort_order))
        with self._database.read() as reader:
            rows = reader.all(_trash_statement(query.sort_order, cut.place), **cut.params)
            total = reader.value(_COUNT_TRASH) if query.total == "exact" else None
        return cut.page(rows, trashed_of, total)

    def types(self, query: RelationTypeQuery) -> Sequence[str]:
        """Types to suggest; see `RelationTypes`."""
        return self._types.suggest(query.query, query.limit)

    def graph(self, entity_id: str, query: GraphQuery) -> Graph:
        """The live entities around one; see `graph_around`. Raises `NotFound`."""
        with self._database.read() as reader:
            _require_entities(reader, entity_id)
            return graph_around(reader, entity_id, query)

    def _total(
        self, reader: Reader, query: RelationshipQuery, shape: _Shape, wanted: dict[str, str], *, seen: int
    ) -> int:
        """How many there are: known from the page itself where it is the whole list, as v0.1.9's clients ask for it."""
        if seen <= query.limit and query.offset == 0 and query.cursor is None:
            return seen
        key = (shape.direction, *wanted.values())
        return self._totals.get(key, lambda: int(reader.value(_count_statement(shape), **wanted)))

    def _tell(self, tx: Transaction, event_type: EventType, relationship: Relationship, **more: object) -> None:
        payload = relationship.model_dump(include={"src_entity_id", "dst_entity_id", "relationship_type"})
        self._events.append(tx, event_type, relationship.relationship_id, {**payload, **more})


class _Shape(NamedTuple):
    """What decides a list's statement."""

    direction: Literal["any", "out", "in"]
    typed: bool
    sort_order: str


def _walks(shape: _Shape) -> list[Select[Any]]:
    """One walk along an index for each direction; a self-relation shows in both, and once where both are asked for."""
    src, dst = table.c.src_entity_id, table.c.dst_entity_id
    out = select(*COLUMNS).where(src == bindparam("entity"), NOT_TRASHED, lives(dst))
    into = select(*COLUMNS).where(dst == bindparam("entity"), NOT_TRASHED, lives(src))
    walks = {"out": [out], "in": [into], "any": [out, into.where(src != dst)]}[shape.direction]
    return [walk.where(table.c.relationship_type == bindparam("type")) for walk in walks] if shape.typed else walks


@cache
def _listing(shape: _Shape) -> tuple[Order, Select[Any]]:
    """The order of a list, and what it selects: SQLite merges the walks, which come sorted."""
    found = union_all(*_walks(shape)).subquery("found")
    key, tie = (cast("Column[Any]", found.c[name]) for name in ("created_at", "relationship_id"))
    order = Order(f"relationships:{shape.sort_order}", key, tie, "created_at", shape.sort_order == "desc")
    return order, select(found)


@cache
def _list_statement(shape: _Shape, place: Place | None) -> Prepared:
    order, statement = _listing(shape)
    return order.page_of(statement, place)


@cache
def _count_statement(shape: _Shape) -> Prepared:
    counts = [walk.with_only_columns(func.count()).scalar_subquery() for walk in _walks(shape)]
    return prepare(select(sum(counts[1:], counts[0])))


def _trash_order(sort_order: str) -> Order:
    name = f"relationships:deleted_at:{sort_order}"
    return Order(name, table.c.deleted_at, table.c.relationship_id, "deleted_at", sort_order == "desc")


@cache
def _trash_statement(sort_order: str, place: Place | None) -> Prepared:
    return _trash_order(sort_order).page_of(select(*COLUMNS, table.c.deleted_at).where(_TRASHED), place)


def _not_live(reader: Reader, *entity_ids: str) -> str | None:
    """The first of the entities that is not live."""
    live = {row["entity_id"] for row in reader.all(_LIVE_AMONG, ids=entity_ids)}
    return next((entity_id for entity_id in entity_ids if entity_id not in live), None)


def _require_entities(reader: Reader, *entity_ids: str) -> None:
    missing = _not_live(reader, *entity_ids)
    if missing is not None:
        raise no_entity(missing)


def _found(row: Row | None, relationship_id: str, where: str = "") -> Relationship:
    if row is None:
        raise NotFound(f"There is no relationship {relationship_id[:80]!r}{where and ' ' + where}.")
    return relationship_of(row)
