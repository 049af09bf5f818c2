"""Keeping the search index: base text and tags in the transaction of the change, the trigram index soon after it.

Trigrams written one entity at a time cost more than the entity itself, and a quarter of that by the hundred. So a
change leaves a row in `entity_search_pending` with the text that the trigram index still holds, and `index_pending`
catches up in batches on the writer's thread. Queries look at pending rows too: search sees every write at once, also
after a kill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select, text, update

from faceforge_core.db import counters
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import entity_search, entity_search_pending, entity_tags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from faceforge_core.db.engine import Database
    from faceforge_core.db.transactions import Transaction

_BATCH = 400

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


_owe = prepare(
    text(
        "INSERT INTO entity_search_pending (seq, old_text) VALUES (:seq, :old_text) "
        "ON CONFLICT (seq) DO NOTHING"  # what the trigram index holds is what the first change found there
    )
)
_owed = prepare(
    select(entity_search_pending.c.seq, entity_search_pending.c.old_text, entity_search.c.text)
    .select_from(entity_search_pending)
    .outerjoin(entity_search, entity_search.c.seq == entity_search_pending.c.seq)
    .order_by(entity_search_pending.c.seq)
    .limit(_BATCH)
)
_settle = prepare(delete(entity_search_pending).where(entity_search_pending.c.seq <= bindparam("last")))


def index_entity(tx: Transaction, seq: int, entity_id: str, text: str, tags: Iterable[str]) -> int:
    """Enter a live entity, new or restored, and count it; return the key it got, `seq` or the next free one.

    Raises `Conflict` when it is entered already.
    """
    while not tx.run(_place, seq=seq, entity_id=entity_id, text=text):
        seq += 1
    _leave_pending(tx, seq, None)
    tx.run_many(_add_tag, [{"tag": tag, "seq": seq} for tag in dict.fromkeys(tags)])
    counters.adjust(tx, counters.ENTITIES, 1)
    return seq


def reindex_entity(tx: Transaction, entity_id: str, text: str, tags: Iterable[str]) -> int | None:
    """Bring a live entity's text and tags up to date, and return its key; what did not change is not written.

    None, and nothing happens, where another program wrote the row past us.
    """
    row = tx.one(_found, entity_id=entity_id)
    if row is None:
        return None
    seq, old_text = int(row["seq"]), row["text"]
    if text != old_text:
        _leave_pending(tx, seq, old_text)
        tx.run(_change_text, at=seq, new_text=text)
    old_tags = {str(tag) for (tag,) in tx.all(_tags_of, seq=seq)}
    new_tags = set(tags)
    tx.run_many(_remove_tag, [{"tag": tag, "seq": seq} for tag in old_tags - new_tags])
    tx.run_many(_add_tag, [{"tag": tag, "seq": seq} for tag in new_tags - old_tags])
    return seq


def unindex_entity(tx: Transaction, entity_id: str) -> int | None:
    """Take a deleted entity out of search, tags and count, and return the key it had; None when it is not in."""
    row = tx.one(_found, entity_id=entity_id)
    if row is None:
        return None
    seq, old_text = int(row["seq"]), row["text"]
    _leave_pending(tx, seq, old_text)
    tx.run(_remove, seq=seq)
    tx.run_many(_remove_tag, [{"tag": tag, "seq": seq} for (tag,) in tx.all(_tags_of, seq=seq)])
    counters.adjust(tx, counters.ENTITIES, -1)
    return seq


def resume(database: Database) -> None:
    """Have the writer go on with what a Core that was killed left pending; returns at once."""
    with database.read() as reader:
        behind = reader.one(_owed) is not None
    if behind:
        database.submit(lambda tx: tx.follow_up(index_pending))


def _leave_pending(tx: Transaction, seq: int, old_text: str | None) -> None:
    tx.run(_owe, seq=seq, old_text=old_text)
    tx.follow_up(index_pending)


def index_pending(tx: Transaction) -> bool:
    """Bring the trigram index up to date by a batch; return whether more is pending."""
    rows = tx.all(_owed)
    if not rows:
        return False
    tx.run_many(_fts_remove, [{"seq": seq, "text": old} for seq, old, _ in rows if old is not None])
    tx.run_many(_fts_add, [{"seq": seq, "text": new} for seq, _, new in rows if new is not None])
    tx.run(_settle, last=rows[-1][0])
    return len(rows) == _BATCH
