"""What all answers and lists have in common."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from . import examples

T = TypeVar("T")

MAX_INT = 2**63 - 1
"""The largest integer that the database can compare; offsets and cursors beyond it are refused."""

TOKEN_TEXT = StringConstraints(strip_whitespace=True)
"""For `Annotated`: a short text, which loses the spaces around it."""

JsonObject = dict[str, Any]
"""Any JSON object."""


def moment_of(text: str) -> datetime:
    """Read a year, month, day or time; what is left out is the beginning. Raises ValueError."""
    return datetime.fromisoformat(text + "-01-01"[len(text) - 4 :] if len(text) < len("2024-05-01") else text)


def _utc(text: str) -> str:
    """The first millisecond that is not before the moment, as rows carry it."""
    moment = moment_of(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    moment += timedelta(microseconds=-moment.microsecond % 1000)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str) -> str:
    try:
        return _utc(text)
    except (ValueError, OverflowError) as error:
        raise ValueError("no date or time like 2024, 2024-05-01 or 2024-05-01T10:30:00Z") from error


_MOMENT = WithJsonSchema(
    {
        "type": "string",
        "maxLength": 40,
        "pattern": (
            "^[0-9]{4}(-[0-9]{2}(-[0-9]{2}"
            "(T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?$"
        ),
        "examples": ["2024-05-01"],
    }
)

Moment = Annotated[str, TOKEN_TEXT, Field(max_length=40), AfterValidator(_moment), _MOMENT]
"""A year, month, day or time in ISO 8601; without an offset it is UTC, and what is left out is the beginning.

Becomes UTC text with milliseconds, as rows carry it.
"""


class WireModel(BaseModel):
    """Base of what travels. Its validators are made when they are first used: a Core that starts uses few of them."""

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """That goes for our models alone: a plugin's, which derive from them, are made at once, as any other model.

        So is whatever pydantic or FastAPI make of the type meanwhile.
        """
        super().__pydantic_init_subclass__(**kwargs)
        cls.model_config.pop("defer_build", None)


class ErrorBody(WireModel):
    """What went wrong: a stable `code` for programs, a `message` for people, and `details` that name where."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.ERROR]}
    )

    code: str
    message: str
    details: Any = None


class Envelope(WireModel, Generic[T]):
    """Around every JSON answer under ``/v1``."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    ok: Literal[True] = True
    data: T
    error: None = None


class ErrorEnvelope(WireModel):
    """Around every JSON error under ``/v1``."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    ok: Literal[False] = False
    data: None = None
    error: ErrorBody


def ok(data: T) -> Envelope[T]:
    """Wrap an answer. It is not validated again: `data` is what a service returned."""
    return Envelope.model_construct(ok=True, data=data, error=None)


class Page(WireModel, Generic[T]):
    """A part of a list.

    `total` counts all that match (None when the request said ``total=none``); `next_cursor`, where there is more,
    continues after the last item and stays valid while rows come and go.
    """

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    items: list[T]
    total: Annotated[int | None, Field(examples=[1])]
    limit: Annotated[int, Field(examples=[50])]
    offset: Annotated[int, Field(examples=[0])]
    next_cursor: Annotated[str | None, Field(examples=[None])] = None


class Deleted(WireModel):
    """The thing lies in the trash now."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    deleted: Literal[True] = True


class Items(WireModel, Generic[T]):
    """A whole list."""

    items: list[T]


class Paging(WireModel):
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
