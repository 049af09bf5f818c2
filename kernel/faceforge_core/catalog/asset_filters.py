"""What a list of assets asks for, as conditions in SQL, and the index that knows who meets each of them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Text, and_, bindparam, exists, func, literal_column, or_, select

from faceforge_core.db.search_text import first_sequence_of, needle_of, trigrams_of
from faceforge_core.db.tables import MEDIA_FAMILY, SAID_FAMILY, asset_search, entities, entity_assets
from faceforge_core.db.tables import assets as table
from faceforge_sdk.models import AssetQuery
from faceforge_sdk.models.media import FAMILIES, MIXED_GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import CTE, ColumnElement

    from faceforge_sdk.models import LinkedAssetQuery

FilterNames = tuple[str, ...]

TEXT, SHORT_TEXT = "text", "short_text"
"""The conditions of `q`; one of less than three characters is beyond the trigram index. Both look at `asset_search`."""

CREATED = "ix_assets_created"


class Criterion(NamedTuple):
    """What has to hold for an asset; the index `found_by` gives all for which it does, `in_order`: newest first."""

    check: ColumnElement[bool]
    found_by: str | None = None
    in_order: bool = False


class Asked(NamedTuple):
    """A condition by its name, and the values of its parameters."""

    name: str
    values: tuple[tuple[str, Any], ...] = ()


class AssetFilters(NamedTuple):
    """The conditions that apply; equal for equal questions."""

    asked: tuple[Asked, ...]

    @classmethod
    def of(cls, query: AssetQuery | LinkedAssetQuery) -> AssetFilters:
        """What a query asks for."""
        asked = tuple(_asked(query))
        if isinstance(query, AssetQuery) and query.sort_by in FACT_ORDERS:
            asked = (*asked, Asked(f"has_{query.sort_by}"))
        return cls(asked)

    @property
    def names(self) -> FilterNames:
        """The names of the conditions, which are what a statement depends on."""
        return tuple(one.name for one in self.asked)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of a statement with these conditions."""
        return dict(pair for one in self.asked for pair in one.values)

    @property
    def text_params(self) -> dict[str, Any]:
        """The same of a statement that reads through the texts: trigrams, and age by the keys that grow with it."""
        params, names = self.params, self.names
        params |= {name: first_sequence_of(params[name]) for name in AGES if name in names}
        return params | ({"trigrams": trigrams_of(params["needle"])} if TEXT in names else {})

    def without(self, name: str, instead: str | None = None) -> AssetFilters:
        """These without one of them, or with another one that takes no values."""
        others = tuple(one for one in self.asked if one.name != name)
        return AssetFilters(others if instead is None else (*others, Asked(instead)))

    def by_index(self) -> Mapping[str, AssetFilters]:
        """The indexes that know who meets a condition, each with its conditions; `TEXT` is the trigram index."""
        found: dict[str, AssetFilters] = {}
        for one in self.asked:
            index = TEXT if one.name == TEXT else CONDITIONS[one.name].found_by
            if index is not None:
                found[index] = AssetFilters((*found.get(index, _NONE).asked, one))
        return found


_NONE = AssetFilters(())


def checks_of(names: FilterNames) -> list[ColumnElement[bool]]:
    """The conditions with these names."""
    return [CONDITIONS[name].check for name in names]


def looks_at_text(names: FilterNames) -> bool:
    """Whether these conditions need `asset_search` in their statement."""
    return TEXT in names or SHORT_TEXT in names


_BOUNDED = {"width": "width", "height": "height", "duration": "duration_seconds", "pages": "page_count"}
_PLAIN = (
    "kind",
    "min_size",
    "max_size",
    "created_after",
    "created_before",
    "taken_after",
    "taken_before",
    *(f"{bound}_{word}" for word in _BOUNDED for bound in ("min", "max")),
)
AGES = ("created_after", "created_before")


