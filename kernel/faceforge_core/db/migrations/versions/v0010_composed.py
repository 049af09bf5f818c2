"""Searched texts with each letter and its accents as one character, as `search_text.fold` makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import op

from faceforge_core.db.search_text import fold

if TYPE_CHECKING:
    from sqlalchemy import Connection

revision = "0010"
down_revision = "0009"

_BATCH = 500
_FIRST = -(2**63)


def upgrade() -> None:
    """The trigram indexes catch up at the next start, as after any change."""
    connection = op.get_bind()
    for texts in ("entity_search", "asset_search"):
        last: int | None = _FIRST
        while last is not None:
            last = _compose(connection, texts, last)


def _compose(connection: Connection, texts: str, behind: int) -> int | None:
    """One batch of a table; returns where the next one begins, None behind the last."""
    batch = f"SELECT seq, text FROM {texts} WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608  # our own words
    rows = connection.exec_driver_sql(batch, (behind, _BATCH)).all()
    changed = [(seq, before, after) for seq, before in rows if (after := fold(before)) != before]
    for seq, before, after in changed:
        owe = f"INSERT INTO {texts}_pending (seq, old_text) VALUES (?, ?) ON CONFLICT (seq) DO NOTHING"  # noqa: S608  # our own words
        connection.exec_driver_sql(owe, (seq, before))
        change = f"UPDATE {texts} SET text = ? WHERE seq = ?"  # noqa: S608  # our own words
        connection.exec_driver_sql(change, (after, seq))
    return int(rows[-1].seq) if rows else None
