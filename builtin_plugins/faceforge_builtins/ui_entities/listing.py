"""The state of the list of entities, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlencode

from faceforge_sdk.models import EntityQuery

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH = "/ui/entities"
PAGE_SIZE = 60

_MAX_TEXT = 1000
_MAX_CURSOR = 2000


class Sort(NamedTuple):
    """One way to order the list."""

    label: str
    by: Literal["created_at", "updated_at", "display_name"]
    order: Literal["asc", "desc"]


SORTS: Mapping[str, Sort] = {
    "newest": Sort("Newest first", "created_at", "desc"),
    "oldest": Sort("Oldest first", "created_at", "asc"),
    "changed": Sort("Changed last", "updated_at", "desc"),
    "unchanged": Sort("Changed long ago", "updated_at", "asc"),
    "name": Sort("Name, A to Z", "display_name", "asc"),
    "name-down": Sort("Name, Z to A", "display_name", "desc"),
}
DEFAULT_SORT = "newest"

_UNSAID = {"view": "gallery", "sort": DEFAULT_SORT}
"""What an address leaves out."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is shown, and how. An address may hold anything: what makes no sense counts as not said."""

    view: Literal["gallery", "table"] = "gallery"
    q: str = ""
    tag: str = ""
    sort: str = DEFAULT_SORT
    cursor: str = ""

    @classmethod
    def from_address(cls, values: Mapping[str, str]) -> Listing:
        """Read a query string's values."""
        sort = values.get("sort", "")
        cursor = values.get("cursor", "")
        return cls(
            view="table" if values.get("view") == "table" else "gallery",
            q=values.get("q", "").strip()[:_MAX_TEXT],
            tag=values.get("tag", "").strip()[:_MAX_TEXT],
            sort=sort if sort in SORTS else DEFAULT_SORT,
            cursor=cursor if len(cursor) <= _MAX_CURSOR else "",
        )

    @property
    def filtered(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.q or self.tag)

    def query(self) -> EntityQuery:
        """The page of entities that this asks for."""
        sort = SORTS[self.sort]
        return EntityQuery(
            limit=PAGE_SIZE,
            cursor=self.cursor or None,
            sort_by=sort.by,
            sort_order=sort.order,
            q=self.q or None,
            tag=[self.tag] if self.tag else [],
        )

    def address(self, **changes: str) -> str:
        """Where the list stands after `changes`; from its beginning, unless they name a cursor."""
        values = {"view": self.view, "q": self.q, "tag": self.tag, "sort": self.sort, **changes}
        query = urlencode({name: value for name, value in values.items() if value != _UNSAID.get(name, "")})
        return f"{PATH}?{query}" if query else PATH

    def column_address(self, down: str, up: str) -> str:
        """Where a column's heading leads: sorted by it, the other way round if it is already."""
        return self.address(sort=up if self.sort == down else down)

    def aria_sort(self, column: str) -> str:
        """What a column's heading tells of its order."""
        sort = SORTS[self.sort]
        if sort.by != column:
            return "none"
        return "ascending" if sort.order == "asc" else "descending"
