"""Lists of entities: all, found ones, the trash, and the tags in use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, desc, func, select

from faceforge_core.db import counters, search
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import entities as table
from faceforge_core.db.tables import entity_search, entity_tags
from faceforge_sdk.models import TagCount

from . import external_ids
from .entity_rows import LIVE, TRASHED, entity_of, trashed_entity_of
from .memo import Memo
from .paging import Cursor, Cut, Order, Place, foreign_cursor, page_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Row

    from faceforge_core.db.engine import Database, Reader
    from faceforge_sdk.models import Entity, EntityFilter, EntityQuery, Page, TrashedEntity, TrashQuery

_GET_MANY = prepare(select(table).where(table.c.entity_id.in_(bindparam("ids", expanding=True))))
_PLACE = prepare(select(entity_search.c.seq).where(entity_search.c.entity_id == bindparam("id")))
_COUNT_TRASH = prepare(select(func.count()).select_from(table).where(TRASHED))
_TAGS = prepare(
    select(entity_tags.c.tag, func.count().label("count"))
    .group_by(entity_tags.c.tag)
    .order_by(desc("count"), entity_tags.c.tag)
    .limit(bindparam("limit"))
)


class EntityLists:
    """Finds entities; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._totals: Memo[int] = Memo(lambda: database.generation)
        self._tags: Memo[Sequence[TagCount]] = Memo(lambda: database.generation)

    def list(self, query: EntityQuery) -> Page[Entity]:
        """Live entities. Raises `InvalidInput` for a foreign cursor."""
        with self._database.read() as reader:
            wanted = _wanted(reader, query)
            if wanted == search.Wanted():
                return self._all(reader, query)
            return self._found(reader, query, wanted)

    def count(self, wanted: EntityFilter) -> int:
        """How many live entities a filter finds."""
        with self._database.read() as reader:
            return self._total(reader, _wanted(reader, wanted))

    def trash(self, query: TrashQuery) -> Page[TrashedEntity]:
        """What lies in the trash."""
        cut = Cut.of(query, _order("deleted_at", query.sort_order))
        with self._database.read() as reader:
            rows = reader.all(_statement("deleted_at", query.sort_order, cut.place), **cut.params)
            total = reader.value(_COUNT_TRASH) if query.total == "exact" else None
        return cut.page(rows, trashed_entity_of, total)

    def tags(self, limit: int = 100) -> Sequence[TagCount]:
        """The tags in use, most used first."""
        return self._tags.get(limit, lambda: self._count_tags(limit))

    def _count_tags(self, limit: int) -> Sequence[TagCount]:
        with self._database.read() as reader:
            return [TagCount(tag=row["tag"], count=row["count"]) for row in reader.all(_TAGS, limit=limit)]

    def _all(self, reader: Reader, query: EntityQuery) -> Page[Entity]:
        cut = Cut.of(query, _order(query.sort_by, query.sort_order))
        rows = reader.all(_statement(query.sort_by, query.sort_order, cut.place), **cut.params)
        total = counters.current(reader, counters.ENTITIES) if query.total == "exact" else None
        return cut.page(rows, entity_of, total)

    def _found(self, reader: Reader, query: EntityQuery, wanted: search.Wanted) -> Page[Entity]:
        order = f"found:{query.sort_by}:{query.sort_order}"
        newest_first = query.sort_by == "created_at" and query.sort_order == "desc"
        after = _after(query.cursor, order, newest_first=newest_first)
        hits = search.find(
            reader,
            wanted,
            limit=query.limit + 1,
            offset=0 if after else query.offset,
            after=after,
            sort_by=query.sort_by,
            descending=query.sort_order == "desc",
        )
        rows = {row["entity_id"]: row for row in reader.all(_GET_MANY, ids=[hit.entity_id for hit in hits])}
        total = self._total(reader, wanted) if query.total == "exact" else None

        def place(hit: search.Hit) -> Cursor:
            row: Row = rows[hit.entity_id]
            return Cursor(order, hit.seq if newest_first else row[query.sort_by], hit.entity_id)

        return page_of(hits, lambda hit: entity_of(rows[hit.entity_id]), query, total, place)

    def _total(self, reader: Reader, wanted: search.Wanted) -> int:
        return self._totals.get(wanted, lambda: search.count(reader, wanted))


def _wanted(reader: Reader, asked: EntityFilter) -> search.Wanted:
    return search.Wanted(
        needle=asked.q or "",
        name=asked.name or "",
        tags=tuple(asked.tag),
        any_tags=tuple(asked.any_tag),
        not_tags=tuple(asked.not_tag),
        from_seq=None if asked.created_after is None else search.first_sequence_of(asked.created_after),
        to_seq=None if asked.created_before is None else search.first_sequence_of(asked.created_before),
        facts=asked.facts,
        only=_place_of(reader, asked.external_id) if asked.external_id else None,
    )


def _place_of(reader: Reader, external_id: str) -> int:
    """Where the entity with this ``source:id`` is found; a place that nobody has, if there is none."""
    source, _, name = external_id.partition(":")
    holder = external_ids.holder(reader, source.strip(), name.strip())
    place = None if holder is None else reader.value(_PLACE, id=holder)
    return _NOWHERE if place is None else int(place)


_NOWHERE = -(2**63)
"""The key of what would have been created before any date."""


def _after(cursor: str | None, order: str, *, newest_first: bool) -> search.After | None:
    if not cursor:
        return None
    place = Cursor.decode(cursor, order)
    if not isinstance(place.key, int if newest_first else str):
        raise foreign_cursor()
    return search.After(place.key, place.last_id)


def _order(sort_by: str, sort_order: str) -> Order:
    name = f"entities:{sort_by}:{sort_order}"
    return Order(name, table.c[sort_by], table.c.entity_id, sort_by, sort_order == "desc")


@cache
def _statement(sort_by: str, sort_order: str, place: Place | None) -> Prepared:
    state = TRASHED if sort_by == "deleted_at" else LIVE
    return _order(sort_by, sort_order).page_of(select(table).where(state), place)
