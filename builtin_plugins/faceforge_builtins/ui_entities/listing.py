"""The state of the list of entities, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlencode

from pydantic import ValidationError

from faceforge_sdk.models import EntityFilter, EntityQuery
from faceforge_sdk.models.entities import MAX_CONDITIONS
from faceforge_sdk.texts import to_translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.datastructures import ImmutableMultiDict

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
    "newest": Sort(to_translate("Newest first"), "created_at", "desc"),
    "oldest": Sort(to_translate("Oldest first"), "created_at", "asc"),
    "changed": Sort(to_translate("Changed last"), "updated_at", "desc"),
    "unchanged": Sort(to_translate("Changed long ago"), "updated_at", "asc"),
    "name": Sort(to_translate("Name, A to Z"), "display_name", "asc"),
    "name-down": Sort(to_translate("Name, Z to A"), "display_name", "desc"),
}
DEFAULT_SORT = "newest"

COLUMNS: Mapping[str, str] = {
    "aliases": to_translate("Aliases"),
    "tags": to_translate("Tags"),
    "assets": to_translate("Files"),
    "created": to_translate("Created"),
    "changed": to_translate("Changed"),
}
"""The table's columns beside picture and name."""

DEFAULT_COLUMNS = ("aliases", "tags", "assets", "changed")

_UNSAID = {"view": "gallery", "sort": DEFAULT_SORT, "columns": ",".join(DEFAULT_COLUMNS)}
"""What an address leaves out."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is shown, and how. An address may hold anything: what makes no sense counts as not said.

    `facts` are conditions as the API names them: ``("descriptor.born.gte", "1900")``.
    """

    view: Literal["gallery", "table"] = "gallery"
    q: str = ""
    tags: tuple[str, ...] = ()
    after: str = ""
    before: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    sort: str = DEFAULT_SORT
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    cursor: str = ""

    @classmethod
    def from_address(cls, values: ImmutableMultiDict[str, str]) -> Listing:
        """Read a query string's values; those of the filter menu (``what``, ``how``, ``value``) become a condition."""
        sort, cursor = values.get("sort", ""), values.get("cursor", "")
        return cls(
            view="table" if values.get("view") == "table" else "gallery",
            q=values.get("q", "").strip()[:_MAX_TEXT],
            tags=_tags(values.getlist("tag")),
            after=_moment("created_after", values.get("after", "")),
            before=_moment("created_before", values.get("before", "")),
            facts=tuple(dict.fromkeys(_conditions(values)))[:MAX_CONDITIONS],
            sort=sort if sort in SORTS else DEFAULT_SORT,
            columns=_columns(values),
            cursor=cursor if len(cursor) <= _MAX_CURSOR else "",
        )

    @property
    def filtered(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.q or self.tags or self.after or self.before or self.facts)

    @property
    def unfiltered(self) -> Listing:
        """The same list without any condition."""
        return Listing(view=self.view, sort=self.sort, columns=self.columns)

    def conditions(self) -> dict[str, Any]:
        """What `EntityFilter` is made of."""
        facts: dict[str, list[str]] = {}
        for name, value in self.facts:
            facts.setdefault(name, []).append(value)
        return {
            "q": self.q or None,
            "tag": list(self.tags),
            "created_after": self.after or None,
            "created_before": self.before or None,
            **facts,
        }

    def query(self) -> EntityQuery:
        """The page of entities that this asks for."""
        sort = SORTS[self.sort]
        return EntityQuery(
            limit=PAGE_SIZE,
            cursor=self.cursor or None,
            sort_by=sort.by,
            sort_order=sort.order,
            **self.conditions(),
        )

    def values(self, **changes: str) -> list[tuple[str, str]]:
        """The address's values after `changes`; from the list's beginning, unless they name a cursor."""
        said: list[tuple[str, str]] = [
            ("view", self.view),
            ("q", self.q),
            *(("tag", tag) for tag in self.tags),
            ("after", self.after),
            ("before", self.before),
            *self.facts,
            ("sort", self.sort),
            ("columns", ",".join(self.columns) or "-"),
            ("cursor", ""),
        ]
        changed = [(name, changes.get(name, value)) for name, value in said]
        return [(name, value) for name, value in changed if value != _UNSAID.get(name, "")]

    def address(self, **changes: str) -> str:
        """Where the list stands after `changes`."""
        query = urlencode(self.values(**changes))
        return f"{PATH}?{query}" if query else PATH

    def kept(self, *left_out: str) -> list[tuple[str, str]]:
        """The values that a form of the list carries along, without those it asks for itself."""
        return [(name, value) for name, value in self.values() if name not in left_out]

    def with_tag(self, tag: str) -> str:
        """Where the list stands with one more tag."""
        return replace(self, tags=_tags([*self.tags, tag]), cursor="").address()

    def without(self, name: str, value: str) -> str:
        """Where the list stands without one condition."""
        if name == "tag":
            return replace(self, tags=tuple(tag for tag in self.tags if tag != value)).address()
        if name in {"q", "after", "before"}:
            return self.address(**{name: ""})
        return replace(self, facts=tuple(fact for fact in self.facts if fact != (name, value))).address()

    def column_address(self, down: str, up: str) -> str:
        """Where a column's heading leads: sorted by it, the other way round if it is already."""
        return self.address(sort=up if self.sort == down else down)

    def aria_sort(self, column: str) -> str:
        """What a column's heading tells of its order."""
        sort = SORTS[self.sort]
        if sort.by != column:
            return "none"
        return "ascending" if sort.order == "asc" else "descending"


def _tags(tags: Sequence[str]) -> tuple[str, ...]:
    named = (tag.strip()[:_MAX_TEXT] for tag in tags)
    return tuple(dict.fromkeys(tag for tag in named if tag))[:MAX_CONDITIONS]


def _columns(values: ImmutableMultiDict[str, str]) -> tuple[str, ...]:
    """The wanted columns, in the table's order; ``-`` for none of them, or for those that the menu names singly."""
    said = values.get("columns", "")
    if not said:
        return DEFAULT_COLUMNS
    wanted = {*said.split(","), *values.getlist("column")}
    return tuple(name for name in COLUMNS if name in wanted)


def _moment(name: str, text: str) -> str:
    return text if text and _holds(name, text) else ""


def _conditions(values: ImmutableMultiDict[str, str]) -> Iterator[tuple[str, str]]:
    """The conditions on values among all, and the one that the filter menu asks for."""
    for name, value in values.multi_items():
        if name.startswith(("field.", "descriptor.")) and _holds(name, value):
            yield name, value
    what, how, value = (values.get(name, "").strip() for name in ("what", "how", "value"))
    if what == "field.":
        what += values.get("key", "").strip()
    if how in {"known", "unknown"}:
        how, value = "exists", str(how == "known").lower()
    if what and value and _holds(name := f"{what}.{how}", value):
        yield name, value


def _holds(name: str, value: str) -> bool:
    """Whether the API would take this condition."""
    try:
        EntityFilter.model_validate({name: value})
    except ValidationError:
        return False
    return "\0" not in name + value
