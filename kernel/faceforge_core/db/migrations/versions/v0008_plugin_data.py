"""What plugins keep about entities and assets, and which steps of their own tables have run."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

_SCRIPT = """
CREATE TABLE plugin_migrations (
    plugin_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at TEXT NOT NULL,
    PRIMARY KEY (plugin_id, number)
) WITHOUT ROWID;
CREATE TABLE plugin_data (
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    plugin_id TEXT NOT NULL,
    data_json TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (subject_kind, subject_id, plugin_id)
);
CREATE INDEX ix_plugin_data_plugin ON plugin_data (plugin_id, subject_kind, subject_id);
"""


def upgrade() -> None:
    """Both begin empty."""
    connection = op.get_bind()
    for statement in filter(str.strip, _SCRIPT.split(";\n")):
        connection.exec_driver_sql(statement.strip())
