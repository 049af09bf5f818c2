"""The search text, the trigram index, tags and counters, filled from the live rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from alembic import op

from faceforge_core.db.search_text import entity_text, sequence_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

revision = "0004"
down_revision = "0003"

_BATCH = 500
_FIRST = -(2**63)
_TABLES = """
CREATE TABLE entity_search (seq INTEGER NOT NULL PRIMARY KEY, entity_id TEXT NOT NULL UNIQUE, text TEXT NOT NULL);
CREATE TABLE entity_search_pending (seq INTEGER NOT NULL PRIMARY KEY, old_text TEXT);
CREATE TABLE entity_tags (tag TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (tag, seq)) WITHOUT ROWID;
CREATE INDEX ix_entity_tags_seq ON entity_tags (seq);
CREATE VIRTUAL TABLE entity_fts USING fts5(
    text, content='entity_search', content_rowid='seq', tokenize='trigram', detail='none', columnsize=0
);
"""
_COUNTERS = """
INSERT INTO counters (name, value)
    SELECT 'entities', count(*) FROM entities WHERE deleted_at IS NULL
    UNION ALL SELECT 'assets', count(*) FROM assets WHERE deleted_at IS NULL
"""
_LIVE = """
SELECT rowid, entity_id, display_name, aliases_json, tags_json, fields_json, created_at FROM entities
WHERE deleted_at IS NULL AND rowid > ? ORDER BY rowid LIMIT ?
"""
_PLACE = "INSERT INTO entity_search (seq, entity_id, text) VALUES (?, ?, ?) ON CONFLICT (seq) DO NOTHING"
_TAG = "INSERT OR IGNORE INTO entity_tags (tag, seq) VALUES (?, ?)"


def upgrade() -> None:
    """Deleted entities stay out until they are restored."""
    connection = op.get_bind()
    for statement in filter(str.strip, _TABLES.split(";\n")):
        connection.exec_driver_sql(statement.strip())
    rows = connection.exec_driver_sql(_LIVE, (_FIRST, _BATCH)).all()
    while rows:
        _enter(connection, rows)
        rows = connection.exec_driver_sql(_LIVE, (rows[-1].rowid, _BATCH)).all()
    connection.exec_driver_sql("INSERT INTO entity_fts (entity_fts) VALUES ('rebuild')")
    connection.exec_driver_sql(_COUNTERS)


def _enter(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    tagged: list[tuple[str, int]] = []
    for row in rows:
        tags = _list(row.tags_json)
        fields = _parsed(row.fields_json)
        text = entity_text(
            str(row.display_name), _list(row.aliases_json), tags, fields if isinstance(fields, dict) else {}
        )
        seq = sequence_of(str(row.created_at), str(row.entity_id))
        while not connection.exec_driver_sql(_PLACE, (seq, row.entity_id, text)).rowcount:
            seq += 1
        tagged += [(tag, seq) for tag in tags if isinstance(tag, str)]
    if tagged:
        connection.exec_driver_sql(_TAG, tagged)


def _list(stored: str) -> list[Any]:
    value = _parsed(stored)
    return value if isinstance(value, list) else []


def _parsed(stored: str) -> Any:
    try:
        return json.loads(stored)
    except (ValueError, RecursionError):  # nested beyond what can be looked into: found by the rest of its text
        return None
