"""Counts of live rows, kept in the transaction that changes them: counting a million takes too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, text

from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import counters

if TYPE_CHECKING:
    from faceforge_core.db.transactions import Reader, Transaction

ENTITIES = "entities"
ASSETS = "assets"

_adjust = prepare(
    text(
        "INSERT INTO counters (name, value) VALUES (:name, :delta) "
        "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
    )
)
_current = prepare(select(counters.c.value).where(counters.c.name == bindparam("name")))


def adjust(tx: Transaction, name: str, delta: int) -> None:
    """Add `delta` to the counter, which begins at 0."""
    tx.run(_adjust, name=name, delta=delta)


def current(reader: Reader, name: str) -> int:
    """Return the counter as of the reader's snapshot."""
    return int(reader.value(_current, name=name) or 0)
