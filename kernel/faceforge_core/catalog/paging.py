"""Pages of sorted lists: by offset, and by a cursor that continues after the last row seen.

Every list sorts by one column and then by id ascending. A cursor names the order it belongs to and the last row's place
in it, so it stays right while rows come and go, and costs the same at any depth.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self, TypeVar

from sqlalchemy import and_, bindparam, literal_column, or_, union_all

from faceforge_core.db.statements import Prepared, prepare
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.models import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from sqlite3 import Row

    from sqlalchemy import BindParameter, Column, ColumnElement, CompoundSelect, Select

R = TypeVar("R")
M = TypeVar("M")
S = TypeVar("S", "Select[Any]", "CompoundSelect[Any]")

Place = Literal["value", "null"]


class _Paged(Protocol):
    """What all list queries share."""

    @property
    def limit(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def cursor(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: its sort key and id, in the order called `order`."""

    order: str
    key: str | float | None
    last_id: str

    def encode(self) -> str:
        """An opaque text for the client."""
        packed = json.dumps([self.order, self.key, self.last_id], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str, order: str) -> Cursor:
        """Read what `encode` gave. Raises `InvalidInput` if it is nothing such, or belongs to another order."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            found, key, last_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (binascii.Error, ValueError, TypeError, RecursionError) as exc:
            raise foreign_cursor() from exc
        if found != order or not isinstance(key, str | int | float | None) or not isinstance(last_id, str):
            raise foreign_cursor()
        return cls(order, key, last_id)


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: by `column`, which rows show as `key`, then by `id_column`, mostly ascending."""

    name: str
    column: Column[Any]
    id_column: Column[Any]
    key: str
    descending: bool
    ties_descending: bool = False
    has_nulls: ClassVar[bool] = True

    @property
    def reversed(self) -> Self:
        """The same list from its end; NULL sorts last then where it was first."""
        return replace(self, descending=not self.descending, ties_descending=not self.ties_descending)

    def page_of(self, statement: Select[Any], place: Place | None) -> Prepared:
        """`statement`, sorted, from the asked place on, up to ``limit``; to be executed with `Cut.params`."""
        return prepare(self.cut(statement, place))

    def cut(self, statement: Select[Any], place: Place | None) -> Select[Any]:
        """What `page_of` prepares."""
        return _limited(self.sorted(statement, place))

    def sorted(self, statement: Select[Any], place: Place | None) -> Select[Any]:
        """The same without the length of the page."""
        if place is not None:
            statement = statement.where(self.behind(place))
        return statement.order_by(*self.terms(self.column, self.id_column))

    def cut_of_all(self, statements: Sequence[Select[Any]]) -> CompoundSelect[Any]:
        """The same for several statements taken together; each says by itself from where on."""
        named = self.terms(literal_column(self.key), literal_column(self.id_column.name))
        return _limited(union_all(*statements).order_by(*named))

    def behind(self, place: Place) -> ColumnElement[bool]:
        """What holds for the rows behind ``key`` and ``last_id``; NULL sorts first, as in SQLite."""
        key: BindParameter[Any] = bindparam("key")
        last_id: BindParameter[Any] = bindparam("last_id")
        tie = self.id_column < last_id if self.ties_descending else self.id_column > last_id
        if place == "null":
            return and_(self.column.is_(None), tie) if self.descending else or_(self.column.is_not(None), tie)
        if not self.descending:
            return and_(self.column >= key, or_(self.column > key, tie))
        behind = and_(self.column <= key, or_(self.column < key, tie))
        return or_(behind, self.column.is_(None)) if self.column.nullable else behind

    def terms(self, column: ColumnElement[Any], id_column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
        """What to sort by, said in these columns."""
        ties = id_column.desc() if self.ties_descending else id_column.asc()
        return (column.desc() if self.descending else column.asc(), ties)


@dataclass(frozen=True, slots=True)
class PresentOrder(Order):
    """An order of those rows alone that have the value.

    Many may have the same one, so ties go in the same direction: the index, read backwards, gives them so.
    """

    has_nulls: ClassVar[bool] = False

    def behind(self, _place: Place) -> ColumnElement[bool]:
        """What holds for the rows behind ``key`` and ``last_id``."""
        key: BindParameter[Any] = bindparam("key")
        last_id: BindParameter[Any] = bindparam("last_id")
        if self.descending:
            return and_(self.column <= key, or_(self.column < key, self.id_column < last_id))
        return and_(self.column >= key, or_(self.column > key, self.id_column > last_id))

    def terms(self, column: ColumnElement[Any], id_column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
        return (column.desc(), id_column.desc()) if self.descending else (column.asc(), id_column.asc())


@dataclass(frozen=True, slots=True)
class UniqueOrder(PresentOrder):
    """An order by a value that no two rows share; a virtual table sorts by that alone."""

    def terms(self, column: ColumnElement[Any], _id_column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
        return (column.desc() if self.descending else column.asc(),)


def _limited(statement: S) -> S:
    return statement.limit(bindparam("limit")).offset(bindparam("offset"))


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a list in `order` that `query` asks for, by offset or behind a cursor."""

    order: Order
    query: _Paged
    cursor: Cursor | None

    @classmethod
    def of(cls, query: _Paged, order: Order) -> Cut:
        """Raises `InvalidInput` when the query's cursor belongs to another list."""
        cursor = Cursor.decode(query.cursor, order.name) if query.cursor else None
        if cursor is not None and cursor.key is None and not order.has_nulls:
            raise foreign_cursor()
        return cls(order, query, cursor)

    @property
    def place(self) -> Place | None:
        """Which kind of place the cursor names; it selects the statement's shape."""
        if self.cursor is None:
            return None
        return "null" if self.cursor.key is None else "value"

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the statement that `Order.page_of` made for `place`."""
        if self.cursor is None:
            return {"limit": self.query.limit + 1, "offset": self.query.offset}
        params = {"limit": self.query.limit + 1, "offset": 0, "last_id": self.cursor.last_id}
        return params if self.cursor.key is None else {**params, "key": self.cursor.key}

    def page(self, rows: Sequence[Row], make: Callable[[Row], M], total: int | None) -> Page[M]:
        """The page that `rows` hold."""
        order = self.order
        return page_of(
            rows,
            make,
            self.query,
            total,
            lambda row: Cursor(order.name, row[order.key], row[order.id_column.name]),
        )


def page_of(
    rows: Sequence[R], make: Callable[[R], M], query: _Paged, total: int | None, place: Callable[[R], Cursor]
) -> Page[M]:
    """A page from up to ``limit + 1`` rows; the surplus row only tells that there is more."""
    shown = rows[: query.limit]
    following = place(shown[-1]).encode() if len(rows) > query.limit else None
    return Page.model_construct(
        items=[make(row) for row in shown],
        total=total,
        limit=query.limit,
        offset=query.offset,
        next_cursor=following,
    )


def foreign_cursor() -> InvalidInput:
    """What to raise for a cursor that this list never gave."""
    return InvalidInput("The cursor does not belong to this list and order; start again without it.")
