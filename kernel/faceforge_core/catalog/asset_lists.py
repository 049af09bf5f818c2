"""Lists of assets: all, found ones in any of the contract's orders, and the trash.

A page comes by one of three ways. Of several conditions the rarest is taken, as far as counting a little of each can
tell: its assets are collected and sorted. Where none is rare, the list is walked in the order that is wanted, through
an index, and each asset judged: a page is soon full. What is found by text, the newest first, comes through the texts
themselves, which have that order (see `db.search` and `db.search_index`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_core.db import counters
from faceforge_core.db.search import FEW, MANY
from faceforge_sdk.protocols import Neighbours

from .asset_filters import COMPLEMENTS, CREATED, TEXT, AssetFilters, looks_at_text
from .asset_statements import (
    COUNT_TRASH,
    Shape,
    count_statement,
    list_statement,
    place_statement,
    size_statement,
    trash_order,
    trash_statement,
)
from .assets import asset_of, not_found, trashed_asset_of
from .memo import Memo
from .paging import Cut

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Row
    from typing import Any

    from faceforge_core.db.engine import Database, Reader
    from faceforge_sdk.models import Asset, AssetQuery, Page, TrashedAsset, TrashQuery

    from .paging import Place


class AssetLists:
    """Finds assets; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._totals: Memo[int] = Memo(lambda: database.generation)

    def list(self, query: AssetQuery) -> Page[Asset]:
        """Live assets. Raises `InvalidInput` for a foreign cursor."""
        filters = AssetFilters.of(query)
        shape = Shape(query.sort_by, query.sort_order, filters.names)
        cut = Cut.of(query, shape.order)
        with self._database.read() as reader:
            way = _way(reader, filters, shape)
            rows = reader.all(list_statement(shape, cut.place, way), **_params(filters, way), **cut.params)
            total = self._total(reader, filters) if query.total == "exact" else None
        return cut.page(rows, asset_of, total)

    def trash(self, query: TrashQuery) -> Page[TrashedAsset]:
        """What lies in the trash."""
        cut = Cut.of(query, trash_order(query.sort_order))
        with self._database.read() as reader:
            rows = reader.all(trash_statement(query.sort_order, cut.place), **cut.params)
            total = reader.value(COUNT_TRASH) if query.total == "exact" else None
        return cut.page(rows, trashed_asset_of, total)

    def beside(self, asset_id: str, query: AssetQuery) -> Neighbours:
        """What stands before and behind a live asset in a list. Raises `NotFound`."""
        filters = AssetFilters.of(query)
        shape = Shape(query.sort_by, query.sort_order, filters.names)
        with self._database.read() as reader:
            place = reader.one(place_statement(shape), id=asset_id)
            if place is None:
                raise not_found(asset_id)
            if place["key"] is None and not shape.order.has_nulls:
                return Neighbours(None, None)
            way = _way(reader, filters, shape)
            before, after = (
                _first_behind(reader, filters, one, way, place) for one in (shape._replace(backwards=True), shape)
            )
        return Neighbours(before, after)

    def _total(self, reader: Reader, filters: AssetFilters) -> int:
        return self._totals.get(filters, lambda: _count(reader, filters))


def _first_behind(reader: Reader, filters: AssetFilters, shape: Shape, way: str, place: Row) -> str | None:
    where: Place = "null" if place["key"] is None else "value"
    at = {"last_id": place["asset_id"], "limit": 1, "offset": 0} | ({"key": place["key"]} if where == "value" else {})
    row = reader.one(list_statement(shape, where, way), **_params(filters, way), **at)
    return None if row is None else str(row["asset_id"])


def _way(reader: Reader, filters: AssetFilters, shape: Shape) -> str:
    """The name of the index to go through, `TEXT` for the texts."""
    indexes = filters.by_index()
    in_order = [index for index in indexes if shape.comes_in_order(index)]
    if len(indexes) == len(in_order) == 1:
        return in_order[0]
    rarest = _rarest(reader, indexes, FEW)
    if rarest is not None:
        return rarest
    in_order.sort(key=lambda index: index == CREATED)  # any other one leaves out more than the age does
    return in_order[0] if in_order else shape.walk


def _count(reader: Reader, filters: AssetFilters) -> int:
    """Those without a place are all less those with one, which an index knows; likewise those of no known kind."""
    if not filters.asked:
        return counters.current(reader, counters.ASSETS)
    for name, opposite in COMPLEMENTS.items():
        if name in filters.names:
            return _count(reader, filters.without(name)) - _count(reader, filters.without(name, opposite))
    indexes = filters.by_index()
    way = next(iter(indexes), None)
    if way is None:
        way = TEXT if looks_at_text(filters.names) else CREATED
    elif len(indexes) > 1:
        way = _rarest(reader, indexes, MANY) or way
    return int(reader.value(count_statement(filters.names, way), **_params(filters, way)))


def _rarest(reader: Reader, indexes: Mapping[str, AssetFilters], most: int) -> str | None:
    """The index that gives the fewest assets; None if all give more than `most`."""
    sizes = {index: _size(reader, index, conditions, most) for index, conditions in indexes.items()}
    smallest = min(sizes, key=lambda index: sizes[index], default=None)
    return None if smallest is None or sizes[smallest] > most else smallest


def _size(reader: Reader, index: str, conditions: AssetFilters, most: int) -> int:
    params = {"trigrams": conditions.text_params["trigrams"]} if index == TEXT else conditions.params
    return int(reader.value(size_statement(index, conditions.names), most=most + 1, **params))


def _params(filters: AssetFilters, way: str) -> dict[str, Any]:
    return filters.text_params if way == TEXT else filters.params
