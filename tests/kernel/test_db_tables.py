"""The table classes are the migrated schema, and its indexes serve every list without a scan or a sort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, inspect
from sqlmodel import SQLModel

from faceforge_core.db.driver import sqlite3
from faceforge_core.db.tables import Spine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Made by SQLite for FTS5, or kept for other tools, or Alembic's own.
NOT_OURS = ("entity_fts", "asset_fts", "schema_migrations", "alembic_core")


def wanted_name(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    return not (kind == "table" and name is not None and name.startswith(NOT_OURS))


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
# Alembic can't compare indexes on expressions; the next test compares the SQL of all.
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_the_classes_and_the_migrations_agree(database_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    engine = create_engine(f"sqlite:///{database_path}", module=sqlite3)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": wanted_name}
        context = MigrationContext.configure(connection, opts=options)
        differences = compare_metadata(context, Spine.metadata)
    engine.dispose()
    # v0.1.9 wrote TEXT PRIMARY KEY without NOT NULL; ids are never null.
    assert [entry for entry in differences if not is_nullable_key(entry)] == []


def is_nullable_key(entry: Any) -> bool:
    if not isinstance(entry, list):
        return False
    return all(
        kind == "modify_nullable" and Spine.metadata.tables[table].c[column].primary_key
        for kind, _schema, table, column, *_ in entry
    )


def test_index_orders_and_conditions_agree_too(database_path: Path) -> None:
    from sqlalchemy.dialects.sqlite.base import SQLiteDialect
    from sqlalchemy.schema import CreateIndex

    connection = sqlite3.connect(database_path)
    migrated = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
    connection.close()
    declared = {
        str(index.name): squeezed(str(CreateIndex(index).compile(dialect=SQLiteDialect())))
        for table in Spine.metadata.tables.values()
        for index in table.indexes
    }
    assert {name: squeezed(sql) for name, sql in migrated.items()} == declared


def squeezed(sql: str) -> str:
    return "".join(sql.replace('"', "").split())


def test_server_defaults_agree(database_path: Path) -> None:
    engine = create_engine(f"sqlite:///{database_path}", module=sqlite3)
    inspector = inspect(engine)
    for table in Spine.metadata.tables.values():
        migrated = {column["name"]: column["default"] for column in inspector.get_columns(table.name)}
        declared = {column.name: getattr(column.server_default, "arg", "") for column in table.columns}
        assert {name: str(default or "").strip("()") for name, default in migrated.items()} == {
            name: str(default).strip("()") for name, default in declared.items()
        }, table.name
    engine.dispose()


def test_the_tables_stay_out_of_the_metadata_that_plugins_share() -> None:
    assert not set(SQLModel.metadata.tables) & set(Spine.metadata.tables)


LISTS = {
    "entities": ["created_at DESC, entity_id", "updated_at DESC, entity_id", "display_name, entity_id"],
    "assets": ["created_at DESC, asset_id", "updated_at DESC, asset_id", "filename, asset_id", "byte_size, asset_id"],
}


@pytest.mark.parametrize(("table", "order"), [(table, order) for table in LISTS for order in LISTS[table]])
def test_every_list_reads_its_index_in_order(assert_indexed: Callable[[str], None], table: str, order: str) -> None:
    assert_indexed(f"SELECT * FROM {table} WHERE deleted_at IS NULL ORDER BY {order} LIMIT 50")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM entities WHERE entity_id = ? AND deleted_at IS NULL",
        "SELECT * FROM entities WHERE deleted_at IS NOT NULL ORDER BY deleted_at DESC, entity_id LIMIT 50",
        "SELECT * FROM assets WHERE deleted_at IS NOT NULL ORDER BY deleted_at DESC, asset_id LIMIT 50",
        "SELECT * FROM entities WHERE deleted_at IS NULL AND created_at < ? ORDER BY created_at DESC, entity_id",
        "SELECT * FROM assets WHERE kind = ? AND deleted_at IS NULL ORDER BY created_at DESC, asset_id LIMIT 50",
        "SELECT * FROM assets WHERE mime_type = ? AND deleted_at IS NULL ORDER BY created_at DESC, asset_id LIMIT 50",
        "SELECT * FROM assets WHERE content_hash = ?",
        "SELECT * FROM entity_assets WHERE entity_id = ? AND deleted_at IS NULL ORDER BY created_at DESC, asset_id",
        "SELECT entity_id FROM entity_assets WHERE asset_id = ? AND deleted_at IS NULL",
        "SELECT * FROM relationships WHERE src_entity_id = ? AND deleted_at IS NULL ORDER BY created_at DESC",
        "SELECT * FROM relationships WHERE dst_entity_id = ? AND deleted_at IS NULL ORDER BY created_at DESC",
        "SELECT * FROM jobs WHERE status = 'queued' ORDER BY queue_seq LIMIT 1",
        "SELECT * FROM jobs WHERE deleted_at IS NULL ORDER BY created_at DESC, job_id LIMIT 50",
        "SELECT * FROM job_logs WHERE job_id = ? AND job_log_id > ? ORDER BY job_log_id LIMIT 500",
        "SELECT * FROM descriptors WHERE entity_id = ? AND deleted_at IS NULL",
        "SELECT * FROM field_definitions WHERE scope = ? AND field_key = ? AND deleted_at IS NULL",
        "SELECT * FROM events WHERE event_seq > ? ORDER BY event_seq LIMIT 100",
    ],
)
def test_every_other_common_query_uses_an_index(assert_indexed: Callable[[str], None], sql: str) -> None:
    assert_indexed(sql)


@pytest.mark.parametrize(
    "sql",
    ["SELECT * FROM entities", "SELECT * FROM entities WHERE deleted_at IS NULL ORDER BY fields_json LIMIT 50"],
)
def test_the_guard_of_query_plans_sees_scans_and_sorts(assert_indexed: Callable[[str], None], sql: str) -> None:
    with pytest.raises(AssertionError):
        assert_indexed(sql)
