"""Migrations: a v0.1.9 database arrives whole, a new one equals it, and what cannot be done is refused untouched."""

from __future__ import annotations

import hashlib
import json
import os
import random
import stat
import tarfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core import __version__
from faceforge_core.db import counters, migrate, search, search_index, sqlite
from faceforge_core.db.driver import sqlite3
from faceforge_core.db.engine import Database
from faceforge_core.db.history import History, upgrade
from faceforge_core.db.identity import home_uuid, set_home_uuid
from faceforge_core.db.readable_json import readable
from faceforge_core.refusals import NEWER_SCHEMA, StartRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

FIXTURES = Path(__file__).parents[1] / "fixtures"
EXPECTED: dict[str, Any] = json.loads((FIXTURES / "legacy-home-0.1.9.expected.json").read_text(encoding="utf-8"))
CONTENT = (
    "entities",
    "assets",
    "entity_assets",
    "relationships",
    "jobs",
    "job_logs",
    "field_definitions",
    "descriptors",
    "plugin_registry",
    "schema_migrations",
)


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    """The database of a real v0.1.9 home, in its rollback journal mode."""
    with tarfile.open(FIXTURES / "legacy-home-0.1.9.tar.gz") as archive:
        archive.extract("home/db/core.sqlite3", tmp_path, filter="data")
    return (tmp_path / "home" / "db" / "core.sqlite3").rename(tmp_path / "legacy.sqlite3")


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement).fetchall()


def schema(path: Path) -> list[tuple[Any, ...]]:
    return rows(path, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")


def counts(path: Path) -> dict[str, int]:
    return {table: rows(path, f"SELECT count(*) FROM {table}")[0][0] for table in CONTENT}


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_clean(path: Path) -> None:
    """M09, I4."""
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "PRAGMA foreign_key_check") == []


def test_m02_a_v019_database_and_a_new_one_end_with_one_schema(legacy: Path, backups: Path, tmp_path: Path) -> None:
    before = counts(legacy)
    report = migrate.migrate(legacy, backups)
    assert (report.from_version, report.to_version, report.was_legacy) == ("0.1.9", migrate.HEAD, True)
    new = tmp_path / "new.sqlite3"
    fresh = migrate.migrate(new, backups)
    assert (fresh.from_version, fresh.backup, fresh.was_legacy) == ("none", None, False)
    assert schema(legacy) == schema(new)
    assert counts(legacy) == before
    check_clean(legacy)
    check_clean(new)


def test_a_second_run_does_nothing(database_path: Path, backups: Path) -> None:
    before = fingerprint(database_path)
    report = migrate.migrate(database_path, backups)
    assert (report.from_version, report.to_version, report.backup) == (migrate.HEAD, migrate.HEAD, None)
    assert fingerprint(database_path) == before


def test_head_is_the_last_of_the_scripts() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(migrate.KERNEL.scripts), version_locations=[str(migrate.KERNEL.scripts)])
    in_order = [script.revision for script in scripts.walk_revisions()][::-1]
    assert tuple(in_order) == migrate.KERNEL.revisions