def _asked(query: AssetQuery | LinkedAssetQuery) -> Iterator[Asked]:
    for name in _PLAIN:
        value = getattr(query, name, None)
        if value not in (None, ""):
            yield _valued(name, value)
    yield from _of_type("mime_type", "family", query.mime_type)
    yield from _of_type("media_type", "media_family", query.media_type)
    needle = needle_of(query.q or "")
    if needle:
        yield Asked(SHORT_TEXT if trigrams_of(needle) is None else TEXT, (("needle", needle),))
    if isinstance(query, AssetQuery):
        yield from _of_whereabouts(query)


def _valued(name: str, value: Any) -> Asked:
    return Asked(name, ((name, value),))


def _of_type(whole: str, family: str, wanted: str | None) -> Iterator[Asked]:
    if wanted and wanted.endswith("/*"):
        yield _valued(family, wanted.removesuffix("*"))
    elif wanted:
        yield _valued(whole, wanted)


def _of_whereabouts(query: AssetQuery) -> Iterator[Asked]:
    if query.media_group is not None:
        yield Asked(query.media_group)
    if query.linked is not None:
        yield Asked("linked" if query.linked else "unlinked")
    if query.has_location is not None:
        yield Asked("located" if query.has_location else "unlocated")
    if query.shape is not None:
        yield Asked(query.shape)
    if query.box is not None:
        name = "across_date_line" if query.box.west > query.box.east else "within"
        yield Asked(name, tuple(query.box._asdict().items()))


_HAS_ENTITY: Any = exists().where(
    entity_assets.c.asset_id == table.c.asset_id,
    entity_assets.c.deleted_at.is_(None),
    entities.c.entity_id == entity_assets.c.entity_id,
    entities.c.deleted_at.is_(None),
)
_LATITUDE = table.c.latitude.between(bindparam("south"), bindparam("north"))
_EAST_OF_WEST = table.c.longitude >= bindparam("west")
_WEST_OF_EAST = table.c.longitude <= bindparam("east")
_LOCATION = "ix_assets_location"


def _types() -> CTE:
    """The media types that live assets have, each once: from one to the next through the index, whose ends are NULL."""
    held = table.alias("held")
    there = (held.c.deleted_at.is_(None), held.c.media_type.is_not(None))
    through = "INDEXED BY ix_assets_media_type"
    first = select(func.min(held.c.media_type).label("media_type")).where(*there).with_hint(held, through)
    known = first.cte("known", recursive=True)
    following = select(func.min(held.c.media_type)).where(*there, held.c.media_type > known.c.media_type)
    next_one = following.with_hint(held, through).scalar_subquery()
    return known.union_all(select(next_one).where(known.c.media_type.is_not(None)))


_KNOWN = _types()


def _is_one_of(types: Sequence[str]) -> ColumnElement[bool]:
    """Whether it is known to be one of these media types, each whole or its beginning with ``*``.

    What begins so is looked up first, since a library has few types: SQLite then goes right to the assets of each.
    """
    known = _KNOWN.c.media_type
    whole = [_text(one) for one in types if not one.endswith("*")]
    begins = [one[:-1] for one in types if one.endswith("*")]
    ranges = (and_(known >= _text(one), known < _text(one[:-1] + chr(ord(one[-1]) + 1))) for one in begins)
    meant = select(known).where(or_(known.in_(whole), *ranges))
    return and_(table.c.media_type.is_not(None), table.c.media_type.in_(meant))


def _text(words: str) -> ColumnElement[str]:
    """A text that stands in the statement itself, where it has to match an index."""
    return literal_column(f"'{words}'", Text)


_MIXED = {group: _is_one_of(types) for group, types in MIXED_GROUPS.items()}
_GROUPED = _is_one_of([*(f"{family}*" for family in FAMILIES.values()), *itertools.chain(*MIXED_GROUPS.values())])
_HOLDS_NEEDLE = Criterion(func.instr(asset_search.c.text, bindparam("needle")) > 0)
FACT_ORDERS = ("taken_at", "width", "height", "duration_seconds", "page_count")
"""The facts by which a list may be sorted; each has an index of its own."""

