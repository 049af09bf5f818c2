"""Finding entities: by folded text, tags, values and age, each through an index, in any of the contract's orders.

Candidates come from one condition, and the others are checked for each. Of several conditions the rarest is taken, as
far as counting a little of each can tell; where none is rare, the list is walked in the order that is wanted, and a
page is soon full.

For text, candidates come from FTS5, and the base text has the last word, so a hit is exactly a substring of the folded
text. `MATCH` folds by SQLite's own rules and ``LIKE`` only ASCII: both sides are folded by Python first, at every
length. Rows that the trigram index has still to catch up with (see `db.search_index`) are few, and judged one by one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import text

from faceforge_core.db import counters
from faceforge_core.db.clauses import EVERYTHING, Clause, Source, Wanted, clauses_of
from faceforge_core.db.search_index import index_entity, reindex_entity, unindex_entity
from faceforge_core.db.search_text import entity_text, first_sequence_of, fold, sequence_of
from faceforge_core.db.statements import Prepared, prepare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from faceforge_core.db.transactions import Reader

__all__ = [
    "After",
    "Hit",
    "SortBy",
    "Wanted",
    "count",
    "entity_text",
    "find",
    "first_sequence_of",
    "fold",
    "index_entity",
    "reindex_entity",
    "sequence_of",
    "unindex_entity",
]

SortBy = Literal["created_at", "updated_at", "display_name"]

FEW = 2000
"""What at most so many entities have is collected and sorted; of what more have, the list is walked."""

MANY = 50_000
"""How far candidates are counted to find the rarest condition, where all that meet it will be looked at anyway."""


class Hit(NamedTuple):
    """One entity that was found; `seq` is its place among all."""

    seq: int
    entity_id: str


class After(NamedTuple):
    """The row that a page goes on behind: by its place (newest first), or by what it is sorted by and its id."""

    key: int | str
    entity_id: str = ""


def find(
    reader: Reader,
    wanted: Wanted,
    *,
    limit: int,
    offset: int = 0,
    after: After | None = None,
    sort_by: SortBy = "created_at",
    descending: bool = True,
) -> list[Hit]:
    """Return the live entities that are wanted, in the contract's order: by `sort_by`, ties by id ascending."""
    conditions = clauses_of(reader, wanted)
    if conditions is None:
        return []
    bounds = _Bounds.of(wanted)
    newest_first = sort_by == "created_at" and descending
    way = _way(reader, conditions, bounds, newest_first=newest_first)
    params = _params(conditions, bounds) | {"limit": limit, "offset": offset}
    if after is not None:
        params |= {"after": after.key} if newest_first else {"after": after.key, "after_id": after.entity_id}
    if newest_first:
        sql = _newest_first(way, going_on=after is not None)
    else:
        sql = _by_column(way, sort_by, descending=descending, going_on=after is not None)
    return [Hit(seq, entity_id) for seq, entity_id in reader.all(_prepared(sql), **_used(sql, params))]


def count(reader: Reader, wanted: Wanted) -> int:
    """Return how many entities `find` gives in all: exactly, from the counter when nothing is asked for."""
    if wanted == Wanted():
        return counters.current(reader, counters.ENTITIES)
    conditions = clauses_of(reader, wanted)
    return 0 if conditions is None else _count(reader, conditions, _Bounds.of(wanted))


def _count(reader: Reader, conditions: Sequence[Clause], bounds: _Bounds) -> int:
    """What a negation leaves is all without it less those that it takes away, which an index knows."""
    if not conditions and not bounds.words:
        return counters.current(reader, counters.ENTITIES)
    negation = next((one for one in conditions if one.opposite is not None), None)
    if negation is not None and negation.opposite is not None:
        others = [one for one in conditions if one is not negation]
        if not any(one.opposite for one in others):
            taken_away = _count(reader, [*others, negation.opposite], bounds)
            return _count(reader, others, bounds) - taken_away
    way = _way(reader, conditions, bounds, newest_first=True, counting=True)
    if way.driver.once:
        sql = "SELECT " + " + ".join(f"({way.select('count(*)', one, bare=True)})" for one in way.driver.sources)
    else:
        places = " UNION ".join(way.select(f"DISTINCT {one.key}", one, bare=True) for one in way.driver.sources)
        sql = f"SELECT count(*) FROM ({places})"  # noqa: S608  # our own words
    return int(reader.value(_prepared(sql), **_used(sql, _params(conditions, bounds))))


# --- Which way to go


class _Bounds(NamedTuple):
    """Between which places; `words` are conditions on ``{key}``."""

    words: tuple[str, ...]
    params: dict[str, Any]

    @classmethod
    def of(cls, wanted: Wanted) -> _Bounds:
        found = {
            f"{{key}} {comparison} :{name}": (name, value)
            for comparison, name, value in ((">=", "from_seq", wanted.from_seq), ("<", "to_seq", wanted.to_seq))
            if value is not None
        }
        return cls(tuple(found), dict(found.values()))


