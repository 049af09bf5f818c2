"""Lists of jobs without those that Core does by itself: quick however many of these there are.

Walking all jobs by their time would read thousands that are left out to find a few that are not. So the types there are
are looked up first, one step each in their index, then the newest jobs of each type that is wanted, and of these the
newest.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, literal_column, select, union_all

from faceforge_core.catalog.paging import Order
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import jobs as table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import CTE, BindParameter, ColumnElement, Select

    from faceforge_core.catalog.paging import Place

_LIVE = table.c.deleted_at.is_(None)


@cache
def list_statement(sort_order: str, place: Place | None, *, by_status: bool) -> Prepared:
    """A page of jobs by their creation, with `Cut.params`, `background` (types), and `status` if it is asked for.

    Of the background types only what failed is in it; with a status, nothing.
    """
    order = order_of(sort_order)
    kinds = _kinds()
    newest = table.alias("newest")
    of_kind = _first(order, place, table.c.job_type == kinds.c.kind, *_asked(by_status)).correlate(kinds)
    arms: list[Select[Any]] = [
        select(newest.c.created_at, newest.c.job_id)
        .select_from(kinds.join(newest, newest.c.job_id.in_(of_kind.with_only_columns(table.c.job_id))))
        .where(*_wanted(kinds))
    ]
    if not by_status:
        failed = _first(order, place, *_failed()).subquery()
        arms.append(select(failed.c.created_at, failed.c.job_id))
    found = union_all(*arms).subquery("found")
    columns: Any = found.c
    joined = select(table).join(found, columns.job_id == table.c.job_id)
    return Order(order.name, columns.created_at, columns.job_id, order.key, order.descending).page_of(joined, None)


@cache
def count_statement(*, by_status: bool) -> Prepared:
    """How many there are, with the same parameters but those of the page."""
    kinds = _kinds()
    of_kind = _count(table.c.job_type == kinds.c.kind, *_asked(by_status)).correlate(kinds).scalar_subquery()
    total: ColumnElement[int] = select(func.total(of_kind)).where(*_wanted(kinds)).scalar_subquery()
    return prepare(select(total if by_status else total + _count(*_failed()).scalar_subquery()))


def order_of(sort_order: str) -> Order:
    """By creation, as every list of jobs is."""
    return Order(f"jobs:{sort_order}", table.c.created_at, table.c.job_id, "created_at", sort_order == "desc")


def _kinds() -> CTE:
    """The types that jobs have; the last row is null."""
    first = select(func.min(table.c.job_type).label("kind")).where(_LIVE)
    kinds = first.cte("kinds", recursive=True)
    following = select(func.min(table.c.job_type)).where(_LIVE, table.c.job_type > kinds.c.kind).correlate(kinds)
    return kinds.union_all(select(following.scalar_subquery()).where(kinds.c.kind.is_not(None)))


def _wanted(kinds: CTE) -> Sequence[ColumnElement[bool]]:
    return kinds.c.kind.is_not(None), kinds.c.kind.not_in(_background())


def _failed() -> Sequence[ColumnElement[bool]]:
    return table.c.status == "failed", table.c.job_type.in_(_background())


def _asked(by_status: bool) -> Sequence[ColumnElement[bool]]:
    # Not the column itself: the index of states would have all that is left out walked over, once for each type.
    return (table.c.status.concat(literal_column("''")) == bindparam("status"),) if by_status else ()


def _background() -> BindParameter[Sequence[str]]:
    return bindparam("background", expanding=True)


def _first(order: Order, place: Place | None, *conditions: ColumnElement[bool]) -> Select[Any]:
    """As many of the first rows as the page may need of them."""
    rows = select(table.c.created_at, table.c.job_id).where(_LIVE, *conditions)
    return order.sorted(rows, place).limit(bindparam("limit") + bindparam("offset"))


def _count(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(func.count()).select_from(table).where(_LIVE, *conditions)