CONDITIONS: Mapping[str, Criterion] = {
    "kind": Criterion(table.c.kind == bindparam("kind"), "ix_assets_kind", in_order=True),
    "mime_type": Criterion(table.c.mime_type == bindparam("mime_type"), "ix_assets_type", in_order=True),
    "family": Criterion(bindparam("family") == SAID_FAMILY, "ix_assets_family", in_order=True),
    "media_type": Criterion(table.c.media_type == bindparam("media_type"), "ix_assets_media_type", in_order=True),
    "media_family": Criterion(
        and_(bindparam("media_family") == MEDIA_FAMILY, table.c.media_type.is_not(None)),
        "ix_assets_media_family",
        in_order=True,
    ),
    **{
        group: Criterion(
            and_(_text(family) == MEDIA_FAMILY, table.c.media_type.is_not(None)),
            "ix_assets_media_family",
            in_order=True,
        )
        for group, family in FAMILIES.items()
    },
    **{group: Criterion(check, "ix_assets_media_type") for group, check in _MIXED.items()},
    "grouped": Criterion(_GROUPED, "ix_assets_media_type"),
    "other": Criterion(~_GROUPED),
    "min_size": Criterion(table.c.byte_size >= bindparam("min_size"), "ix_assets_size"),
    "max_size": Criterion(table.c.byte_size <= bindparam("max_size"), "ix_assets_size"),
    "created_after": Criterion(table.c.created_at >= bindparam("created_after"), CREATED, in_order=True),
    "created_before": Criterion(table.c.created_at < bindparam("created_before"), CREATED, in_order=True),
    "taken_after": Criterion(table.c.taken_at >= bindparam("taken_after"), "ix_assets_taken_at"),
    "taken_before": Criterion(table.c.taken_at < bindparam("taken_before"), "ix_assets_taken_at"),
    **{
        f"min_{word}": Criterion(table.c[column] >= bindparam(f"min_{word}"), f"ix_assets_{column}")
        for word, column in _BOUNDED.items()
    },
    **{
        f"max_{word}": Criterion(table.c[column] <= bindparam(f"max_{word}"), f"ix_assets_{column}")
        for word, column in _BOUNDED.items()
    },
    **{f"has_{fact}": Criterion(table.c[fact].is_not(None), f"ix_assets_{fact}") for fact in FACT_ORDERS},
    TEXT: _HOLDS_NEEDLE,
    SHORT_TEXT: _HOLDS_NEEDLE,
    "linked": Criterion(_HAS_ENTITY),
    "unlinked": Criterion(~_HAS_ENTITY),
    "located": Criterion(table.c.latitude.is_not(None), _LOCATION),
    "unlocated": Criterion(table.c.latitude.is_(None)),
    "within": Criterion(and_(_LATITUDE, _EAST_OF_WEST, _WEST_OF_EAST), _LOCATION),
    "across_date_line": Criterion(and_(_LATITUDE, or_(_EAST_OF_WEST, _WEST_OF_EAST)), _LOCATION),
    "landscape": Criterion(table.c.width > table.c.height, "ix_assets_width"),
    "portrait": Criterion(table.c.width < table.c.height, "ix_assets_width"),
    "square": Criterion(table.c.width == table.c.height, "ix_assets_width"),
}

COMPLEMENTS: Mapping[str, str] = {"unlocated": "located", "other": "grouped"}
"""Conditions that no index knows, each with its opposite, which one does."""


def comes_by_age(index: str, names: FilterNames) -> bool:
    """Whether an index gives those that meet these conditions the newest first."""
    return any(CONDITIONS[name].found_by == index and CONDITIONS[name].in_order for name in names)
