"""Search of entities: folded text in a base table, a trigram index that finds candidates, tags beside it.

Candidates come from FTS5, and the base text has the last word, so a hit is exactly a substring of the folded text.
`MATCH` folds by SQLite's own rules and ``LIKE`` only ASCII: both sides are folded by Python first, at every length.
Rows that the trigram index has still to catch up with (see `db.search_index`) are few, and judged one by one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import text

from faceforge_core.db import counters
from faceforge_core.db.search_index import index_entity, index_pending, reindex_entity, unindex_entity
from faceforge_core.db.search_text import ID_BITS, entity_text, fold, sequence_of, storable
from faceforge_core.db.statements import Prepared, prepare

if TYPE_CHECKING:
    from faceforge_core.db.transactions import Reader

__all__ = [
    "Hit",
    "SortBy",
    "count",
    "entity_text",
    "fold",
    "index_entity",
    "index_pending",
    "reindex_entity",
    "search",
    "sequence_of",
    "unindex_entity",
]

SortBy = Literal["created_at", "updated_at", "display_name"]

_TRIGRAM = 3
_MOST_TRIGRAMS = 24


class Hit(NamedTuple):
    """One entity that was found; `seq` is its place among all, and the cursor to go on from."""

    seq: int
    entity_id: str


def search(
    reader: Reader,
    needle: str,
    tag: str | None,
    *,
    limit: int,
    offset: int = 0,
    after_seq: int | None = None,
    descending: bool = True,
    sort_by: SortBy = "created_at",
) -> list[Hit]:
    """Return the live entities whose text contains `needle` (none when empty) and that carry exactly `tag`.

    In the contract's order, ties by id ascending. `after_seq` goes on behind a hit, and only where entities are sorted
    by `created_at`; sorted otherwise, all hits are ordered for each page.
    """
    if after_seq is not None and sort_by != "created_at":
        raise ValueError("Only a list by created_at can be continued after a key.")
    folded = storable(fold(needle))
    shape = _Shape(_kind_of(folded), tag is not None)
    statement = _page(shape, sort_by, descending, after_seq is not None)
    params = {**_values(shape, folded, tag), "limit": limit, "offset": offset}
    if after_seq is not None:
        params["after"] = after_seq
    return [Hit(seq, entity_id) for seq, entity_id in reader.all(statement, **params)]


def count(reader: Reader, needle: str, tag: str | None) -> int:
    """Return how many entities `search` finds in all: exactly, from the counter when nothing is asked for."""
    folded = storable(fold(needle))
    shape = _Shape(_kind_of(folded), tag is not None)
    if shape == _Shape("all", tagged=False):
        return counters.current(reader, counters.ENTITIES)
    return int(reader.value(_total(shape), **_values(shape, folded, tag)))


class _Shape(NamedTuple):
    kind: Literal["all", "short", "indexed"]
    tagged: bool

    def sources(self) -> tuple[_Source, ...]:
        """Where hits come from, each entity from one of them."""
        holds: tuple[str, ...] = ("instr(s.text, :needle) > 0",)
        if self.kind == "indexed":
            tagged = ("EXISTS (SELECT 1 FROM entity_tags AS t WHERE t.tag = :tag AND t.seq = s.seq)",)
            holds += tagged if self.tagged else ()
            return (
                _Source(_INDEXED, "f.rowid", ("f.entity_fts MATCH :trigrams", _SETTLED, *holds)),
                _Source(_PENDING, "p.seq", holds),
            )
        holds = holds if self.kind == "short" else ()
        if self.tagged:
            return (_Source(_TAGGED, "t.seq", ("t.tag = :tag", *holds)),)
        return (_Source("entity_search AS s", "s.seq", holds),)


class _Source(NamedTuple):
    """Tables in the order they are visited (CROSS JOIN keeps SQLite from choosing another), ordered by `key`."""

    tables: str
    key: str
    conditions: tuple[str, ...]

    def select(self, columns: str, *more: str) -> str:
        """Put a statement together from our own words only; values are always bound."""
        conditions = (*self.conditions, *more)
        where = ("WHERE", " AND ".join(conditions)) if conditions else ()
        return " ".join(("SELECT", columns, "FROM", self.tables, *where))


_INDEXED = "entity_fts AS f CROSS JOIN entity_search AS s ON s.seq = f.rowid"
_SETTLED = "NOT EXISTS (SELECT 1 FROM entity_search_pending AS p WHERE p.seq = f.rowid)"
_PENDING = "entity_search_pending AS p CROSS JOIN entity_search AS s ON s.seq = p.seq"
_TAGGED = "entity_tags AS t CROSS JOIN entity_search AS s ON s.seq = t.seq"


def _kind_of(folded: str) -> Literal["all", "short", "indexed"]:
    if not folded:
        return "all"
    return "indexed" if len(folded) >= _TRIGRAM else "short"


def _values(shape: _Shape, folded: str, tag: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if shape.kind == "indexed":
        values["trigrams"] = _match_expression(folded)
    if shape.kind != "all":
        values["needle"] = folded
    if tag is not None:
        values["tag"] = tag
    return values


def _match_expression(folded: str) -> str:
    """All rows with the needle have all of its trigrams; a long needle is found by a spread of them."""
    trigrams = list(dict.fromkeys(folded[at : at + _TRIGRAM] for at in range(len(folded) - _TRIGRAM + 1)))
    step = -(-len(trigrams) // _MOST_TRIGRAMS)
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams[::step])


@cache
def _page(shape: _Shape, sort_by: SortBy, descending: bool, after: bool) -> Prepared:
    if sort_by == "created_at" and descending:  # each source comes in this order by itself
        selects = (
            source.select(f"{source.key} AS seq, s.entity_id", *((f"{source.key} < :after",) if after else ()))
            for source in shape.sources()
        )
        return _statement(" UNION ALL ".join(selects), "ORDER BY seq DESC LIMIT :limit OFFSET :offset")
    hits = " UNION ALL ".join(source.select("s.seq, s.entity_id") for source in shape.sources())
    source = _Source(f"({hits}) AS h", "", ())
    if sort_by != "created_at":
        source = _Source(f"{source.tables} CROSS JOIN entities AS e ON e.entity_id = h.entity_id", "", ())
        order = f"e.{sort_by} {'DESC' if descending else 'ASC'}, e.entity_id"
    else:  # the oldest first, but within a millisecond still by id ascending, which is seq descending
        order = f"{_MS}, h.seq DESC"
    later = (f"({_MS} > {_AFTER_MS} OR ({_MS} = {_AFTER_MS} AND h.seq < :after))",) if after else ()
    return _statement(source.select("h.seq, h.entity_id", *later), f"ORDER BY {order} LIMIT :limit OFFSET :offset")


_MS = f"h.seq >> {ID_BITS}"
_AFTER_MS = f":after >> {ID_BITS}"


@cache
def _total(shape: _Shape) -> Prepared:
    if shape == _Shape("all", tagged=True):
        return _statement(_Source("entity_tags AS t", "t.seq", ("t.tag = :tag",)).select("count(*)"))
    counts = (f"({source.select('count(*)')})" for source in shape.sources())
    return _statement("SELECT", " + ".join(counts))


def _statement(*parts: str) -> Prepared:
    return prepare(text(" ".join(parts)))