class _Way(NamedTuple):
    """Where candidates come from, what is checked of each, and whether they are few enough to be collected."""

    driver: Clause
    checks: tuple[str, ...]
    bounds: tuple[str, ...]
    few: bool

    def select(self, columns: str, source: Source, *more: str, bare: bool = False) -> str:
        """A statement over one source, of our own words only; `bare`: without the entity's text where none is read."""
        alone = bare and not any("s.text" in check for check in self.checks)
        bounds = (bound.format(key=source.key) for bound in self.bounds)
        conditions = " AND ".join((*source.where, *bounds, *self.checks, *more))
        where = ("WHERE", conditions.replace("s.seq", source.key) if alone else conditions) if conditions else ()
        return " ".join(("SELECT", columns, "FROM", source.table if alone else source.joined, *where))


def _way(
    reader: Reader, conditions: Sequence[Clause], bounds: _Bounds, *, newest_first: bool, counting: bool = False
) -> _Way:
    candidates = [one for one in conditions if one.sources]
    if bounds.words and not newest_first:
        candidates.append(EVERYTHING)
    if newest_first and len(candidates) == 1 and (candidates[0].ordered or counting):
        return _along(candidates[0], conditions, bounds, few=False)
    most = MANY if counting else FEW
    sizes = [_size(reader, one, bounds, most) for one in candidates]
    smallest = min(sizes, default=most + 1)
    if smallest <= most:
        return _along(candidates[sizes.index(smallest)], conditions, bounds, few=True)
    usable = candidates if counting else [one for one in candidates if one.ordered]
    usable.sort(key=lambda one: not one.certain)  # reading a text costs more than looking into an index
    return _along(usable[0] if usable else EVERYTHING, conditions, bounds, few=False)


def _along(driver: Clause, conditions: Sequence[Clause], bounds: _Bounds, *, few: bool) -> _Way:
    checks = tuple(one.check for one in conditions if one is not driver or not one.certain)
    return _Way(driver, checks, bounds.words, few)


def _size(reader: Reader, condition: Clause, bounds: _Bounds, most: int) -> int:
    """How many candidates a condition gives, as far as they are not more than `most`."""
    way = _Way(condition, (), bounds.words, few=True)
    selects = " UNION ALL ".join(way.select("1", source, bare=True) for source in condition.sources)
    sql = f"SELECT count(*) FROM ({selects} LIMIT {most + 1})"  # noqa: S608  # our own words
    return int(reader.value(_prepared(sql), **_used(sql, {**condition.params, **bounds.params})))


# --- Statements


def _newest_first(way: _Way, *, going_on: bool) -> str:
    """Each source of an ordered driver comes in this order by itself."""
    return f"{_candidates(way, going_on=going_on)} ORDER BY seq DESC LIMIT :limit OFFSET :offset"


def _candidates(way: _Way, *, going_on: bool = False) -> str:
    """Each hit once: by itself where the driver gives it so, else made so."""
    together, distinct = (" UNION ALL ", "") if way.driver.once else (" UNION ", "DISTINCT ")
    return together.join(
        way.select(f"{distinct}{one.key} AS seq, s.entity_id", one, *((f"{one.key} < :after",) if going_on else ()))
        for one in way.driver.sources
    )


def _by_column(way: _Way, sort_by: SortBy, *, descending: bool, going_on: bool) -> str:
    column, direction = f"e.{sort_by}", "DESC" if descending else "ASC"
    order = f"ORDER BY {column} {direction}, e.entity_id LIMIT :limit OFFSET :offset"
    behind = tuple(_behind(column, "<" if descending else ">")) if going_on else ()
    if way.few:
        found = f"({_candidates(way)}) AS h CROSS JOIN entities AS e ON e.entity_id = h.entity_id"
        where = f"WHERE {' AND '.join(behind)} " if behind else ""
        return f"SELECT h.seq, h.entity_id FROM {found} {where}{order}"  # noqa: S608  # our own words
    walked = Source("entities AS e CROSS JOIN entity_search AS s ON s.entity_id = e.entity_id", "s.seq", ())
    checks = way.checks if way.driver is EVERYTHING else (*way.checks, way.driver.check)
    everywhere = way._replace(checks=tuple(dict.fromkeys(checks)))
    return f"{everywhere.select('s.seq, e.entity_id', walked, 'e.deleted_at IS NULL', *behind)} {order}"


def _behind(column: str, comparison: str) -> Iterator[str]:
    yield f"{column} {comparison}= :after"
    yield f"({column} {comparison} :after OR e.entity_id > :after_id)"


def _params(conditions: Sequence[Clause], bounds: _Bounds) -> dict[str, Any]:
    return {name: value for one in conditions for name, value in one.params.items()} | bounds.params


def _used(sql: str, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters that a statement names: a way leaves out what it does not go along."""
    names = _names(sql)
    return {name: value for name, value in params.items() if name in names}


@lru_cache(maxsize=512)
def _prepared(sql: str) -> Prepared:
    return prepare(text(sql))


@lru_cache(maxsize=512)
def _names(sql: str) -> frozenset[str]:
    return frozenset(text(sql)._bindparams)  # noqa: SLF001  # the names that SQLAlchemy found in it, said nowhere else
