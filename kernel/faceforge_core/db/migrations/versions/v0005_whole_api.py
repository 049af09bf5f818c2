"""Columns, tables and indexes behind field definitions, relationships, retries, external ids and the trash."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

_SCRIPT = """
ALTER TABLE entities ADD COLUMN external_ids_json TEXT NOT NULL DEFAULT '{}';
ALTER TABLE field_definitions ADD COLUMN label TEXT;
ALTER TABLE field_definitions ADD COLUMN help TEXT;
ALTER TABLE field_definitions ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE field_definitions ADD COLUMN default_json TEXT;
ALTER TABLE field_definitions ADD COLUMN multiple INTEGER NOT NULL DEFAULT 0;
ALTER TABLE field_definitions ADD COLUMN enforced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE relationships ADD COLUMN updated_at TEXT;
ALTER TABLE jobs ADD COLUMN retry_of TEXT;
CREATE TABLE entity_external_ids (
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    PRIMARY KEY (source, external_id),
    FOREIGN KEY(entity_id) REFERENCES entities(entity_id) ON DELETE RESTRICT
) WITHOUT ROWID;
CREATE INDEX ix_entity_external_ids_entity ON entity_external_ids (entity_id);
CREATE INDEX ix_descriptors_trash ON descriptors (deleted_at DESC, descriptor_id) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_descriptors_definition ON descriptors (scope, field_key, descriptor_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_field_definitions_trash ON field_definitions (deleted_at DESC, field_def_id)
    WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_relationships_trash ON relationships (deleted_at DESC, relationship_id) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_jobs_status ON jobs (status, created_at DESC, job_id) WHERE deleted_at IS NULL;
CREATE INDEX ix_jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
INSERT INTO home_identity (key, value) VALUES ('trash_counts_from', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
"""


def upgrade() -> None:
    """What was in the trash before counts as put there now: v0.1.9 never said that it would be emptied."""
    connection = op.get_bind()
    for statement in filter(str.strip, _SCRIPT.split(";\n")):
        connection.exec_driver_sql(statement.strip())
