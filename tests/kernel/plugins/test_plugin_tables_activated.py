"""A plugin's tables in a running Core: made before anything else of it, kept when it goes, whole after a kill."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

PLUGIN = """
from contextlib import contextmanager

from fastapi import APIRouter

from faceforge_sdk import Envelope, Migrations, Router, hookimpl, ok


@hookimpl
def register_migrations(ctx):
    return [MIGRATIONS]


@hookimpl
@contextmanager
def lifespan(ctx):
    ctx.db.write(lambda tables: tables.run("INSERT INTO {prefix}starts DEFAULT VALUES"))
    yield


@hookimpl
def register_routers(ctx):
    router = APIRouter()

    @router.get("/starts")
    def starts() -> Envelope[int]:
        with ctx.db.read() as tables:
            return ok(tables.value("SELECT count(*) FROM {prefix}starts"))

    @router.get("/broken")
    def broken() -> Envelope[int]:
        with ctx.db.read() as tables:
            return ok(tables.value("SELECT count(*) FROM entities"))

    return [Router(router)]
"""
STARTS = "CREATE TABLE {prefix}starts (start_id INTEGER PRIMARY KEY);"


@pytest.fixture
def plugin(faceforge: Any) -> Callable[..., Any]:
    """Puts a plugin into the home, enables it, and returns its row: ``plugin(**{"0001_a.sql": …})``."""

    def enable(migrations: str = "Migrations()", **steps: str) -> Any:
        folder = faceforge.kernel.home.plugins_dir / "counting"
        (folder / "migrations").mkdir(parents=True, exist_ok=True)
        manifest = {"id": "counting", "name": "C", "api_version": 1, "entrypoints": {"python": "plugin"}}
        (folder / "plugin.json").write_text(json.dumps(manifest))
        (folder / "plugin.py").write_text(PLUGIN.replace("MIGRATIONS", migrations))
        for name, sql in steps.items():
            (folder / "migrations" / name).write_text(sql)
        return faceforge.kernel.plugins.enable("counting")

    return enable


def starts(client: Any) -> int:
    count: int = client.get("/v1/plugins/counting/starts").json()["data"]
    return count


def test_tables_are_there_before_the_lifespan_and_stay_when_the_plugin_is_disabled(
    plugin: Any, client: Any, faceforge: Any
) -> None:
    assert plugin(**{"0001_starts.sql": STARTS}).state == "active"
    assert starts(client) == 1
    faceforge.kernel.plugins.disable("counting")
    assert client.get("/v1/plugins/counting/starts").status_code == 404
    assert plugin(**{"0002_more.sql": "INSERT INTO {prefix}starts VALUES (100);"}).state == "active"
    assert starts(client) == 3


def test_a_step_that_fails_is_the_plugins_error_and_a_mended_one_runs(plugin: Any, client: Any) -> None:
    row = plugin(**{"0001_starts.sql": f"{STARTS}\nDELETE FROM entities;"})
    assert row.state == "error"
    assert row.error.summary.startswith("0001_starts.sql:2: This statement of a plugin is refused, because it would ")
    assert "delete from the table entities: DELETE FROM entities; (what is Core's comes by " in row.error.summary
    assert client.get("/v1/entities").status_code == 200
    assert plugin(**{"0001_starts.sql": STARTS}).state == "active"
    assert starts(client) == 1


def test_a_plugin_whose_steps_are_of_a_newer_version_is_not_run(plugin: Any, faceforge: Any) -> None:
    assert plugin(**{"0001_starts.sql": STARTS, "0002_more.sql": "SELECT 1;"}).state == "active"
    faceforge.kernel.plugins.disable("counting")
    (faceforge.kernel.home.plugins_dir / "counting" / "migrations" / "0002_more.sql").unlink()
    row = plugin()
    assert (row.state, row.contributions) == ("error", {})
    assert "newer version" in row.error.summary


@pytest.mark.parametrize(
    ("migrations", "told"),
    [
        ('Migrations("../other")', "../other is no folder of the plugin's."),
        ('Migrations("nowhere")', "nowhere can't be read"),
        ("Migrations(), Migrations()", "returned 2 Migrations: a plugin has one history."),
        ("Migrations(7)", "Migrations.folder is not str."),
    ],
)
def test_a_wrong_answer_to_the_hook_is_told(plugin: Any, migrations: str, told: str) -> None:
    row = plugin(migrations)
    assert row.state == "error"
    assert told in row.error.summary


def test_a_refused_statement_in_a_route_is_an_error_of_the_plugins(plugin: Any, client: Any) -> None:
    plugin(**{"0001_starts.sql": STARTS})
    answer = client.get("/v1/plugins/counting/broken")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")


def test_a_purge_takes_what_refers_to_an_entity_along(plugin: Any, client: Any, faceforge: Any) -> None:
    notes = (
        "CREATE TABLE {prefix}notes (entity_id TEXT PRIMARY KEY REFERENCES entities ON DELETE CASCADE) WITHOUT ROWID;"
    )
    assert plugin(**{"0001_starts.sql": STARTS, "0002_notes.sql": notes}).state == "active"
    anna = client.post("/v1/entities", json={"display_name": "Anna"}).json()["data"]["entity_id"]
    tables = faceforge.kernel.services.db.__class__(faceforge.kernel.services.db._tables, "p_counting__")
    tables.write(lambda tx: tx.run("INSERT INTO {prefix}notes VALUES (:anna)", anna=anna))

    def notes_left() -> int:
        with tables.read() as reader:
            return int(reader.value("SELECT count(*) FROM {prefix}notes"))

    client.delete(f"/v1/entities/{anna}")
    assert notes_left() == 1
    assert client.delete(f"/v1/trash/entities/{anna}").status_code == 200
    assert notes_left() == 0


@pytest.mark.parametrize("plugin_id", ["con", "nul.txt", "aux.palettes", "com1", "lpt9.x.y", "prn"])
def test_the_folder_of_a_plugin_is_one_that_windows_takes(tmp_path: Path, plugin_id: str) -> None:
    assert Home.at(tmp_path).data_dir_of(plugin_id) == tmp_path / "plugin_data" / f"_{plugin_id}"


@pytest.mark.parametrize("plugin_id", ["console", "my-con", "com.example", "nul_x", "demo.con", "a" * 128])
def test_the_folder_of_a_plugin_is_called_as_the_plugin(tmp_path: Path, plugin_id: str) -> None:
    assert Home.at(tmp_path).data_dir_of(plugin_id) == tmp_path / "plugin_data" / plugin_id


def test_the_folder_of_a_plugin_is_made_by_the_plugin_and_stays_when_it_is_disabled(
    plugin: Any, faceforge: Any
) -> None:
    plugin(**{"0001_starts.sql": STARTS})
    folder = faceforge.kernel.home.data_dir_of("counting")
    assert not folder.exists()
    folder.mkdir()
    (folder / "kept").touch()
    faceforge.kernel.plugins.disable("counting")
    plugin()
    assert (folder / "kept").exists()


KILLED_AT_A_STATEMENT = """
import os, shutil, signal, sys
from pathlib import Path
from faceforge_core.db import sqlite
from faceforge_core.db.engine import Database
from faceforge_core.db.migrate import migrate
from faceforge_core.db.plugin_steps import PluginSteps