def test_a_start_with_nothing_pending_imports_no_alembic(
    database_path: Path, backups: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    code = """
import sys
from pathlib import Path
from faceforge_core.db.migrate import migrate
migrate(Path(sys.argv[1]), Path(sys.argv[2]))
print("alembic" in sys.modules)
"""
    assert run_python(code, database_path, backups).stdout.strip() == "False"


def test_everything_that_v019_answered_is_still_in_the_rows(legacy: Path, backups: Path) -> None:
    migrate.migrate(legacy, backups)
    connection = sqlite.connect(legacy)
    for table, key, expected in (
        ("entities", "entity_id", EXPECTED["entities"]),
        ("assets", "asset_id", EXPECTED["assets"]),
        ("relationships", "relationship_id", EXPECTED["relationships"]),
        ("descriptors", "descriptor_id", EXPECTED["descriptors"]),
        ("field_definitions", "field_def_id", EXPECTED["field_defs"]),
    ):
        live = {row[key]: row for row in connection.execute(f"SELECT * FROM {table} WHERE deleted_at IS NULL")}
        assert live.keys() == expected.keys()
        for identity, wanted in expected.items():
            for name, value in wanted.items():
                row = dict(live[identity])
                if name != "sha256":  # of the downloaded bytes, which are no column
                    assert (row[name] if name in row else json.loads(row[f"{name}_json"])) == value, (table, name)
    connection.close()


def test_search_tags_and_counters_are_filled_from_the_live_rows(legacy: Path, backups: Path) -> None:
    migrate.migrate(legacy, backups)
    with Database(legacy) as database, database.read() as reader:
        assert counters.current(reader, counters.ENTITIES) == len(EXPECTED["entities"])
        assert counters.current(reader, counters.ASSETS) == len(EXPECTED["assets"])
        newest_first = sorted(EXPECTED["entities"].values(), key=lambda entity: entity["entity_id"])
        newest_first.sort(key=lambda entity: entity["created_at"], reverse=True)
        for needle in ("", "lovelace", "é", "İSTANBUL", "patched", "50%", "小龙", "nested", "zz"):
            wanted = [entity["entity_id"] for entity in newest_first if needle.casefold() in text_of(entity)]
            found = search.find(reader, search.Wanted(needle=needle), limit=200)
            assert [hit.entity_id for hit in found] == wanted, needle
        for tag in ("math", "100%", "日本", "under_score"):
            wanted = [entity["entity_id"] for entity in newest_first if tag in entity["tags"]]
            assert [hit.entity_id for hit in search.find(reader, search.Wanted(tags=(tag,)), limit=200)] == wanted
            assert wanted


def text_of(entity: dict[str, Any]) -> str:
    return search.entity_text(entity["display_name"], entity["aliases"], entity["tags"], entity["fields"])


def test_m06_the_bytes_of_old_assets_are_marked_for_a_check(legacy: Path, backups: Path) -> None:
    outside = "INSERT INTO assets (asset_id, content_hash, byte_size, meta_json, storage_key) VALUES "
    change(
        legacy,
        outside + """('x1', 'x1', 1, '{"source": {"path": "/photos/a.jpg"}}', '')""",
        outside + "('x2', 'x2', 1, 'no json', '')",
        "INSERT INTO assets (asset_id, content_hash, byte_size, storage_provider) VALUES ('x3', 'x3', 1, 's3')",
    )
    migrate.migrate(legacy, backups)
    states = dict(rows(legacy, "SELECT asset_id, bytes_state FROM assets"))
    assert [states.pop(name) for name in ("x1", "x2", "x3")] == ["external", "unchecked", "ok"]
    assert set(states.values()) == {"unchecked"}


@pytest.mark.parametrize(
    ("stored", "shape", "wanted"),
    [
        ('{"a": 1}', dict, '{"a": 1}'),
        ('{ "a":1.50}', dict, '{ "a":1.50}'),
        ('{"a": NaN, "b": [-Infinity]}', dict, '{"a": "NaN", "b": ["-Infinity"]}'),
        ('{"a": 1e999}', dict, '{"a": "1e999"}'),
        ('["\\ud800x", "a\\u0000b"]', list, '["\ufffdx", "a\u2400b"]'),
        ('["\\ud83e\\udd8a"]', list, '["\\ud83e\\udd8a"]'),
        ('["a\tb"]', list, '["a\\tb"]'),
        ("[" + "9" * 5000 + "]", list, '["' + "9" * 5000 + '"]'),
        ("{broken", dict, '{"unreadable": "{broken"}'),
        ("broken", list, '["broken"]'),
        ("null", dict, "{}"),
        ('"text"', dict, '{"unreadable": "text"}'),
        ("", None, '""'),
        ("[" * 100_000, None, '"' + "[" * 100_000 + '"'),
        ("[" * 150 + "]" * 150, list, "[" * 150 + "]" * 150),
        ('{"a": ' + "[" * 260 + "]" * 260 + "}", dict, '{"unreadable": "{\\"a\\": ' + "[" * 260 + "]" * 260 + '}"}'),
        (b'["\xff"]', list, '["\ufffd"]'),
    ],
)
def test_json_of_an_old_home_becomes_strict_and_loses_nothing(stored: Any, shape: Any, wanted: str) -> None:
    assert readable(stored, shape) == wanted


def test_odd_rows_of_an_old_home_are_taken_along(legacy: Path, backups: Path) -> None:
    insert = "INSERT INTO entities (entity_id, display_name, aliases_json, tags_json, fields_json, created_at) VALUES "
    change(
        legacy,
        insert + "('not hex', 'Odd One', '[NaN]', '[\"t\", 5, \"t\"]', '{broken', 'yesterday')",
        insert + "('ffff', 'Odd Two', 'null', '{}', '[1]', '')",
        insert + "(x'00ff', x'ff41', '[]', '[]', '{}', 17)",
        f"UPDATE descriptors SET value_json = '{'[' * 3000}' WHERE rowid = 1",
        "UPDATE relationships SET fields_json = '{\"x\": Infinity}' WHERE rowid = 1",
    )
    before = counts(legacy)
    migrate.migrate(legacy, backups)
    assert counts(legacy) == before
    check_clean(legacy)
    with Database(legacy) as database, database.read() as reader:
        assert [
            hit.entity_id for hit in search.find(reader, search.Wanted(needle="odd one", tags=("t",)), limit=5)
        ] == ["not hex"]
        assert search.count(reader, search.Wanted(needle="odd two")) == 1
        assert search.count(reader, search.Wanted()) == before["entities"] - len(EXPECTED["deleted_entities"])


def test_deleted_keys_are_free_again_and_live_ones_stay_unique(legacy: Path, backups: Path) -> None:
    migrate.migrate(legacy, backups)
    copy_deleted = """
        INSERT INTO field_definitions (field_def_id, scope, field_key, field_type)
        SELECT 'again', scope, field_key, field_type FROM field_definitions WHERE deleted_at IS NOT NULL LIMIT 1"""
    change(legacy, copy_deleted)
    with pytest.raises(sqlite3.IntegrityError):
        change(legacy, copy_deleted.replace("'again'", "'twice'"))


def test_the_backup_is_private_whole_and_of_the_old_schema(legacy: Path, backups: Path) -> None:
    before = schema(legacy), counts(legacy)
    report = migrate.migrate(legacy, backups)
    assert report.backup is not None
    assert (schema(report.backup), counts(report.backup)) == before
    assert list(backups.iterdir()) == [report.backup]
    if os.name != "nt":
        assert stat.S_IMODE(report.backup.stat().st_mode) == 0o600


def at_step(path: Path, step: str) -> None:
    upgrade(path, History("core", migrate.KERNEL.scripts, tuple(r for r in migrate.KERNEL.revisions if r <= step)))


def test_three_backups_are_kept_and_that_of_v019_beside_them(legacy: Path, backups: Path, tmp_path: Path) -> None:
    oldest = migrate.migrate(legacy, backups).backup
    taken = []
    for number in range(5):
        path = tmp_path / f"half-{number}.sqlite3"
        sqlite.make_private(path)
        at_step(path, "0002")
        taken.append(migrate.migrate(path, backups).backup)
    assert set(backups.iterdir()) == {oldest, *taken[-3:]}


def test_each_step_can_be_where_a_former_version_stopped(backups: Path, database_path: Path, tmp_path: Path) -> None:
    for step in migrate.KERNEL.revisions[:-1]:
        path = tmp_path / f"at-{step}.sqlite3"
        sqlite.make_private(path)
        at_step(path, step)
        check_clean(path)
        assert migrate.migrate(path, backups).from_version == step
        assert schema(path) == schema(database_path)
        check_clean(path)


def test_accents_that_a_former_version_kept_apart_are_found_afterwards(backups: Path, tmp_path: Path) -> None:
    path = tmp_path / "former.sqlite3"
    sqlite.make_private(path)
    at_step(path, "0009")
    names = ["Ada", *(f"Zoe\u0308 {number}" for number in range(600))]
    with closing(sqlite.connect(path)) as connection, connection:
        for seq, name in enumerate(names):
            connection.execute("INSERT INTO entities (entity_id, display_name) VALUES (?, ?)", (f"{seq:064x}", name))
            row = (seq, f"{seq:064x}", name.lower())
            connection.execute("INSERT INTO entity_search (seq, entity_id, text) VALUES (?, ?, ?)", row)
        connection.execute("INSERT INTO entity_fts (entity_fts) VALUES ('rebuild')")
    migrate.migrate(path, backups)
    with Database(path) as database:
        for settled in (False, True):
            while settled and database.write(search_index.ENTITY_TEXTS.index_pending):
                pass
            with database.read() as reader:
                assert len(search.find(reader, search.Wanted(needle="Zoë"), limit=1000)) == 600
                assert len(search.find(reader, search.Wanted(needle="ada"), limit=1000)) == 1
    check_clean(path)


def test_m03_a_newer_schema_is_refused_and_the_file_stays_as_it_is(database_path: Path, backups: Path) -> None:
    change(
        database_path,
        "UPDATE alembic_core SET version_num = '0999'",
        "UPDATE home_identity SET value = '7.8.9' WHERE key = 'core_version'",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    )
    before = fingerprint(database_path)
    with pytest.raises(StartRefused, match=r"needs >= 7\.8\.9") as refused:
        migrate.migrate(database_path, backups)
    assert refused.value.exit_code == NEWER_SCHEMA
    assert fingerprint(database_path) == before
    assert not backups.exists()


def test_m03_an_unknown_step_of_the_old_line_is_refused_too(legacy: Path, backups: Path) -> None:
    change(legacy, "INSERT INTO schema_migrations (name) VALUES ('0005_more')")
    before = fingerprint(legacy)
    with pytest.raises(StartRefused, match="needs >= ") as refused:
        migrate.migrate(legacy, backups)
    assert refused.value.exit_code == NEWER_SCHEMA
    assert fingerprint(legacy) == before


def test_m05_without_room_for_the_copy_nothing_is_touched(legacy: Path, backups: Path) -> None:
    before = fingerprint(legacy)
    with pytest.raises(StartRefused, match="MiB must be free"):
        migrate.migrate(legacy, backups, free_bytes=lambda _path: 16 * 1024 * 1024)
    assert fingerprint(legacy) == before
    assert not backups.exists()
    assert migrate.migrate(legacy, backups, free_bytes=lambda _path: 32 * 1024 * 1024).was_legacy


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda path: path.write_bytes(b"not a database at all" * 100), "cannot be opened"),
        (lambda path: path.write_bytes(path.read_bytes()[:-8192]), "damaged|cannot be opened"),
        (lambda path: change(path, "DROP TABLE schema_migrations"), "another program"),
        (lambda path: change(path, "DELETE FROM schema_migrations WHERE name LIKE '0004%'"), "older than v0.1.9"),
    ],
)
def test_a_file_that_is_not_for_us_is_refused_untouched(
    legacy: Path, backups: Path, damage: Callable[[Path], Any], sentence: str
) -> None:
    damage(legacy)
    before = fingerprint(legacy)
    with pytest.raises(StartRefused, match=sentence):
        migrate.migrate(legacy, backups)
    assert fingerprint(legacy) == before
    assert not list(backups.glob("*")) if backups.exists() else True


