"""Keeping the index of the values of fields and descriptors, in the transaction of the change.

Like tags, only what live entities have is in it, under the key (`seq`) that their search text has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, delete, select, text, update

from faceforge_core.db.fact_values import Indexed, indexed_values
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import descriptors, entity_facts, entity_search, fact_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from faceforge_core.db.transactions import Reader, Transaction

FIELD, DESCRIPTOR = "field", "descriptor"

_ADD_KEY = prepare(text("INSERT INTO fact_keys (space, key) VALUES (:space, :key) ON CONFLICT (space, key) DO NOTHING"))
_KEY = prepare(
    select(fact_keys.c.key_id, fact_keys.c.several).where(
        fact_keys.c.space == bindparam("space"), fact_keys.c.key == bindparam("key")
    )
)
_MARK_SEVERAL = prepare(update(fact_keys).where(fact_keys.c.key_id == bindparam("number")).values(several=1))
_ADD = prepare(
    text("INSERT INTO entity_facts (key_id, value, seq) VALUES (:key_id, :value, :seq) ON CONFLICT DO NOTHING")
)
_REMOVE_ALL = prepare(delete(entity_facts).where(entity_facts.c.seq == bindparam("seq")))
_REMOVE_KEY = prepare(
    delete(entity_facts).where(entity_facts.c.seq == bindparam("seq"), entity_facts.c.key_id == bindparam("key_id"))
)
_PLACE = prepare(select(entity_search.c.seq).where(entity_search.c.entity_id == bindparam("entity_id")))
_DESCRIPTORS = prepare(
    select(descriptors.c.field_key, descriptors.c.value_json).where(
        descriptors.c.entity_id == bindparam("entity_id"), descriptors.c.deleted_at.is_(None)
    )
)


class Key(NamedTuple):
    """A key's number, and whether an entity may have more than one value under it."""

    number: int
    several: bool


def find_key(reader: Reader, space: str, key: str) -> Key | None:
    """Return what is known of a key; None where no live entity ever had it."""
    row = reader.one(_KEY, space=space, key=key)
    return None if row is None else Key(int(row["key_id"]), bool(row["several"]))


def index_fields(tx: Transaction, seq: int, fields: Mapping[str, Any]) -> None:
    """Enter the fields of an entity that has none in the index."""
    for key, value in fields.items():
        _add(tx, FIELD, key, seq, indexed_values(value))


def reindex_fields(tx: Transaction, seq: int, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Bring an entity's fields up to date; keys whose value is the same are not touched."""
    for key in before.keys() | after.keys():
        old, new = indexed_values(before.get(key)), indexed_values(after.get(key))
        if old != new:
            _replace(tx, FIELD, key, seq, new)


def index_descriptors(tx: Transaction, seq: int, entity_id: str, load: Callable[[str], Any]) -> None:
    """Enter the live descriptors of an entity that has none in the index. `load` reads a stored value."""
    held: dict[str, list[Indexed]] = {}
    for row in tx.all(_DESCRIPTORS, entity_id=entity_id):
        held.setdefault(row["field_key"], []).extend(indexed_values(load(row["value_json"])))
    for key, values in held.items():
        _add(tx, DESCRIPTOR, key, seq, values)


def index_descriptor_key(tx: Transaction, entity_id: str, key: str, load: Callable[[str], Any]) -> None:
    """Bring what an entity has under one key of its descriptors, in whatever scope, up to date with its rows.

    Call it after the row changed. Nothing happens for an entity in the trash: its restore enters everything.
    """
    seq = tx.value(_PLACE, entity_id=entity_id)
    if seq is None:
        return
    held = [load(row["value_json"]) for row in tx.all(_DESCRIPTORS, entity_id=entity_id) if row["field_key"] == key]
    _replace(tx, DESCRIPTOR, key, int(seq), [entry for value in held for entry in indexed_values(value)])


def unindex(tx: Transaction, seq: int) -> None:
    """Take all values of an entity out."""
    tx.run(_REMOVE_ALL, seq=seq)


def _replace(tx: Transaction, space: str, key: str, seq: int, values: Iterable[Indexed]) -> None:
    known = find_key(tx, space, key)
    if known is not None:
        tx.run(_REMOVE_KEY, seq=seq, key_id=known.number)
    _add(tx, space, key, seq, values)


def _add(tx: Transaction, space: str, key: str, seq: int, values: Iterable[Indexed]) -> None:
    rows = [{"value": value, "seq": seq} for value in values]
    if not rows:
        return
    known = find_key(tx, space, key)
    if known is None:
        tx.run(_ADD_KEY, space=space, key=key)
        known = find_key(tx, space, key)
    if known is None:
        raise RuntimeError("A key that was just added is not there.")
    if len(rows) > 1 and not known.several:
        tx.run(_MARK_SEVERAL, number=known.number)
    tx.run_many(_ADD, [{**row, "key_id": known.number} for row in rows])