root = Path(sys.argv[1])
original, path, steps = root / "original.sqlite3", root / "core.sqlite3", root / "migrations"
steps.mkdir()
(steps / "0001_first.sql").write_text("CREATE TABLE {prefix}a (b); CREATE INDEX {prefix}i ON {prefix}a (b);")
(steps / "0002_second.sql").write_text("INSERT INTO {prefix}a VALUES (1); INSERT INTO {prefix}a VALUES (2);")
migrate(original, root / "backups")
opened = sqlite.open_migrator

def run():
    with Database(path) as database:
        PluginSteps(database).migrate("demo", steps)

def run_until(last):
    seen = 0
    def count(_statement):
        nonlocal seen
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)
    def open_counting(*args):
        connection = opened(*args)
        connection.set_trace_callback(count)
        return connection
    sqlite.open_migrator = open_counting
    run()

def state():
    connection = sqlite.connect(path)
    assert sqlite.problems(connection) == []
    ran = connection.execute("SELECT count(*) FROM plugin_migrations").fetchone()[0]
    names = connection.execute("SELECT name FROM sqlite_master WHERE name GLOB 'p_demo*'").fetchall()
    rows = connection.execute("SELECT count(*) FROM p_demo__a").fetchone()[0] if names else 0
    connection.close()
    return ran, len(names), rows

at, killed, seen = 1, True, set()
while killed:
    for left in root.glob("core.sqlite3*"):
        left.unlink()
    shutil.copy(original, path)
    if (child := os.fork()) == 0:
        run_until(at)
        os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    seen.add(state())
    run()
    assert state() == (2, 2, 2), at
    at += 1
assert seen == {(0, 0, 0), (1, 2, 0), (2, 2, 2)}, seen
print(at)
"""


@pytest.mark.skipif(os.name == "nt", reason="NOT TESTED: there is no fork and no SIGKILL")
def test_killed_at_any_statement_a_step_is_whole_or_not_there(
    tmp_path: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    ended = run_python(KILLED_AT_A_STATEMENT, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > 20
