"""What all answers and lists have in common."""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field, StringConstraints

T = TypeVar("T")

MAX_INT = 2**63 - 1
"""The largest integer that the database can compare; offsets and cursors beyond it are refused."""

TOKEN_TEXT = StringConstraints(strip_whitespace=True)
JsonObject = dict[str, Any]
Moment = Annotated[
    str,
    TOKEN_TEXT,
    Field(
        pattern=r"^\d{4}(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?)?)?$",
        examples=["2024-05-01"],
    ),
]
"""A year, month, day or time in ISO 8601; without an offset it is UTC, and what is left out is the beginning."""


class ErrorBody(BaseModel):
    """What went wrong: a stable `code` for programs, a `message` for people, and `details` that name where."""

    code: str
    message: str
    details: Any = None


class Envelope(BaseModel, Generic[T]):
    """Around every JSON answer under ``/v1``."""

    ok: Literal[True] = True
    data: T
    error: None = None


class ErrorEnvelope(BaseModel):
    """Around every JSON error under ``/v1``."""

    ok: Literal[False] = False
    data: None = None
    error: ErrorBody


def ok(data: T) -> Envelope[T]:
    """Wrap an answer. It is not validated again: `data` is what a service returned."""
    return Envelope.model_construct(ok=True, data=data, error=None)


class Page(BaseModel, Generic[T]):
    """A part of a list.

    `total` counts all that match (None when the request said ``total=none``); `next_cursor`, where there is more,
    continues after the last item and stays valid while rows come and go.
    """

    items: list[T]
    total: int | None
    limit: int
    offset: int
    next_cursor: str | None = None


class Deleted(BaseModel):
    """The thing lies in the trash now."""

    deleted: Literal[True] = True


class Items(BaseModel, Generic[T]):
    """A whole list."""

    items: list[T]


class Paging(BaseModel):
    """Which part of a list; a cursor stays valid while rows come and go, an offset does not."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    offset: Annotated[int, Field(ge=0, le=MAX_INT)] = 0
    cursor: Annotated[
        str | None,
        Field(max_length=2000, description="`next_cursor` of the page before; replaces `offset`."),
    ] = None
    total: Annotated[Literal["exact", "none"], Field(description="`none` skips counting; `total` is then null.")] = (
        "exact"
    )
    sort_order: Literal["asc", "desc"] = "desc"


class TrashQuery(Paging):
    """A page of the trash, latest deletion first."""
