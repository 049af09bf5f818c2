"""``python -m faceforge_core.internal.bootstrap_db``: what it prints, stores, and leaves alone."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.db.migrate import HEAD
from faceforge_core.internal.bootstrap_db import main

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

LEGACY = Path(__file__).parents[1] / "fixtures" / "legacy-home-0.1.9.tar.gz"
CONTENT = b"what the file holds"
ASSET_ID = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def legacy_home(tmp_path: Path) -> Path:
    """A home as v0.1.9 left it."""
    with tarfile.open(LEGACY) as archive:
        archive.extractall(tmp_path / "legacy", filter="data")
    return tmp_path / "legacy" / "home"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file to store."""
    path = tmp_path / "portrait of ada.png"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def run(run_here: Callable[..., Any], tmp_path: Path) -> Run:
    """Runs the command in a working folder of its own; the user's folder is another."""
    for folder in ("user", "elsewhere"):
        (tmp_path / folder).mkdir()
    user = str(tmp_path / "user")
    return partial(run_here, main, cwd=tmp_path / "elsewhere", HOME=user, USERPROFILE=user)


def ask(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{(home / 'db' / 'core.sqlite3').as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def schema_of(home: Path) -> list[tuple[Any, ...]]:
    return ask(home, "SELECT version_num FROM alembic_core")


def is_free(home: Path) -> bool:
    """Whether nobody is said to hold the home."""
    return not (home / "core.lock.json").exists()


# --- Each option


def test_migrate_makes_a_home_and_its_database_and_can_be_repeated(run: Run, home: Path) -> None:
    for _ in range(2):
        done = run("--home", home, "--migrate")
        assert (done.returncode, done.stdout) == (0, "")
        assert schema_of(home) == [(HEAD,)]
        assert is_free(home)
    assert {"db", "s3", "assets", "logs", "tmp", "config", "tools", "plugins"} <= {one.name for one in home.iterdir()}


def test_create_entity_prints_its_id_alone(home: Path, start_core: Callable[..., Any]) -> None:
    """As a process, which is how scripts call it."""
    words = ["--home", str(home), "--create-entity", "Ada Lovelace"]
    command = [sys.executable, "-m", "faceforge_core.internal.bootstrap_db", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    (entity_id,) = done.stdout.splitlines()
    answer = start_core(home).client.get(f"/v1/entities/{entity_id}").json()
    assert answer["data"]["display_name"] == "Ada Lovelace"


def test_create_asset_prints_what_it_stored_and_a_core_serves_its_bytes(
    run: Run, home: Path, file: Path, start_core: Callable[..., Any]
) -> None:
    done = run("--home", home, "--create-asset", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"asset_id": ASSET_ID, "content_hash": ASSET_ID}
    client = start_core(home).client
    asset = client.get(f"/v1/assets/{ASSET_ID}").json()["data"]
    assert (asset["filename"], asset["mime_type"], asset["byte_size"]) == (file.name, "image/png", len(CONTENT))
    assert client.get(f"/v1/assets/{ASSET_ID}/download").content == CONTENT
    assert file.read_bytes() == CONTENT


def test_known_bytes_are_the_asset_there_is(run: Run, home: Path, file: Path) -> None:
    first = run("--home", home, "--create-asset", file)
    assert run("--home", home, "--create-asset", file).stdout == first.stdout
    assert ask(home, "SELECT count(*) FROM assets") == [(1,)]


def test_options_go_together_and_print_in_this_order(run: Run, home: Path, file: Path) -> None:
    done = run("--home", home, "--create-asset", file, "--create-entity", "Ada", "--migrate")
    assert done.returncode == 0
    entity_id, asset = done.stdout.splitlines()
    assert ask(home, "SELECT entity_id, display_name FROM entities") == [(entity_id, "Ada")]
    assert json.loads(asset)["asset_id"] == ASSET_ID
    assert schema_of(home) == [(HEAD,)]
    assert is_free(home)


# --- Which home


def test_home_is_meant_from_the_working_folder_as_in_every_command(run: Run, tmp_path: Path, file: Path) -> None:
    assert run("--home", "mine", "--migrate", FACEFORGE_HOME=str(tmp_path / "other")).returncode == 0
    assert schema_of(tmp_path / "elsewhere" / "mine") == [(HEAD,)]
    assert not (tmp_path / "other").exists()


def test_without_home_the_variable_decides_and_a_relative_one_lies_in_the_users_folder(
    run: Run, tmp_path: Path
) -> None:
    assert run("--migrate", FACEFORGE_HOME="mine").returncode == 0
    assert schema_of(tmp_path / "user" / "mine") == [(HEAD,)]


def test_the_database_lies_where_core_json_says(run: Run, home: Path, tmp_path: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "core.json").write_text(json.dumps({"paths": {"db_dir": str(tmp_path / "database")}}))
    assert run("--home", home, "--migrate").returncode == 0
    assert (tmp_path / "database" / "core.sqlite3").exists()
    assert not (home / "db" / "core.sqlite3").exists()


# --- A home of v0.1.9


def test_a_home_of_v0_1_9_is_upgraded_with_a_copy_kept(run: Run, legacy_home: Path) -> None:
    before = ask(legacy_home, "SELECT entity_id, display_name FROM entities ORDER BY entity_id")
    assert run("--home", legacy_home, "--migrate").returncode == 0
    assert schema_of(legacy_home) == [(HEAD,)]
    assert ask(legacy_home, "SELECT entity_id, display_name FROM entities ORDER BY entity_id") == before
    assert len(list((legacy_home / "backups").glob("*.sqlite3"))) == 1


def test_a_home_of_v0_1_9_takes_new_things_and_then_opens_as_ever(
    run: Run, legacy_home: Path, file: Path, start_core: Callable[..., Any]
) -> None:
    (count,) = ask(legacy_home, "SELECT count(*) FROM entities WHERE deleted_at IS NULL")[0]
    done = run("--home", legacy_home, "--create-entity", "Newcomer", "--create-asset", file)
    assert done.returncode == 0, done.stderr
    client = start_core(legacy_home).client
    assert client.get("/v1/entities").json()["data"]["total"] == count + 1
    assert client.get("/v1/entities", params={"q": "newcomer"}).json()["data"]["total"] == 1
    assert client.get(f"/v1/assets/{ASSET_ID}/download").content == CONTENT


# --- It ends at once, and leaves the work to Core


def test_queued_jobs_are_left_to_the_next_core(run: Run, home: Path, file: Path) -> None:
    assert run("--home", home, "--create-asset", file).returncode == 0
    with closing(sqlite3.connect(home / "db" / "core.sqlite3")) as connection, connection:
        connection.execute(
            "INSERT INTO jobs (job_id, job_type, status, input_json, queue_seq) VALUES (?, ?, 'queued', ?, 1000)",
            ("1" * 64, "thumbnails.render", json.dumps({"asset_id": ASSET_ID})),
        )
    assert run("--home", home, "--create-entity", "Ada").returncode == 0
    assert {status for (status,) in ask(home, "SELECT status FROM jobs")} == {"queued"}
    assert ask(home, f"SELECT count(*) FROM job_logs WHERE job_id = '{'1' * 64}'") == [(0,)]


def test_what_follows_from_a_new_asset_is_done_by_the_next_core(
    run: Run, home: Path, file: Path, start_core: Callable[..., Any]
) -> None:
    """The event of an asset that came in reaches the handlers, although no Core had ever run here."""
    assert run("--home", home, "--create-asset", file).returncode == 0
    core = start_core(home)

    def rendered() -> bool:
        return ask(home, "SELECT status FROM jobs WHERE job_type = 'thumbnails.render'") == [("succeeded",)]

    assert core.wait_for(rendered)


# --- Refusals


def test_without_anything_to_do_it_shows_its_usage(run: Run, home: Path) -> None:
    for arguments in ((), ("--home", home)):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("usage: python -m faceforge_core.internal.bootstrap_db")
    assert not home.exists()
    assert run("--nonsense").returncode == 2
    assert "--create-asset" in run("--help").stdout


@pytest.mark.parametrize("name", ["no such file.png", ""])
def test_a_file_that_is_none_is_a_sentence_and_nothing_is_stored(
    run: Run, home: Path, tmp_path: Path, name: str
) -> None:
    missing = tmp_path / name
    done = run("--home", home, "--migrate", "--create-entity", "Ada", "--create-asset", missing)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(missing) in done.stderr
    assert not home.exists()


def test_an_empty_file_is_refused_and_nothing_is_stored(run: Run, home: Path, file: Path) -> None:
    file.write_bytes(b"")
    done = run("--home", home, "--create-entity", "Ada", "--create-asset", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert "empty" in done.stderr
    assert ask(home, "SELECT (SELECT count(*) FROM entities) + (SELECT count(*) FROM assets)") == [(0,)]
    assert list((home / "tmp").iterdir()) == []
    assert is_free(home)


def test_a_name_that_is_none_is_refused(run: Run, home: Path) -> None:
    done = run("--home", home, "--create-entity", "")
    assert (done.returncode, done.stdout) == (1, "")
    assert "name" in done.stderr
    assert not home.exists()


def test_a_home_that_a_core_holds_is_refused_with_4_naming_the_process(
    run: Run, serve_core: Callable[..., Any], file: Path
) -> None:
    core = serve_core()
    for options in (("--migrate",), ("--create-entity", "Ada"), ("--create-asset", file)):
        done = run("--home", core.home, *options)
        assert (done.returncode, done.stdout) == (4, "")
        assert f"process {os.getpid()}" in done.stderr
    for path in ("/v1/entities", "/v1/assets"):
        assert core.client.get(path).json()["data"]["total"] == 0


def test_a_database_of_a_newer_core_is_refused_with_3_and_stays_as_it_is(run: Run, home: Path) -> None:
    assert run("--home", home, "--migrate").returncode == 0
    database = home / "db" / "core.sqlite3"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_core SET version_num = '9999'")
    before = database.read_bytes()
    for options in (("--migrate",), ("--create-entity", "Ada")):
        done = run("--home", home, *options)
        assert (done.returncode, done.stdout) == (3, "")
        assert "newer" in done.stderr
        assert database.read_bytes() == before
        assert is_free(home)
