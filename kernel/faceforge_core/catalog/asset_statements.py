"""The statements by which assets are listed and counted, each going the way that `asset_lists` chose for it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, column, exists, func, literal_column, select, union_all
from sqlalchemy import table as sql_table

from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import asset_search, asset_search_pending
from faceforge_core.db.tables import assets as table

from .asset_filters import (
    AGES,
    CREATED,
    FACT_ORDERS,
    SHORT_TEXT,
    TEXT,
    FilterNames,
    checks_of,
    comes_by_age,
    looks_at_text,
)
from .assets import ASSET_COLUMNS
from .paging import Order, Place, PresentOrder, UniqueOrder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, CompoundSelect, Select
    from sqlalchemy.sql.selectable import FromClause

_LIVE, _TRASHED = table.c.deleted_at.is_(None), table.c.deleted_at.is_not(None)
_ONE: ColumnElement[Any] = literal_column("1")
_INDEX_OF = {
    "created_at": CREATED,
    "updated_at": "ix_assets_updated",
    "filename": "ix_assets_filename",
    "byte_size": "ix_assets_size",
    **{fact: f"ix_assets_{fact}" for fact in FACT_ORDERS},
}

COUNT_TRASH = prepare(select(func.count()).select_from(table).where(_TRASHED))


class Shape(NamedTuple):
    """What a list's statement depends on, beside the way it goes."""

    sort_by: str
    sort_order: str
    names: FilterNames
    backwards: bool = False

    @property
    def by_text(self) -> bool:
        """Whether the texts themselves have the order that is wanted: their keys grow with the assets' age."""
        return looks_at_text(self.names) and (self.sort_by, self.sort_order) == ("created_at", "desc")

    @property
    def order(self) -> Order:
        """How the list is sorted."""
        return self._forwards.reversed if self.backwards else self._forwards

    @property
    def _forwards(self) -> Order:
        if self.by_text:
            return UniqueOrder("assets:found", asset_search.c.seq, table.c.asset_id, "seq", descending=True)
        name, kind = f"assets:{self.sort_by}:{self.sort_order}", PresentOrder if self.sort_by in FACT_ORDERS else Order
        return kind(name, table.c[self.sort_by], table.c.asset_id, self.sort_by, self.sort_order == "desc")

    @property
    def walk(self) -> str:
        """The index that gives all assets in the order that is wanted."""
        return TEXT if self.by_text else _INDEX_OF[self.sort_by]

    def comes_in_order(self, index: str) -> bool:
        """Whether an index gives those that it knows in the order that is wanted."""
        return index == self.walk or (self.walk == CREATED and comes_by_age(index, self.names))


@lru_cache(maxsize=512)
def list_statement(shape: Shape, place: Place | None, way: str) -> Prepared:
    """A page; `way` is the name of an index, or `TEXT`.

    What has to be sorted is sorted by its keys alone: whole rows would be held for that, with all their metadata.
    """
    if shape.comes_in_order(way):
        return prepare(_page(shape, place, way, ASSET_COLUMNS))
    order = shape.order
    keys = [table.c.asset_id] if shape.by_text else [table.c.asset_id, table.c[shape.sort_by]]
    found = _page(shape, place, way, keys).subquery("found")
    rows = found.join(table, table.c.asset_id == literal_column("+found.asset_id"))
    columns = (*ASSET_COLUMNS, found.c.seq) if shape.by_text else ASSET_COLUMNS
    return prepare(select(*columns).select_from(rows).order_by(*order.terms(found.c[order.key], found.c.asset_id)))


def _page(
    shape: Shape, place: Place | None, way: str, columns: Sequence[ColumnElement[Any]]
) -> Select[Any] | CompoundSelect[Any]:
    order = shape.order
    if way != TEXT:
        seq = (asset_search.c.seq,) if shape.by_text else ()
        return order.cut(_through(way, shape.names, (*columns, *seq)), place)
    sources = _sources(shape.names)
    parts = [_by_text(one, shape.names, _named(columns, one)) for one in sources]
    if len(parts) == 1:
        return order.cut(parts[0], place)
    if place is not None:
        orders = [replace(order, column=one.seq) if shape.by_text else order for one in sources]
        parts = [part.where(one.behind(place)) for part, one in zip(parts, orders, strict=True)]
    return order.cut_of_all(parts)


