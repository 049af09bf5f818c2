"""Search of entities: folded text in a base table, a trigram index that finds candidates, tags beside it.

Candidates come from FTS5, and the base text has the last word, so a hit is exactly a substring of the folded text.
`MATCH` folds by SQLite's own rules and ``LIKE`` only ASCII: both sides are folded by Python first, at every length.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, text, update

from faceforge_core.db import counters
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import entity_search, entity_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from faceforge_core.db.transactions import Reader, Transaction

SortBy = Literal["created_at", "updated_at", "display_name"]

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_ID_BITS = 22
_ID_MASK = (1 << _ID_BITS) - 1
_MS_LIMIT = 1 << (63 - _ID_BITS)
_TRIGRAM = 3
_MOST_TRIGRAMS = 24


class Hit(NamedTuple):
    """One entity that was found; `seq` is its place among all, and the cursor to go on from."""

    seq: int
    entity_id: str


def fold(value: str) -> str:
    """Return `value` without distinctions of case, as all of Unicode defines them (ß is ss, ſ is s)."""
    return value.casefold()


def entity_text(
    display_name: str, aliases: Sequence[object], tags: Sequence[object], fields: Mapping[str, object]
) -> str:
    """Return what `q` searches of an entity: its folded values and field keys, one per line.

    What SQLite's text cannot hold (NUL, lone surrogates of old homes) becomes U+FFFD and a question mark.
    """
    lines = "\n".join([display_name, *_words(aliases), *_words(tags), *_words(fields)])
    return _storable(fold(lines))


def _storable(value: str) -> str:
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _words(value: object) -> Iterator[str]:
    """Yield keys and values in their order; not by recursion, since an old home may nest deeper than that carries."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict):
            waiting += [part for pair in reversed(inner.items()) for part in reversed(pair)]
        elif isinstance(inner, list | tuple):
            waiting += reversed(inner)
        elif inner is not None:
            yield str(inner)


def sequence_of(created_at: str | None, entity_id: str) -> int:
    """Return the key under which an entity is indexed: ``ORDER BY seq DESC`` is created_at DESC, entity_id ASC.

    The upper bits are milliseconds since 2020 (negative before; good until 2089), the lower 22 the inverted first bits
    of the id. Equal keys (one chance in four million within a millisecond) move to the next free one. A time that is
    none, as in a damaged old home, counts as 1970.
    """
    try:
        moment = datetime.fromisoformat(created_at or "")
    except ValueError:
        moment = datetime.fromtimestamp(0, UTC)
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    ms = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    ms = max(-_MS_LIMIT, min(ms, _MS_LIMIT - 1))
    return (ms << _ID_BITS) | (~_leading_bits(entity_id) & _ID_MASK)


def _leading_bits(entity_id: str) -> int:
    try:
        return int(entity_id[:6], 16) >> 2
    except ValueError:  # v0.1.9 did not check ids that tools put into its file
        return int.from_bytes(entity_id.encode("utf-8", "replace")[:3].ljust(3, b"\0")) >> 2


_place = prepare(
    text(
        "INSERT INTO entity_search (seq, entity_id, text) VALUES (:seq, :entity_id, :text) ON CONFLICT (seq) DO NOTHING"
    )
)
_found = prepare(
    select(entity_search.c.seq, entity_search.c.text).where(entity_search.c.entity_id == bindparam("entity_id"))
)
_change_text = prepare(
    update(entity_search).where(entity_search.c.seq == bindparam("at")).values(text=bindparam("new_text"))
)
_remove = prepare(delete(entity_search).where(entity_search.c.seq == bindparam("seq")))
_add_tag = prepare(insert(entity_tags))
_tags_of = prepare(select(entity_tags.c.tag).where(entity_tags.c.seq == bindparam("seq")))
_remove_tag = prepare(
    delete(entity_tags).where(entity_tags.c.tag == bindparam("tag"), entity_tags.c.seq == bindparam("seq"))
)
_fts_add = prepare(text("INSERT INTO entity_fts (rowid, text) VALUES (:seq, :text)"))
_fts_remove = prepare(text("INSERT INTO entity_fts (entity_fts, rowid, text) VALUES ('delete', :seq, :text)"))


def index_entity(tx: Transaction, seq: int, entity_id: str, text: str, tags: Iterable[str]) -> int:
    """Enter a live entity, new or restored, and count it; return the key it got, `seq` or the next free one.

    Raises `Conflict` when it is entered already.
    """
    while not tx.run(_place, seq=seq, entity_id=entity_id, text=text):
        seq += 1
    tx.run(_fts_add, seq=seq, text=text)
    tx.run_many(_add_tag, [{"tag": tag, "seq": seq} for tag in dict.fromkeys(tags)])
    counters.adjust(tx, counters.ENTITIES, 1)
    return seq