def test_m05_a_place_for_backups_that_is_no_folder_is_a_sentence_and_nothing_is_touched(
    legacy: Path, backups: Path
) -> None:
    before = legacy.read_bytes()
    backups.write_text("in the way")
    with pytest.raises(StartRefused, match="cannot be upgraded") as refused:
        migrate.migrate(legacy, backups)
    assert str(backups) in str(refused.value)
    assert legacy.read_bytes() == before


def test_the_schema_is_signed_with_the_version_that_made_it(database_path: Path) -> None:
    assert rows(database_path, "SELECT value FROM home_identity WHERE key = 'core_version'") == [(__version__,)]


def test_a_step_that_breaks_a_reference_is_rolled_back_with_its_marker(database_path: Path, tmp_path: Path) -> None:
    scripts = tmp_path / "steps"
    scripts.mkdir()
    head = "from alembic import op\nrevision = '{0}'\ndown_revision = {1!r}\ndef upgrade():\n"
    (scripts / "one.py").write_text(head.format("1", None) + "    op.execute('CREATE TABLE plugin_one (a)')\n")
    (scripts / "two.py").write_text(
        head.format("2", "1")
        + "    op.execute('CREATE TABLE plugin_two (a)')\n"
        + "    op.execute(\"INSERT INTO job_logs (job_id, level, message) VALUES ('nobody', 'info', 'x')\")\n"
    )
    history = History("plugin", scripts, ("1", "2"))
    with pytest.raises(sqlite3.IntegrityError, match="broken references"):
        upgrade(database_path, history)
    assert rows(database_path, "SELECT version_num FROM alembic_plugin") == [("1",)]
    made = rows(database_path, "SELECT name FROM sqlite_master WHERE name IN ('plugin_one', 'plugin_two')")
    assert made == [("plugin_one",)]
    check_clean(database_path)