def _named(columns: Sequence[ColumnElement[Any]], source: _Source) -> Sequence[ColumnElement[Any]]:
    """With the key of the texts, and all by their names: `Order.cut_of_all` sorts by names."""
    return (*(one.label(one.name) for one in columns), source.seq.label("seq"))


@lru_cache(maxsize=512)
def place_statement(shape: Shape) -> Prepared:
    """Where one live asset stands in the order, whether it is in the list or not."""
    order = shape.order
    rows: FromClause = table
    if shape.by_text:
        rows = table.join(asset_search, asset_search.c.asset_id == table.c.asset_id)
    statement = select(table.c.asset_id, order.column.label("key")).select_from(rows)
    return prepare(statement.where(table.c.asset_id == bindparam("id"), _LIVE))


@lru_cache(maxsize=512)
def count_statement(names: FilterNames, way: str) -> Prepared:
    """How many there are."""
    if way != TEXT:
        return prepare(_through(way, names, (func.count(),)))
    parts = [_by_text(source, names, (_ONE,)) for source in _sources(names)]
    return prepare(select(func.count()).select_from(union_all(*parts).subquery("found")))


@lru_cache(maxsize=512)
def size_statement(index: str, names: FilterNames) -> Prepared:
    """How many an index gives that meet these conditions of its own, counted up to ``most``."""
    by_text = select(_ONE).select_from(_FTS).where(_MATCHES)
    found = by_text if index == TEXT else _through(index, names, (_ONE,))
    return prepare(select(func.count()).select_from(found.limit(bindparam("most")).subquery("found")))


def trash_order(sort_order: str) -> Order:
    """The order of the trash."""
    return Order(
        f"assets:deleted_at:{sort_order}", table.c.deleted_at, table.c.asset_id, "deleted_at", sort_order == "desc"
    )


@cache
def trash_statement(sort_order: str, place: Place | None) -> Prepared:
    """A page of the trash."""
    return trash_order(sort_order).page_of(select(*ASSET_COLUMNS).where(_TRASHED), place)


def _through(index: str, names: FilterNames, columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """By an index of the assets. The plus keeps SQLite from going the other way round."""
    rows: FromClause = table
    if looks_at_text(names):
        rows = table.join(asset_search, asset_search.c.asset_id == literal_column("+assets.asset_id"))
    statement = select(*columns).select_from(rows).where(_LIVE, *checks_of(names))
    return statement.with_hint(table, f"INDEXED BY {index}")


# --- By text

_FTS = sql_table("asset_fts", column("rowid"), column("asset_fts"))
_MATCHES = _FTS.c.asset_fts.op("MATCH")(bindparam("trigrams"))
_SETTLED = ~exists().where(asset_search_pending.c.seq == _FTS.c.rowid)


class _Source(NamedTuple):
    """Where texts come from, by what key, and which of them."""

    rows: FromClause
    seq: Any
    where: tuple[ColumnElement[bool], ...] = ()


def _sources(names: FilterNames) -> Sequence[_Source]:
    """The trigram index and what it has still to catch up with; all texts, where it can't help."""
    if TEXT not in names:
        return (_Source(asset_search, asset_search.c.seq),)
    settled = _FTS.join(asset_search, asset_search.c.seq == literal_column("+asset_fts.rowid"))
    pending = asset_search_pending.join(asset_search, asset_search.c.seq == literal_column("+asset_search_pending.seq"))
    return (
        _Source(settled, _FTS.c.rowid, (_MATCHES, _SETTLED)),
        _Source(pending, asset_search_pending.c.seq),
    )


def _by_text(source: _Source, names: FilterNames, columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """Only live assets have a text; the assets themselves are read where more than text and age is asked for."""
    rows = source.rows
    checks = [*source.where, *checks_of(tuple(name for name in names if name not in AGES))]
    if columns != (_ONE,) or set(names) - {TEXT, SHORT_TEXT, *AGES}:
        rows = rows.join(table, table.c.asset_id == literal_column("+asset_search.asset_id"))
        checks.append(_LIVE)
    after, before = AGES
    if after in names:
        checks.append(source.seq >= bindparam(after))
    if before in names:
        checks.append(source.seq < bindparam(before))
    return select(*columns).select_from(rows).where(*checks)
