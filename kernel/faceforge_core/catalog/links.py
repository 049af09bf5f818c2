"""Links between entities and assets.

A link shows only while both its ends live: deleting an end hides it, restoring the end brings it back, and neither
touches the link's own row. So a restore returns exactly what its deletion hid.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, func, insert, literal_column, select, update

from faceforge_core.clock import now
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import asset_search, assets, entities
from faceforge_core.db.tables import entity_assets as table
from faceforge_sdk.models import LinkedAsset
from faceforge_sdk.protocols import Neighbours

from .asset_filters import AssetFilters, FilterNames, checks_of, looks_at_text
from .assets import ASSET_COLUMNS, asset_facts
from .assets import not_found as no_asset
from .entity_rows import is_live, linked_entity_of, require_live
from .paging import Cut, Order, Place, UniqueOrder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Select

    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.models import LinkedAssetQuery, LinkedEntity, LinkedEntityQuery, Page

_THIS = (table.c.entity_id == bindparam("entity"), table.c.asset_id == bindparam("asset"))
_LIVE = table.c.deleted_at.is_(None)
_ASSET_LIVES = prepare(
    select(assets.c.asset_id).where(assets.c.asset_id == bindparam("id"), assets.c.deleted_at.is_(None))
)
_FIND = prepare(select(table.c.deleted_at).where(*_THIS))
_INSERT = prepare(insert(table))
_RELINK = prepare(update(table).where(*_THIS).values(role=bindparam("new_role"), deleted_at=None))
_REVIVE = prepare(update(table).where(*_THIS, table.c.deleted_at.is_not(None)).values(created_at=bindparam("moment")))
_REMOVE = prepare(update(table).where(*_THIS, _LIVE).values(deleted_at=bindparam("moment")))
_COUNT = prepare(
    select(func.count()).select_from(
        select(table.c.asset_id)
        .join(assets, assets.c.asset_id == table.c.asset_id)
        .where(table.c.entity_id == bindparam("entity"), _LIVE, assets.c.deleted_at.is_(None))
        .limit(bindparam("most"))
        .subquery()
    )
)
_linked_asset = TypeAdapter(LinkedAsset).validate_python


class LinkCatalog:
    """Which assets belong to which entities, and as what."""

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._events = events

    def link(self, entity_id: str, asset_id: str, role: str | None) -> None:
        """Link, or update the role; a removed link comes back as a new one. Raises `NotFound` for either end."""

        def work(tx: Transaction) -> None:
            require_live(tx, entity_id)
            if tx.one(_ASSET_LIVES, id=asset_id) is None:
                raise no_asset(asset_id)
            self._set(tx, entity_id, asset_id, role)

        self._database.write(work)

    def link_many(self, entity_id: str, asset_ids: Sequence[str]) -> int:
        """Link what is live and not linked yet, in one transaction; returns how many. Raises `NotFound`."""

        def work(tx: Transaction) -> int:
            require_live(tx, entity_id)
            return sum(self.add(tx, entity_id, asset_id, None) for asset_id in asset_ids)

        return self._database.write(work)

    def add(self, tx: Transaction, entity_id: str, asset_id: str, role: str | None) -> bool:
        """Link, as a step, what is not linked yet; False where it is, or an end is not live."""
        known = tx.one(_FIND, entity=entity_id, asset=asset_id)
        if known is not None and known["deleted_at"] is None:
            return False
        if not is_live(tx, entity_id) or tx.one(_ASSET_LIVES, id=asset_id) is None:
            return False
        self._set(tx, entity_id, asset_id, role)
        return True

    def _set(self, tx: Transaction, entity_id: str, asset_id: str, role: str | None) -> None:
        moment = now()
        tx.run(_REVIVE, entity=entity_id, asset=asset_id, moment=moment)
        if tx.run(_RELINK, entity=entity_id, asset=asset_id, new_role=role) == 0:
            tx.run(_INSERT, entity_id=entity_id, asset_id=asset_id, role=role, created_at=moment, deleted_at=None)
        self._events.append(tx, "asset.linked", asset_id, {"entity_id": entity_id, "role": role})

    def unlink(self, entity_id: str, asset_id: str) -> bool:
        """Remove a link; True if there was one."""

        return self._database.write(lambda tx: self.remove(tx, entity_id, asset_id))

    def remove(self, tx: Transaction, entity_id: str, asset_id: str) -> bool:
        """Remove a link, as a step; True if there was one."""
        if tx.run(_REMOVE, entity=entity_id, asset=asset_id, moment=now()) == 0:
            return False
        self._events.append(tx, "asset.unlinked", asset_id, {"entity_id": entity_id})
        return True

    def of_entity(self, entity_id: str, query: LinkedAssetQuery) -> Page[LinkedAsset]:
        """The live assets of a live entity. Raises `NotFound` for the entity."""
        cut = Cut.of(query, _order(query.sort_order))
        filters = AssetFilters.of(query)
        statement = _list_statement(query.sort_order, filters.names, cut.place)
        with self._database.read() as reader:
            require_live(reader, entity_id)
            rows = reader.all(statement, entity=entity_id, **filters.params, **cut.params)
            total = reader.value(_count_statement(filters.names), entity=entity_id, **filters.params)
        return cut.page(rows, lambda row: _linked_asset(asset_facts(row)), total if query.total == "exact" else None)

    def beside(self, entity_id: str, asset_id: str) -> Neighbours:
        """What stands before and behind an asset among those of an entity, none where it is not one of them."""
        with self._database.read() as reader:
            row = reader.one(_LINKED_AT, entity=entity_id, asset=asset_id)
            if row is None:
                return Neighbours(None, None)
            place = {"entity": entity_id, "key": row["created_at"], "last_id": asset_id, "limit": 1, "offset": 0}
            found = [reader.one(_beside_statement(backwards), **place) for backwards in (True, False)]
        return Neighbours(*(None if one is None else str(one["asset_id"]) for one in found))

    def of_asset(self, asset_id: str, query: LinkedEntityQuery) -> Page[LinkedEntity]:
        """The live entities of a live asset. Raises `NotFound` for the asset."""
        cut = Cut.of(query, _linking_order(query.sort_order))
        with self._database.read() as reader:
            if reader.one(_ASSET_LIVES, id=asset_id) is None:
                raise no_asset(asset_id)
            rows = reader.all(_entities_statement(query.sort_order, cut.place), asset=asset_id, **cut.params)
            total = reader.value(_COUNT_ENTITIES, asset=asset_id) if query.total == "exact" else None
        return cut.page(rows, linked_entity_of, total)

    def counts(self, entity_ids: Sequence[str], most: int) -> Mapping[str, int]:
        """How many live assets each entity has; counting stops at `most`, since a hub has any number."""
        with self._database.read() as reader:
            return {entity_id: int(reader.value(_COUNT, entity=entity_id, most=most)) for entity_id in entity_ids}


def _order(sort_order: str) -> Order:
    return Order(f"links:{sort_order}", table.c.created_at, table.c.asset_id, "linked_at", sort_order == "desc")


_LINKING: Any = literal_column("entity_assets.rowid")
"""Grows with each new link, and stands in the index of an asset's links behind its id."""


