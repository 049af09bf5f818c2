"""The state of the list of assets, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.datastructures import QueryParams

from faceforge_sdk.models import AssetQuery
from faceforge_sdk.texts import to_translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import ImmutableMultiDict

PATH = "/ui/assets"
PAGE_SIZE = 60
_MEGABYTE = 1_000_000
_MAX_CURSOR = 2000
_MAX_QUERY = 20_000


class Sort(NamedTuple):
    """One way to order the list."""

    label: str
    by: Literal["created_at", "filename", "byte_size", "taken_at", "duration_seconds"]
    order: Literal["asc", "desc"]


SORTS: Mapping[str, Sort] = {
    "newest": Sort(to_translate("Added last"), "created_at", "desc"),
    "oldest": Sort(to_translate("Added first"), "created_at", "asc"),
    "taken": Sort(to_translate("Taken last"), "taken_at", "desc"),
    "taken-first": Sort(to_translate("Taken first"), "taken_at", "asc"),
    "name": Sort(to_translate("Name, A to Z"), "filename", "asc"),
    "name-down": Sort(to_translate("Name, Z to A"), "filename", "desc"),
    "largest": Sort(to_translate("Largest first"), "byte_size", "desc"),
    "smallest": Sort(to_translate("Smallest first"), "byte_size", "asc"),
    "longest": Sort(to_translate("Longest first"), "duration_seconds", "desc"),
}
DEFAULT_SORT: Final = "newest"

_CONDITIONS: Final = {
    "q": "q",
    "type": "media_group",
    "kind": "kind",
    "shape": "shape",
    "min_size": "min_size",
    "max_size": "max_size",
    "taken_after": "taken_after",
    "taken_before": "taken_before",
    "created_after": "created_after",
    "created_before": "created_before",
    "place": "has_location",
    "linked": "linked",
}
"""The words of an address, and what the list of assets calls each."""

_COUNTED_TOGETHER: Final = {
    "min_size": "size",
    "max_size": "size",
    "created_after": "created",
    "created_before": "created",
    "taken_after": "taken_at",
    "taken_before": "taken_at",
}
"""Conditions that one index answers."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is shown, and how; every value as the address has it. What makes no sense there counts as not said."""

    q: str = ""
    type: str = ""
    kind: str = ""
    shape: str = ""
    min_size: str = ""
    max_size: str = ""
    taken_after: str = ""
    taken_before: str = ""
    created_after: str = ""
    created_before: str = ""
    place: str = ""
    linked: str = ""
    sort: str = DEFAULT_SORT
    cursor: str = ""

    @classmethod
    def from_address(cls, values: ImmutableMultiDict[str, str]) -> Listing:
        """Read a query string's values; megabytes, as the filter menu asks for them, become bytes."""
        said = {name: values.get(name, "").strip() for name in _CONDITIONS}
        for bound in ("min", "max"):
            if f"{bound}_mb" in values:
                said[f"{bound}_size"] = _in_bytes(values[f"{bound}_mb"])
        sort, cursor = values.get("sort", ""), values.get("cursor", "")
        return cls(
            **{name: text for name, text in said.items() if text and _holds(name, text)},
            sort=sort if sort in SORTS else DEFAULT_SORT,
            cursor=cursor if len(cursor) <= _MAX_CURSOR else "",
        )

    @classmethod
    def from_query(cls, query: str) -> Listing:
        """The list that a query string means, from its beginning."""
        return replace(cls.from_address(QueryParams(query[:_MAX_QUERY])), cursor="")

    @property
    def filtered(self) -> bool:
        """Whether anything is asked for."""
        return any(getattr(self, name) for name in _CONDITIONS)

    @property
    def unfiltered(self) -> Listing:
        """The same list without any condition."""
        return Listing(sort=self.sort)

    @property
    def countable(self) -> bool:
        """Whether an index knows how many there are; else each file would be looked at before the page is shown."""
        asked = {_COUNTED_TOGETHER.get(name, name) for name in _CONDITIONS if getattr(self, name)}
        asked |= {self.by_fact} if self.by_fact else set()
        return len(asked) <= 1 and "linked" not in asked

    @property
    def by_fact(self) -> str:
        """The fact by which it is sorted, if it is one that not every file has."""
        by = SORTS[self.sort].by
        return by if by in {"taken_at", "duration_seconds"} else ""

    @property
    def query_string(self) -> str:
        """The address behind its question mark, from the list's beginning."""
        return urlencode(self.values())

    def query(self, **paging: Any) -> AssetQuery:
        """The page of assets that this asks for."""
        said = {asked: getattr(self, name) or None for name, asked in _CONDITIONS.items()}
        sort = SORTS[self.sort]
        total = "exact" if self.countable else "none"
        page = {"limit": PAGE_SIZE, "cursor": self.cursor or None, "total": total, **paging}
        return AssetQuery.model_validate({**said, **page, "sort_by": sort.by, "sort_order": sort.order})

    def values(self, **changes: str) -> list[tuple[str, str]]:
        """The address's values after `changes`; from the list's beginning, unless they name a cursor."""
        said = {field.name: getattr(self, field.name) for field in fields(self)} | {"cursor": "", **changes}
        return [(name, text) for name, text in said.items() if text and (name, text) != ("sort", DEFAULT_SORT)]

    def address(self, **changes: str) -> str:
        """Where the list stands after `changes`."""
        query = urlencode(self.values(**changes))
        return f"{PATH}?{query}" if query else PATH

    def asset_address(self, asset_id: str) -> str:
        """The page of one of its assets, which leads on to its neighbours."""
        query = self.query_string
        return f"{PATH}/{asset_id}?{query}" if query else f"{PATH}/{asset_id}"

    def kept(self, *left_out: str) -> list[tuple[str, str]]:
        """The values that a form of the list carries along, without those it asks for itself."""
        return [(name, text) for name, text in self.values() if name not in left_out]

    def megabytes(self, bound: str) -> float:
        """A bound of the size, which has to be there."""
        return int(getattr(self, bound)) / _MEGABYTE


def _in_bytes(text: str) -> str:
    try:
        return str(max(0, round(float(text.strip().replace(",", ".")) * _MEGABYTE)))
    except (ValueError, OverflowError):  # nothing, words, infinity
        return ""


def _holds(name: str, text: str) -> bool:
    """Whether the list of assets would take this condition."""
    try:
        AssetQuery.model_validate({_CONDITIONS[name]: text})
    except ValidationError:
        return False
    return "\0" not in text
