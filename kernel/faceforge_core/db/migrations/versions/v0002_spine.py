"""Our columns, tables and indexes beside those of v0.1.9."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

# Replaced by ours below, or prefixes of a primary key: each would cost every write.
_OBSOLETE = (
    "idx_entities_deleted_at",
    "idx_assets_deleted_at",
    "idx_entity_assets_entity_id",
    "idx_relationships_src",
    "idx_relationships_dst",
    "idx_jobs_status",
    "idx_jobs_deleted_at",
    "idx_jobs_job_type",
    "idx_jobs_created_at",
    "idx_job_logs_job_id",
    "idx_job_logs_ts",
    "idx_plugin_registry_enabled",
    "idx_plugin_registry_deleted_at",
)


def upgrade() -> None:
    """Nothing of v0.1.9's rows is changed here."""
    connection = op.get_bind()
    for name in _OBSOLETE:
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {name}")
    for script in (_COLUMNS, _KEYS_FREED_BY_DELETION, _TABLES, _INDEXES):
        for statement in filter(str.strip, script.split(";\n")):
            connection.exec_driver_sql(statement.strip())


_COLUMNS = """
ALTER TABLE entities ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE assets ADD COLUMN bytes_state TEXT NOT NULL DEFAULT 'ok';
ALTER TABLE jobs ADD COLUMN queue_seq INTEGER;
ALTER TABLE jobs ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN waiting_reason TEXT;
ALTER TABLE jobs ADD COLUMN dedupe_key TEXT;
UPDATE jobs SET queue_seq = rowid;
ALTER TABLE plugin_registry ADD COLUMN code_consent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE plugin_registry ADD COLUMN source TEXT;
ALTER TABLE plugin_registry ADD COLUMN secrets_json TEXT;
"""

# UNIQUE over all rows let a deleted one block its key for ever; SQLite drops such a constraint only with its table.
_KEYS_FREED_BY_DELETION = """
CREATE TABLE field_definitions_new (
    field_def_id TEXT PRIMARY KEY,
    scope TEXT NOT NULL DEFAULT 'entity',
    field_key TEXT NOT NULL,
    field_type TEXT NOT NULL,
    required INTEGER NOT NULL DEFAULT 0,
    options_json TEXT NOT NULL DEFAULT '{}',
    regex TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    deleted_at TEXT
);
INSERT INTO field_definitions_new
    (field_def_id, scope, field_key, field_type, required, options_json, regex, created_at, updated_at, deleted_at)
    SELECT field_def_id, scope, field_key, field_type, required, options_json, regex, created_at, updated_at, deleted_at
    FROM field_definitions ORDER BY rowid;
DROP TABLE field_definitions;
ALTER TABLE field_definitions_new RENAME TO field_definitions;
CREATE TABLE descriptors_new (
    descriptor_id TEXT PRIMARY KEY,
    entity_id TEXT NOT NULL,
    scope TEXT NOT NULL DEFAULT 'descriptor',
    field_key TEXT NOT NULL,
    value_json TEXT NOT NULL DEFAULT 'null',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    deleted_at TEXT,
    FOREIGN KEY(entity_id) REFERENCES entities(entity_id) ON DELETE RESTRICT
);
INSERT INTO descriptors_new
    (descriptor_id, entity_id, scope, field_key, value_json, created_at, updated_at, deleted_at)
    SELECT descriptor_id, entity_id, scope, field_key, value_json, created_at, updated_at, deleted_at
    FROM descriptors ORDER BY rowid;
DROP TABLE descriptors;
ALTER TABLE descriptors_new RENAME TO descriptors;
"""

_TABLES = """
CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE sessions (
    session_digest TEXT NOT NULL PRIMARY KEY,
    token_fingerprint TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE TABLE events (
    event_seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    subject TEXT,
    at TEXT NOT NULL,
    payload_json TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE event_cursors (handler TEXT NOT NULL PRIMARY KEY, event_seq INTEGER NOT NULL);
CREATE TABLE home_identity (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
"""

_INDEXES = """
CREATE INDEX ix_entities_created ON entities (created_at DESC, entity_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_entities_updated ON entities (updated_at DESC, entity_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_entities_name ON entities (display_name, entity_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_entities_trash ON entities (deleted_at DESC, entity_id) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_assets_created ON assets (created_at DESC, asset_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_assets_updated ON assets (updated_at DESC, asset_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_assets_kind ON assets (kind, created_at DESC, asset_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_assets_type ON assets (mime_type, created_at DESC, asset_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_assets_family ON assets (substr(mime_type, 1, instr(mime_type, '/')), created_at DESC, asset_id)
    WHERE deleted_at IS NULL;
CREATE INDEX ix_assets_unsettled ON assets (asset_id) WHERE bytes_state != 'ok';
CREATE INDEX ix_assets_filename ON assets (filename, asset_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_assets_size ON assets (byte_size, asset_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_assets_trash ON assets (deleted_at DESC, asset_id) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_entity_assets_live ON entity_assets (entity_id, created_at DESC, asset_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_relationships_src ON relationships (src_entity_id, created_at DESC, relationship_id);
CREATE INDEX ix_relationships_dst ON relationships (dst_entity_id, created_at DESC, relationship_id);
CREATE INDEX ix_jobs_queue ON jobs (status, queue_seq);
CREATE INDEX ix_jobs_created ON jobs (created_at DESC, job_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_jobs_type ON jobs (job_type, created_at DESC, job_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX ux_jobs_dedupe ON jobs (dedupe_key)
    WHERE dedupe_key IS NOT NULL AND status IN ('queued', 'running');
CREATE INDEX ix_job_logs_job ON job_logs (job_id, job_log_id);
CREATE INDEX idx_descriptors_entity_id ON descriptors (entity_id);
CREATE UNIQUE INDEX ux_descriptors_key ON descriptors (entity_id, scope, field_key) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX ux_field_definitions_key ON field_definitions (scope, field_key) WHERE deleted_at IS NULL;
"""
