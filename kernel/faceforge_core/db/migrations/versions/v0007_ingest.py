"""Facts of files, their search, covers, and what imports remember; the search filled from the live assets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from alembic import op

from faceforge_core.db.search_text import asset_text, sequence_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

revision = "0007"
down_revision = "0006"

_BATCH = 500
_FIRST = -(2**63)
_SCRIPT = """
ALTER TABLE assets ADD COLUMN media_type TEXT;
ALTER TABLE assets ADD COLUMN width INTEGER;
ALTER TABLE assets ADD COLUMN height INTEGER;
ALTER TABLE assets ADD COLUMN orientation INTEGER;
ALTER TABLE assets ADD COLUMN duration_seconds REAL;
ALTER TABLE assets ADD COLUMN page_count INTEGER;
ALTER TABLE assets ADD COLUMN taken_at TEXT;
ALTER TABLE assets ADD COLUMN taken_offset TEXT;
ALTER TABLE assets ADD COLUMN latitude REAL;
ALTER TABLE assets ADD COLUMN longitude REAL;
ALTER TABLE assets ADD COLUMN words_json TEXT NOT NULL DEFAULT '{}';
ALTER TABLE entities ADD COLUMN cover_asset_id TEXT;
CREATE INDEX ix_assets_media_type ON assets (media_type, created_at DESC, asset_id)
    WHERE deleted_at IS NULL AND media_type IS NOT NULL;
CREATE INDEX ix_assets_media_family ON assets (substr(media_type, 1, instr(media_type, '/')), created_at DESC, asset_id)
    WHERE deleted_at IS NULL AND media_type IS NOT NULL;
CREATE INDEX ix_assets_width ON assets (width, asset_id, height) WHERE deleted_at IS NULL AND width IS NOT NULL;
CREATE INDEX ix_assets_height ON assets (height, asset_id) WHERE deleted_at IS NULL AND height IS NOT NULL;
CREATE INDEX ix_assets_duration_seconds ON assets (duration_seconds, asset_id)
    WHERE deleted_at IS NULL AND duration_seconds IS NOT NULL;
CREATE INDEX ix_assets_page_count ON assets (page_count, asset_id) WHERE deleted_at IS NULL AND page_count IS NOT NULL;
CREATE INDEX ix_assets_taken_at ON assets (taken_at, asset_id) WHERE deleted_at IS NULL AND taken_at IS NOT NULL;
CREATE INDEX ix_assets_location ON assets (latitude, longitude, asset_id)
    WHERE deleted_at IS NULL AND latitude IS NOT NULL;
CREATE INDEX ix_assets_usage ON assets (storage_provider, byte_size);
CREATE TABLE asset_search (seq INTEGER NOT NULL PRIMARY KEY, asset_id TEXT NOT NULL UNIQUE, text TEXT NOT NULL);
CREATE TABLE asset_search_pending (seq INTEGER NOT NULL PRIMARY KEY, old_text TEXT);
CREATE VIRTUAL TABLE asset_fts USING fts5(
    text, content='asset_search', content_rowid='seq', tokenize='trigram', detail='none', columnsize=0
);
CREATE TABLE asset_sources (
    path BLOB NOT NULL PRIMARY KEY,
    byte_size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    sidecar TEXT NOT NULL DEFAULT '',
    asset_id TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    FOREIGN KEY(asset_id) REFERENCES assets(asset_id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX ix_asset_sources_asset ON asset_sources (asset_id);
CREATE TABLE import_creations (
    import_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    thing_id TEXT NOT NULL,
    of_entity_id TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (import_id, kind, thing_id, of_entity_id),
    FOREIGN KEY(import_id) REFERENCES jobs(job_id) ON DELETE CASCADE
) WITHOUT ROWID;
"""
_LIVE = """
SELECT rowid, asset_id, filename, created_at, meta_json FROM assets
WHERE deleted_at IS NULL AND rowid > ? ORDER BY rowid LIMIT ?
"""
_PLACE = "INSERT INTO asset_search (seq, asset_id, text) VALUES (?, ?, ?) ON CONFLICT (seq) DO NOTHING"


def upgrade() -> None:
    """Assets in the trash stay out of the search until they are restored, as entities do."""
    connection = op.get_bind()
    for statement in filter(str.strip, _SCRIPT.split(";\n")):
        connection.exec_driver_sql(statement.strip())
    rows = connection.exec_driver_sql(_LIVE, (_FIRST, _BATCH)).all()
    while rows:
        _enter(connection, rows)
        rows = connection.exec_driver_sql(_LIVE, (rows[-1].rowid, _BATCH)).all()
    connection.exec_driver_sql("INSERT INTO asset_fts (asset_fts) VALUES ('rebuild')")


def _enter(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    for row in rows:
        seq = sequence_of(str(row.created_at), str(row.asset_id))
        text = asset_text(row.filename, {}, _parsed(row.meta_json))
        while not connection.exec_driver_sql(_PLACE, (seq, row.asset_id, text)).rowcount:
            seq += 1


def _parsed(stored: str) -> Any:
    try:
        return json.loads(stored)
    except (ValueError, RecursionError):  # nested beyond what can be looked into: found by its name alone
        return None