def test_references_that_were_broken_before_do_not_stop_the_upgrade(legacy: Path, backups: Path) -> None:
    change(legacy, "INSERT INTO job_logs (job_id, level, message) VALUES ('nobody', 'info', 'x')")
    migrate.migrate(legacy, backups)
    assert len(rows(legacy, "PRAGMA foreign_key_check")) == 1


def test_a_database_held_by_another_program_is_refused_with_a_sentence(legacy: Path, backups: Path) -> None:
    other = sqlite3.connect(legacy, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StartRefused, match="locked"):
            migrate.migrate(legacy, backups)
    finally:
        other.close()


def test_the_homes_uuid_is_kept(database: Database) -> None:
    assert home_uuid(database) is None
    set_home_uuid(database, "one")
    set_home_uuid(database, "two")
    assert home_uuid(database) == "two"


KILLED_AT_A_STATEMENT = """
import os, shutil, signal, sys
from pathlib import Path
import alembic.operations, alembic.runtime.migration, alembic.script  # once, before the forks
from faceforge_core.db import migrate, sqlite

original, path, first, step = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
backups = path.parent / "backups"
opened = sqlite.connect

def migrate_until(last):
    seen = 0
    def count(_statement):
        nonlocal seen
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)
    def connect(*args, **options):
        connection = opened(*args, **options)
        connection.set_trace_callback(count)
        return connection
    sqlite.connect = connect
    migrate.migrate(path, backups)

def check():
    connection = opened(path)
    assert sqlite.problems(connection) == [], "integrity"
    assert sqlite.broken_references(connection) == set(), "references"
    schema = sorted(tuple(row) for row in connection.execute("SELECT type, name, sql FROM sqlite_master"))
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    content = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}
    connection.close()
    return schema, content

def begin():
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir()
    if original.exists():
        shutil.copy(original, path)

begin()
migrate.migrate(path, backups)
wanted = check()
at, killed = first, True
while killed:
    begin()
    if (child := os.fork()) == 0:
        migrate_until(at)
        os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    if path.exists() and path.stat().st_size:
        check()
    migrate.migrate(path, backups)
    assert check() == wanted, f"killed at statement {at}"
    at += step
print(at)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="NOT TESTED: there is no fork and no SIGKILL")
@pytest.mark.parametrize("origin", ["legacy", "new"])
def test_m01_m09_killed_at_any_statement_the_next_start_completes(
    legacy: Path, tmp_path: Path, run_python: Callable[..., CompletedProcess[str]], origin: str
) -> None:
    original = legacy if origin == "legacy" else tmp_path / "nothing"
    step = 7
    first = random.randrange(1, step + 1)  # another sample in each run
    ended = run_python(KILLED_AT_A_STATEMENT, original, tmp_path / "killed" / "core.sqlite3", first, step)
    assert ended.returncode == 0, (first, ended.stderr)
    assert int(ended.stdout) > 100
