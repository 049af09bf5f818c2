"""Keeping the search indexes: base text in the transaction of the change, the trigram index soon after it.

Trigrams written one entity at a time cost more than the entity itself, and a quarter of that by the hundred. So a
change leaves a row in `…_search_pending` with the text that the trigram index still holds, which then catches up in
batches on the writer's thread. Queries look at pending rows too: search sees every write at once, also after a kill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select, text, update

from faceforge_core.db import counters
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import (
    asset_search,
    asset_search_pending,
    entity_search,
    entity_search_pending,
    entity_tags,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Table

    from faceforge_core.db.engine import Database
    from faceforge_core.db.transactions import Reader, Transaction

_BATCH = 500


class TextIndex:
    """The texts of one kind of things, and the trigram index over them; every method is a step in a transaction."""

    def __init__(self, texts: Table, pending: Table, fts: str, id_name: str) -> None:
        self._place = prepare(
            text(
                f"INSERT INTO {texts.name} (seq, {id_name}, text) VALUES (:seq, :thing_id, :text) "  # noqa: S608  # our own words
                "ON CONFLICT (seq) DO NOTHING"
            )
        )
        self._taken = prepare(select(texts.c.seq).where(texts.c.seq.in_(bindparam("keys", expanding=True))))
        self._found = prepare(select(texts.c.seq, texts.c.text).where(texts.c[id_name] == bindparam("thing_id")))
        self._change = prepare(update(texts).where(texts.c.seq == bindparam("at")).values(text=bindparam("new_text")))
        self._remove = prepare(delete(texts).where(texts.c.seq == bindparam("seq")))
        self._owe = prepare(
            text(
                f"INSERT INTO {pending.name} (seq, old_text) VALUES (:seq, :old_text) "  # noqa: S608  # our own words
                "ON CONFLICT (seq) DO NOTHING"  # what the trigram index holds is what the first change found there
            )
        )
        self._owed = prepare(
            select(pending.c.seq, pending.c.old_text, texts.c.text)
            .select_from(pending.outerjoin(texts, texts.c.seq == pending.c.seq))
            .order_by(pending.c.seq)
            .limit(_BATCH)
        )
        self._settle = prepare(delete(pending).where(pending.c.seq <= bindparam("last")))
        self._fts_add = prepare(text(f"INSERT INTO {fts} (rowid, text) VALUES (:seq, :text)"))  # noqa: S608  # our own words
        self._fts_remove = prepare(text(f"INSERT INTO {fts} ({fts}, rowid, text) VALUES ('delete', :seq, :text)"))  # noqa: S608  # our own words

    def enter(self, tx: Transaction, seq: int, thing_id: str, text: str) -> int:
        """Enter a thing, and return the key it got, `seq` or the next free one.

        Raises `Conflict` when it is entered already.
        """
        while not tx.run(self._place, seq=seq, thing_id=thing_id, text=text):
            seq += 1
        self._leave_pending(tx, seq, None)
        return seq

    def enter_many(self, tx: Transaction, things: Sequence[tuple[int, str, str]]) -> None:
        """Enter many, each by its key, id and text; otherwise as `enter`."""
        taken = {seq for (seq,) in tx.all(self._taken, keys=[seq for seq, _, _ in things])}
        free = {seq: (thing_id, text) for seq, thing_id, text in reversed(things) if seq not in taken}
        tx.run_many(self._place, [{"seq": seq, "thing_id": one, "text": text} for seq, (one, text) in free.items()])
        tx.run_many(self._owe, [{"seq": seq, "old_text": None} for seq in free])
        for _ in free:
            tx.follow_up(self.index_pending)
        for seq, *thing in things:
            if free.get(seq) != tuple(thing):
                self.enter(tx, seq, *thing)

    def change(self, tx: Transaction, thing_id: str, text: str) -> int | None:
        """Bring a text up to date, and return its key; None, and nothing happens, when it is not in."""
        row = tx.one(self._found, thing_id=thing_id)
        if row is None:
            return None
        seq, old_text = int(row["seq"]), row["text"]
        if text != old_text:
            self._leave_pending(tx, seq, old_text)
            tx.run(self._change, at=seq, new_text=text)
        return seq

    def leave(self, tx: Transaction, thing_id: str) -> int | None:
        """Take a thing out of search, and return the key it had; None when it is not in."""
        row = tx.one(self._found, thing_id=thing_id)
        if row is None:
            return None
        seq = int(row["seq"])
        self._leave_pending(tx, seq, row["text"])
        tx.run(self._remove, seq=seq)
        return seq

    def is_behind(self, reader: Reader) -> bool:
        """Whether the trigram index has something to catch up with."""
        return reader.one(self._owed) is not None

    def index_pending(self, tx: Transaction) -> bool:
        """Bring the trigram index up to date by a batch; return whether more is pending."""
        rows = tx.all(self._owed)
        if not rows:
            return False
        tx.run_many(self._fts_remove, [{"seq": seq, "text": old} for seq, old, _ in rows if old is not None])
        tx.run_many(self._fts_add, [{"seq": seq, "text": new} for seq, _, new in rows if new is not None])
        tx.run(self._settle, last=rows[-1][0])
        return len(rows) == _BATCH

    def _leave_pending(self, tx: Transaction, seq: int, old_text: str | None) -> None:
        tx.run(self._owe, seq=seq, old_text=old_text)
        tx.follow_up(self.index_pending)


ENTITY_TEXTS = TextIndex(entity_search, entity_search_pending, "entity_fts", "entity_id")
ASSET_TEXTS = TextIndex(asset_search, asset_search_pending, "asset_fts", "asset_id")

_add_tag = prepare(insert(entity_tags))
_tags_of = prepare(select(entity_tags.c.tag).where(entity_tags.c.seq == bindparam("seq")))
_remove_tag = prepare(
    delete(entity_tags).where(entity_tags.c.tag == bindparam("tag"), entity_tags.c.seq == bindparam("seq"))
)


def index_entity(tx: Transaction, seq: int, entity_id: str, text: str, tags: Iterable[str]) -> int:
    """Enter a live entity, new or restored, with its tags, and count it; otherwise as `TextIndex.enter`."""
    seq = ENTITY_TEXTS.enter(tx, seq, entity_id, text)
    tx.run_many(_add_tag, [{"tag": tag, "seq": seq} for tag in dict.fromkeys(tags)])
    counters.adjust(tx, counters.ENTITIES, 1)
    return seq


def reindex_entity(tx: Transaction, entity_id: str, text: str, tags: Iterable[str]) -> int | None:
    """Bring a live entity's text and tags up to date, and return its key; what did not change is not written.

    None, and nothing happens, where another program wrote the row past us.
    """
    seq = ENTITY_TEXTS.change(tx, entity_id, text)
    if seq is None:
        return None
    old_tags = {str(tag) for (tag,) in tx.all(_tags_of, seq=seq)}
    new_tags = set(tags)
    tx.run_many(_remove_tag, [{"tag": tag, "seq": seq} for tag in old_tags - new_tags])
    tx.run_many(_add_tag, [{"tag": tag, "seq": seq} for tag in new_tags - old_tags])
    return seq


def unindex_entity(tx: Transaction, entity_id: str) -> int | None:
    """Take a deleted entity out of search, tags and count, and return the key it had; None when it is not in."""
    seq = ENTITY_TEXTS.leave(tx, entity_id)
    if seq is None:
        return None
    tx.run_many(_remove_tag, [{"tag": tag, "seq": seq} for (tag,) in tx.all(_tags_of, seq=seq)])
    counters.adjust(tx, counters.ENTITIES, -1)
    return seq


def resume(database: Database) -> None:
    """Have the writer go on with what a Core that was killed left pending; returns at once."""
    for index in (ENTITY_TEXTS, ASSET_TEXTS):
        with database.read() as reader:
            behind = index.is_behind(reader)
        if behind:
            database.submit(_follow_up_of(index))


def _follow_up_of(index: TextIndex) -> Callable[[Transaction], None]:
    return lambda tx: tx.follow_up(index.index_pending)
