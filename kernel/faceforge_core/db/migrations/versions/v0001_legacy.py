"""The schema of v0.1.9: adopted where it is there, made where the file is new.

Texts as v0.1.9 wrote them, so that adopted and new files end with one schema to the letter.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

_NAMES = ("0001_init", "0002_assets_storage", "0003_descriptors", "0004_jobs_inputs_and_cancel")


def upgrade() -> None:
    """Make what a new file lacks; a file of v0.1.9 has all of it."""
    connection = op.get_bind()
    if connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'").first():
        return
    for statement in filter(str.strip, _SCHEMA.replace("{STORAGE}", _STORAGE).replace("{NOW}", _NOW).split(";\n")):
        connection.exec_driver_sql(statement.strip())
    for name in _NAMES:  # they are true of this file too, and tell other tools so
        connection.exec_driver_sql("INSERT INTO schema_migrations (name) VALUES (?)", (name,))


_NOW = "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"
_STORAGE = (  # v0.1.9 added these in a later step of its own
    "storage_provider TEXT NOT NULL DEFAULT 'fs', storage_key TEXT NOT NULL DEFAULT '', updated_at TEXT NOT NULL\n"
    "    DEFAULT {NOW}"
)
_SCHEMA = """
CREATE TABLE schema_migrations ( name TEXT PRIMARY KEY, applied_at TEXT NOT NULL DEFAULT {NOW});
CREATE TABLE entities (
    entity_id TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    aliases_json TEXT NOT NULL DEFAULT '[]',
    tags_json TEXT NOT NULL DEFAULT '[]',
    fields_json TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT {NOW},
    updated_at TEXT NOT NULL DEFAULT {NOW},
    deleted_at TEXT
);
CREATE INDEX idx_entities_deleted_at ON entities(deleted_at);
CREATE TABLE assets (
    asset_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL DEFAULT 'file',
    filename TEXT,
    content_hash TEXT NOT NULL,
    byte_size INTEGER NOT NULL,
    mime_type TEXT,
    meta_json TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT {NOW},
    deleted_at TEXT, {STORAGE},
    UNIQUE(content_hash)
);
CREATE INDEX idx_assets_deleted_at ON assets(deleted_at);
CREATE TABLE entity_assets (
    entity_id TEXT NOT NULL,
    asset_id TEXT NOT NULL,
    role TEXT,
    created_at TEXT NOT NULL DEFAULT {NOW},
    deleted_at TEXT,
    PRIMARY KEY (entity_id, asset_id),
    FOREIGN KEY(entity_id) REFERENCES entities(entity_id) ON DELETE RESTRICT,
    FOREIGN KEY(asset_id) REFERENCES assets(asset_id) ON DELETE RESTRICT
);
CREATE INDEX idx_entity_assets_entity_id ON entity_assets(entity_id);
CREATE INDEX idx_entity_assets_asset_id ON entity_assets(asset_id);
CREATE TABLE relationships (
    relationship_id TEXT PRIMARY KEY,
    src_entity_id TEXT NOT NULL,
    dst_entity_id TEXT NOT NULL,
    relationship_type TEXT NOT NULL,
    fields_json TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT {NOW},
    deleted_at TEXT,
    FOREIGN KEY(src_entity_id) REFERENCES entities(entity_id) ON DELETE RESTRICT,
    FOREIGN KEY(dst_entity_id) REFERENCES entities(entity_id) ON DELETE RESTRICT
);
CREATE INDEX idx_relationships_src ON relationships(src_entity_id);
CREATE INDEX idx_relationships_dst ON relationships(dst_entity_id);
CREATE INDEX idx_relationships_type ON relationships(relationship_type);
CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY,
    job_type TEXT NOT NULL,
    status TEXT NOT NULL,
    progress_percent REAL,
    progress_step TEXT,
    created_at TEXT NOT NULL DEFAULT {NOW},
    started_at TEXT,
    finished_at TEXT,
    canceled_at TEXT,
    error_json TEXT,
    deleted_at TEXT
, input_json TEXT NOT NULL DEFAULT '{}', result_json TEXT, cancel_requested_at TEXT);
CREATE INDEX idx_jobs_status ON jobs(status);
CREATE INDEX idx_jobs_deleted_at ON jobs(deleted_at);
CREATE TABLE job_logs (
    job_log_id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL,
    ts TEXT NOT NULL DEFAULT {NOW},
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    data_json TEXT,
    FOREIGN KEY(job_id) REFERENCES jobs(job_id) ON DELETE RESTRICT
);
CREATE INDEX idx_job_logs_job_id ON job_logs(job_id);
CREATE INDEX idx_job_logs_ts ON job_logs(ts);
CREATE TABLE field_definitions (
    field_def_id TEXT PRIMARY KEY,
    scope TEXT NOT NULL DEFAULT 'entity',
    field_key TEXT NOT NULL,
    field_type TEXT NOT NULL,
    required INTEGER NOT NULL DEFAULT 0,
    options_json TEXT NOT NULL DEFAULT '{}',
    regex TEXT,
    created_at TEXT NOT NULL DEFAULT {NOW},
    updated_at TEXT NOT NULL DEFAULT {NOW},
    deleted_at TEXT,
    UNIQUE(scope, field_key)
);
CREATE INDEX idx_field_defs_deleted_at ON field_definitions(deleted_at);
CREATE TABLE plugin_registry (
    plugin_id TEXT PRIMARY KEY,
    enabled INTEGER NOT NULL DEFAULT 0,
    version TEXT,
    config_json TEXT NOT NULL DEFAULT '{}',
    discovered_at TEXT NOT NULL DEFAULT {NOW},
    updated_at TEXT NOT NULL DEFAULT {NOW},
    deleted_at TEXT
);
CREATE INDEX idx_plugin_registry_enabled ON plugin_registry(enabled);
CREATE INDEX idx_plugin_registry_deleted_at ON plugin_registry(deleted_at);
CREATE TABLE descriptors (
    descriptor_id TEXT PRIMARY KEY,
    entity_id TEXT NOT NULL,
    scope TEXT NOT NULL DEFAULT 'descriptor',
    field_key TEXT NOT NULL,
    value_json TEXT NOT NULL DEFAULT 'null',
    created_at TEXT NOT NULL DEFAULT {NOW},
    updated_at TEXT NOT NULL DEFAULT {NOW},
    deleted_at TEXT,
    FOREIGN KEY(entity_id) REFERENCES entities(entity_id) ON DELETE RESTRICT,
    UNIQUE(entity_id, scope, field_key)
);
CREATE INDEX idx_descriptors_entity_id ON descriptors(entity_id);
CREATE INDEX idx_descriptors_deleted_at ON descriptors(deleted_at);
CREATE INDEX idx_jobs_job_type ON jobs(job_type);
CREATE INDEX idx_jobs_created_at ON jobs(created_at);
"""