def _linking_order(sort_order: str) -> Order:
    return UniqueOrder(f"owners:{sort_order}", _LINKING, table.c.entity_id, "linking", sort_order == "desc")


def _owners(*columns: Any) -> Select[Any]:
    owned = (table.c.asset_id == bindparam("asset"), _LIVE, entities.c.deleted_at.is_(None))
    rows = table.join(entities, entities.c.entity_id == table.c.entity_id)
    return select(*columns).select_from(rows).where(*owned)


_COUNT_ENTITIES = prepare(_owners(func.count()))


@cache
def _entities_statement(sort_order: str, place: Place | None) -> Prepared:
    columns = (*entities.c, table.c.role, table.c.created_at.label("linked_at"), _LINKING.label("linking"))
    return _linking_order(sort_order).page_of(_owners(*columns), place)


def _linked(filters: FilterNames, *columns: ColumnElement[Any]) -> Select[Any]:
    rows = table.join(assets, assets.c.asset_id == table.c.asset_id)
    if looks_at_text(filters):
        rows = rows.join(asset_search, asset_search.c.asset_id == table.c.asset_id)
    return (
        select(*columns)
        .select_from(rows)
        .where(table.c.entity_id == bindparam("entity"), _LIVE, assets.c.deleted_at.is_(None))
        .where(*checks_of(filters))
    )


@cache
def _list_statement(sort_order: str, filters: FilterNames, place: Place | None) -> Prepared:
    columns = (*ASSET_COLUMNS, table.c.role, table.c.created_at.label("linked_at"))
    return _order(sort_order).page_of(_linked(filters, *columns), place)


_LINKED_AT = prepare(select(table.c.created_at).where(*_THIS, _LIVE))


@cache
def _beside_statement(backwards: bool) -> Prepared:
    order = _order("desc")
    return (order.reversed if backwards else order).page_of(_linked((), table.c.asset_id), "value")


@cache
def _count_statement(filters: FilterNames) -> Prepared:
    return prepare(_linked(filters, func.count()))