def reindex_entity(tx: Transaction, entity_id: str, text: str, tags: Iterable[str]) -> None:
    """Bring a live entity's text and tags up to date; what did not change is not written."""
    row = tx.one(_found, entity_id=entity_id)
    if row is None:
        return
    seq, old_text = row
    if text != old_text:
        tx.run(_fts_remove, seq=seq, text=old_text)
        tx.run(_change_text, at=seq, new_text=text)
        tx.run(_fts_add, seq=seq, text=text)
    old_tags = {str(tag) for (tag,) in tx.all(_tags_of, seq=seq)}
    new_tags = set(tags)
    tx.run_many(_remove_tag, [{"tag": tag, "seq": seq} for tag in old_tags - new_tags])
    tx.run_many(_add_tag, [{"tag": tag, "seq": seq} for tag in new_tags - old_tags])


def unindex_entity(tx: Transaction, entity_id: str) -> None:
    """Take a deleted entity out of search, tags and count; nothing happens when it is not in."""
    row = tx.one(_found, entity_id=entity_id)
    if row is None:
        return
    seq, old_text = row
    tx.run(_fts_remove, seq=seq, text=old_text)
    tx.run(_remove, seq=seq)
    tx.run_many(_remove_tag, [{"tag": tag, "seq": seq} for (tag,) in tx.all(_tags_of, seq=seq)])
    counters.adjust(tx, counters.ENTITIES, -1)


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
    folded = _storable(fold(needle))
    shape = _Shape(_kind_of(folded), tag is not None)
    statement = _page(shape, sort_by, descending, after_seq is not None)
    params = {**_values(shape, folded, tag), "limit": limit, "offset": offset}
    if after_seq is not None:
        params["after"] = after_seq
    return [Hit(seq, entity_id) for seq, entity_id in reader.all(statement, **params)]


def count(reader: Reader, needle: str, tag: str | None) -> int:
    """Return how many entities `search` finds in all: exactly, from the counter when nothing is asked for."""
    folded = _storable(fold(needle))
    shape = _Shape(_kind_of(folded), tag is not None)
    if shape == _Shape("all", tagged=False):
        return counters.current(reader, counters.ENTITIES)
    return int(reader.value(_total(shape), **_values(shape, folded, tag)))


class _Shape(NamedTuple):
    kind: Literal["all", "short", "indexed"]
    tagged: bool

    @property
    def source(self) -> str:
        """Tables in the order they are visited; CROSS JOIN keeps SQLite from choosing another."""
        if self.kind == "indexed":
            return "entity_fts AS f CROSS JOIN entity_search AS s ON s.seq = f.rowid"
        if self.tagged:
            return "entity_tags AS t CROSS JOIN entity_search AS s ON s.seq = t.seq"
        return "entity_search AS s"

    @property
    def key(self) -> str:
        """The column of `source` that comes in order by itself."""
        if self.kind == "indexed":
            return "f.rowid"
        return "t.seq" if self.tagged else "s.seq"

    @property
    def conditions(self) -> list[str]:
        found = []
        if self.kind == "indexed":
            found.append("f.entity_fts MATCH :trigrams")
        if self.kind != "all":
            found.append("instr(s.text, :needle) > 0")
        if self.tagged and self.kind == "indexed":
            found.append("EXISTS (SELECT 1 FROM entity_tags AS t WHERE t.tag = :tag AND t.seq = s.seq)")
        elif self.tagged:
            found.append("t.tag = :tag")
        return found


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
    conditions = shape.conditions
    source = shape.source
    if sort_by != "created_at":
        source += " CROSS JOIN entities AS e ON e.entity_id = s.entity_id"
        order = f"e.{sort_by} {'DESC' if descending else 'ASC'}, e.entity_id"
    elif descending:
        order = f"{shape.key} DESC"
        conditions += [f"{shape.key} < :after"] if after else []
    else:  # the oldest first, but within a millisecond still by id ascending, which is seq descending
        order = f"{_MS}, s.seq DESC"
        conditions += [f"({_MS} > {_AFTER_MS} OR ({_MS} = {_AFTER_MS} AND s.seq < :after))"] if after else []
    return _select("s.seq, s.entity_id", source, conditions, "ORDER BY", order, "LIMIT :limit OFFSET :offset")


_MS = f"s.seq >> {_ID_BITS}"
_AFTER_MS = f":after >> {_ID_BITS}"


@cache
def _total(shape: _Shape) -> Prepared:
    source = "entity_tags AS t" if shape == _Shape("all", tagged=True) else shape.source
    return _select("count(*)", source, shape.conditions)


def _select(columns: str, source: str, conditions: Sequence[str], *rest: str) -> Prepared:
    """Put a statement together from our own words only; values are always bound."""
    where = ("WHERE", " AND ".join(conditions)) if conditions else ()
    return prepare(text(" ".join(("SELECT", columns, "FROM", source, *where, *rest))))
