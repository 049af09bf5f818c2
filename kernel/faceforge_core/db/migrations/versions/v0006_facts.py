"""The index of the values of fields and descriptors, filled from the live entities."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from alembic import op

from faceforge_core.db.fact_values import indexed_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Row

revision = "0006"
down_revision = "0005"

_BATCH = 500
_FIRST = -(2**63)
_TABLES = """
CREATE TABLE fact_keys (
    key_id INTEGER NOT NULL PRIMARY KEY,
    space TEXT NOT NULL,
    key TEXT NOT NULL,
    several INTEGER NOT NULL DEFAULT 0,
    UNIQUE (space, key)
);
CREATE TABLE entity_facts (
    key_id INTEGER NOT NULL, value BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key_id, value, seq)
) WITHOUT ROWID;
CREATE INDEX ix_entity_facts_seq ON entity_facts (seq, key_id);
"""
_FIELDS = """
SELECT s.seq, e.fields_json FROM entity_search AS s JOIN entities AS e ON e.entity_id = s.entity_id
WHERE s.seq > ? ORDER BY s.seq LIMIT ?
"""
_DESCRIPTORS = """
SELECT d.rowid, s.seq, d.field_key, d.value_json
FROM descriptors AS d JOIN entity_search AS s ON s.entity_id = d.entity_id
WHERE d.deleted_at IS NULL AND d.rowid > ? ORDER BY d.rowid LIMIT ?
"""
_ADD_KEY = "INSERT INTO fact_keys (space, key) VALUES (?, ?) ON CONFLICT (space, key) DO NOTHING"
_KEY_ID = "SELECT key_id FROM fact_keys WHERE space = ? AND key = ?"
_ADD = "INSERT OR IGNORE INTO entity_facts (key_id, value, seq) VALUES (?, ?, ?)"

_MARK_SEVERAL = """
UPDATE fact_keys SET several = 1
WHERE key_id IN (SELECT key_id FROM entity_facts GROUP BY key_id, seq HAVING count(*) > 1)
"""

_Fact = tuple[str, str, Any, int]


def upgrade() -> None:
    """Entities in the trash stay out until they are restored, as they do in the search."""
    connection = op.get_bind()
    for statement in filter(str.strip, _TABLES.split(";\n")):
        connection.exec_driver_sql(statement.strip())
    keys: dict[tuple[str, str], int] = {}
    for facts in _batches(connection):
        rows = [(_key_id(connection, keys, space, key), value, seq) for space, key, value, seq in facts]
        if rows:
            connection.exec_driver_sql(_ADD, rows)
    connection.exec_driver_sql(_MARK_SEVERAL)


def _batches(connection: Connection) -> Iterator[list[_Fact]]:
    for rows in _pages(connection, _FIELDS):
        yield [
            ("field", key, value, row.seq)
            for row in rows
            if isinstance(fields := _parsed(row.fields_json), dict)
            for key, held in fields.items()
            for value in indexed_values(held)
        ]
    for rows in _pages(connection, _DESCRIPTORS):
        yield [
            ("descriptor", row.field_key, value, row.seq)
            for row in rows
            for value in indexed_values(_parsed(row.value_json))
        ]


def _pages(connection: Connection, query: str) -> Iterator[Sequence[Row[Any]]]:
    """The rows in batches; the first column is the key that they are ordered by."""
    rows = connection.exec_driver_sql(query, (_FIRST, _BATCH)).all()
    while rows:
        yield rows
        rows = connection.exec_driver_sql(query, (rows[-1][0], _BATCH)).all()


def _key_id(connection: Connection, known: dict[tuple[str, str], int], space: str, key: str) -> int:
    found = known.get((space, key))
    if found is None:
        connection.exec_driver_sql(_ADD_KEY, (space, key))
        found = known[space, key] = int(connection.exec_driver_sql(_KEY_ID, (space, key)).scalar_one())
    return found


def _parsed(stored: str) -> Any:
    try:
        return json.loads(stored)
    except (ValueError, RecursionError):  # step 3 keeps what is nested too deep as text; what is no JSON has no values
        return None
