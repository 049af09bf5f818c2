"""A home that v0.1.9 wrote, opened by this Core: nothing is lost, and nothing is changed that a user could see."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.testing import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOKEN = "legacy-home-token"
OLD_TABLES = {
    "entities",
    "assets",
    "entity_assets",
    "relationships",
    "jobs",
    "job_logs",
    "field_definitions",
    "descriptors",
    "plugin_registry",
}
LATER_TABLES = OLD_TABLES - {"entities", "assets", "plugin_registry"}


def old_rows(database: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of v0.1.9's tables, in the columns that v0.1.9 knew when it wrote them."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table: [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]
            for table in sorted(OLD_TABLES)
        }


def cut_to(columns: set[str], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in columns} for row in rows]


@pytest.fixture(scope="module")
def opened_core(start_shared_core, unpack_legacy_home, tmp_path_factory) -> Any:
    """A Core that opened the home and has done what it does by itself; only to be read."""
    core = start_shared_core(unpack_legacy_home(tmp_path_factory.mktemp("opened")))
    core.wait_for(lambda: all_done(core))
    return core


@pytest.fixture(scope="module")
def opened(opened_core, api_of) -> Any:
    """Speaks to `opened_core`."""
    return api_of(opened_core.client)


def all_done(core: Any) -> bool:
    statuses = {job["status"] for job in old_rows(core.kernel.home.database)["jobs"]}
    return not statuses & {"queued", "running"}


def rewrite(home: Path, sql: str, *parameters: Any) -> None:
    with closing(sqlite3.connect(home / "db" / "core.sqlite3")) as connection, connection:
        assert connection.execute(sql, parameters).rowcount > 0


# --- What the API answers


def test_its_token_works_and_no_other(opened) -> None:
    assert opened.client.headers["Authorization"] == f"Bearer {TOKEN}"
    opened.data("GET", "/v1/ping")
    opened.error("GET", "/v1/ping", 401, "unauthorized", headers={"Authorization": f"Bearer {TOKEN}x"})


def test_core_json_keeps_what_stood_in_it(opened_core) -> None:
    content = json.loads((opened_core.home / "config" / "core.json").read_text())
    assert content == {"version": "1", "auth": {"install_token": TOKEN}, "network": {"core_port": 8787}}


def test_every_entity_is_answered_as_before(opened, expected) -> None:
    for entity_id, entity in expected["entities"].items():
        answer = opened.data("GET", f"/v1/entities/{entity_id}")
        assert {name: answer[name] for name in entity} == entity
    for entity_id in expected["deleted_entities"]:
        opened.error("GET", f"/v1/entities/{entity_id}", 404, "not_found")


@pytest.mark.parametrize("sort_by", ["created_at", "updated_at", "display_name"])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_lists_have_the_same_entities_in_the_contracts_order(opened, expected, sort_by: str, sort_order: str) -> None:
    page = opened.data("GET", "/v1/entities", params={"limit": 200, "sort_by": sort_by, "sort_order": sort_order})
    by_id = sorted(expected["entities"].values(), key=lambda entity: entity["entity_id"])
    wanted = sorted(by_id, key=lambda entity: entity[sort_by], reverse=sort_order == "desc")
    assert [item["entity_id"] for item in page["items"]] == [entity["entity_id"] for entity in wanted]
    assert page["total"] == len(expected["entities"])
    assert page["items"][0].items() >= wanted[0].items()


@pytest.mark.parametrize(
    ("query", "name"), [("NAÏVE", "naïve.txt"), ("cap 3", "x.pdf"), ("weird;", "weird;%22name.bin")]
)
def test_its_files_are_found_by_their_names_and_sidecars(opened, expected, query: str, name: str) -> None:
    found = opened.data("GET", "/v1/assets", params={"q": query})["items"]
    assert {item["filename"] for item in found} == {name}
    assert {item["asset_id"] for item in found} <= set(expected["assets"])


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from texts_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item)
    elif value is not None:
        yield json.dumps(value) if isinstance(value, (bool, int, float)) else value


@pytest.mark.parametrize(
    "query",
    ["ada", "Ångström", "ÅNGSTRÖM", "小龙", "мария", "%", "_", '"', "'", "alias-1", "born", "ünï", "1815", "zzz"],
)
def test_search_finds_what_the_contract_says(opened, expected, query: str) -> None:
    wanted = {
        entity["entity_id"]
        for entity in expected["entities"].values()
        for text in texts_of([entity["display_name"], entity["aliases"], entity["tags"], entity["fields"]])
        if query.casefold() in text.casefold()
    }
    page = opened.data("GET", "/v1/entities", params={"q": query, "limit": 200})
    assert {item["entity_id"] for item in page["items"]} == wanted
    assert page["total"] == len(wanted)


def test_every_tag_finds_exactly_its_entities(opened, expected) -> None:
    tags = {tag for entity in expected["entities"].values() for tag in entity["tags"]}
    assert {"under_score", "100%", "日本"} <= tags
    for tag in tags | {"MATH", "mat", "no such tag"}:
        wanted = {entity["entity_id"] for entity in expected["entities"].values() if tag in entity["tags"]}
        page = opened.data("GET", "/v1/entities", params={"tag": tag, "limit": 200})
        assert {item["entity_id"] for item in page["items"]} == wanted
        assert page["total"] == len(wanted)


def test_every_asset_is_answered_as_before_and_downloads_whole(opened, expected) -> None:
    for asset_id, asset in expected["assets"].items():
        answer = opened.data("GET", f"/v1/assets/{asset_id}")
        assert {name: answer[name] for name in asset if name != "sha256"} == {
            name: asset[name] for name in asset if name != "sha256"
        }
        download = opened.ask("GET", f"/v1/assets/{asset_id}/download")
        assert download.status_code == 200
        assert hashlib.sha256(download.content).hexdigest() == asset["sha256"]
        part = opened.ask("GET", f"/v1/assets/{asset_id}/download", headers={"Range": "bytes=1-3"})
        assert part.content == download.content[1:4]
    assert opened.data("GET", "/v1/assets", params={"limit": 200})["total"] == len(expected["assets"])


def test_every_link_is_there(opened, expected) -> None:
    wanted = {tuple(link) for link in expected["links"]}
    found = {
        (entity_id, item["asset_id"])
        for entity_id in expected["entities"]
        for item in opened.data("GET", f"/v1/entities/{entity_id}/assets")["items"]
    }
    assert found == wanted


def test_a_plugin_keeps_its_wish_and_its_configuration(opened, expected) -> None:
    rows = {item["plugin_id"]: item for item in opened.data("GET", "/v1/plugins")["items"]}
    for plugin_id, plugin in expected["plugins"].items():
        assert {name: rows[plugin_id][name] for name in plugin} == plugin
        assert (rows[plugin_id]["discovered"], rows[plugin_id]["state"]) == (True, "active")
        assert opened.data("GET", f"/v1/plugins/{plugin_id}/config")["config"] == plugin["config"]


# --- What the file holds


def test_m02_every_row_of_every_old_table_is_kept_to_the_letter(start_core, legacy_home: Path, expected) -> None:
    database = legacy_home / "db" / "core.sqlite3"
    before = old_rows(database)
    core = start_core(legacy_home)
    core.wait_for(lambda: all_done(core))
    core.kernel.close()
    after = old_rows(database)
    own_jobs = {job["job_id"] for job in after["jobs"]} - {job["job_id"] for job in before["jobs"]}
    for table in OLD_TABLES:
        columns = set(before[table][0])
        kept = [row for row in after[table] if row.get("job_id") not in own_jobs]
        assert cut_to(columns, kept) == before[table], table
    assert len(before["relationships"]) == len(expected["relationships"]) + len(expected["deleted_relationships"])
    assert len(before["descriptors"]) == len(expected["descriptors"]) + len(expected["deleted_descriptors"])


def test_m02_later_tables_hold_what_the_old_api_answered(start_core, legacy_home: Path, expected) -> None:
    start_core(legacy_home).kernel.close()
    rows = old_rows(legacy_home / "db" / "core.sqlite3")
    for table, key, answers, json_columns in (
        ("relationships", "relationship_id", "relationships", {"fields_json": "fields"}),
        ("field_definitions", "field_def_id", "field_defs", {"options_json": "options"}),
        ("descriptors", "descriptor_id", "descriptors", {"value_json": "value"}),
    ):
        live = {row[key]: row for row in rows[table] if row["deleted_at"] is None}
        assert set(live) == set(expected[answers])
        for one, answer in expected[answers].items():
            row = dict(live[one])
            row.update({name: json.loads(row.pop(column) or "{}") for column, name in json_columns.items()})
            assert {name: row[name] for name in answer} == answer
    (job_id, job) = next(iter(expected["jobs"].items()))
    (row,) = (row for row in rows["jobs"] if row["job_id"] == job_id)
    assert (row["status"], json.loads(row["result_json"])) == (job["status"], job["result"])
    log = [row for row in rows["job_logs"] if row["job_id"] == job_id]
    for line, answer in zip(log, job["log"], strict=True):
        assert {**answer, "data": None} == {name: line[name] for name in answer if name != "data"} | {"data": None}
        assert json.loads(line["data_json"] or "null") == answer["data"]


def test_a_copy_of_the_old_database_lies_under_backups(start_core, legacy_home: Path) -> None:
    before = old_rows(legacy_home / "db" / "core.sqlite3")
    start_core(legacy_home).kernel.close()
    (copy,) = (legacy_home / "backups").glob("*.sqlite3")
    with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = [name for (name,) in connection.execute("SELECT name FROM schema_migrations ORDER BY name")]
    assert names == ["0001_init", "0002_assets_storage", "0003_descriptors", "0004_jobs_inputs_and_cancel"]
    assert old_rows(copy) == before


def test_m09_the_upgraded_database_is_sound(start_core, legacy_home: Path) -> None:
    start_core(legacy_home).kernel.close()
    with closing(sqlite3.connect(legacy_home / "db" / "core.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_opening_it_a_second_time_changes_nothing(start_core, legacy_home: Path, dump) -> None:
    def state() -> dict[str, bytes]:
        return {
            path.relative_to(legacy_home).as_posix(): path.read_bytes()
            for folder in ("assets", "backups", "config", "plugins")
            for path in (legacy_home / folder).rglob("*")
            if path.is_file()
        }

    core = start_core(legacy_home)
    core.wait_for(lambda: all_done(core))
    # Reading the old files for the first time is begun after a moment, and remembered.
    core.wait_for((core.home / "plugin_data" / "faceforge.ingest" / "met").exists)
    core.settle()  # what follows from what was adopted, too
    core.kernel.close()
    tables, files = dump(legacy_home), state()
    again = start_core(legacy_home)
    again.wait_for(lambda: all_done(again))
    again.settle()
    again.kernel.close()
    assert state() == files
    now = dump(legacy_home)
    changed = {name: rows for name, rows in now.items() if rows != tables[name]}
    assert set(changed) <= {"event_cursors"}  # how far a handler has read may be noted late


def test_it_opens_under_a_real_process_too(start_process, legacy_home: Path, api_of, expected) -> None:
    core = start_process(legacy_home)
    api = api_of(core.client())
    assert core.token == TOKEN
    assert api.data("GET", "/v1/entities")["total"] == len(expected["entities"])
    assert core.stop() == 0


def test_trash_of_the_old_version_can_be_brought_back(start_core, api_of, legacy_home: Path, expected) -> None:
    api = api_of(start_core(legacy_home).client)
    for entity_id in expected["deleted_entities"]:
        assert api.data("POST", f"/v1/entities/{entity_id}/restore")["entity_id"] == entity_id
    wanted = len(expected["entities"]) + len(expected["deleted_entities"])
    assert api.data("GET", "/v1/entities")["total"] == wanted


# --- M06: bytes that are shared, pointed to, or gone


@pytest.fixture
def users_files(tmp_path: Path) -> Path:
    """Where the user's own files lie."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def adopt(core: Any) -> dict[str, Any]:
    """What the job that takes the old files over came to."""

    def find() -> dict[str, Any] | None:
        jobs = [row for row in old_rows(core.kernel.home.database)["jobs"] if row["job_type"] == "storage.adopt"]
        return jobs[-1] if jobs and jobs[-1]["finished_at"] else None

    return dict(core.wait_for(find))


def shared_home(home: Path, users_files: Path, expected: dict[str, Any]) -> dict[str, Path]:
    """Make three blobs of the home shared as v0.1.9 did; returns the user's file of each, by how it is shared."""
    hard, soft, pointed = list(expected["assets"])[:3]
    originals = {}
    for how, asset_id in (("hard", hard), ("soft", soft), ("pointed", pointed)):
        blob = home / "assets" / expected["assets"][asset_id]["storage_key"]
        original = users_files / how
        shutil.move(blob, original)
        if how == "hard":
            os.link(original, blob)
        elif how == "soft":
            blob.symlink_to(original)
        else:
            meta = {**expected["assets"][asset_id]["meta"], "source": {"path": str(original)}}
            sql = "UPDATE assets SET storage_key = '', meta_json = ? WHERE asset_id = ?"
            rewrite(home, sql, json.dumps(meta), asset_id)
        originals[asset_id] = original
    return originals


def test_m06_shared_bytes_are_served_at_once_and_then_become_our_own(
    start_core, api_of, legacy_home: Path, users_files: Path, expected
) -> None:
    originals = shared_home(legacy_home, users_files, expected)
    core = start_core(legacy_home)
    api = api_of(core.client)
    for asset_id in originals:  # whether the job was there yet or not
        download = api.ask("GET", f"/v1/assets/{asset_id}/download")
        assert hashlib.sha256(download.content).hexdigest() == asset_id
    job = adopt(core)
    assert job["status"] == "succeeded", job
    assert json.loads(job["result_json"])["copied"] == 3
    for asset_id, original in originals.items():
        asset = api.data("GET", f"/v1/assets/{asset_id}")
        assert asset["storage_key"] == f"files/{asset_id[:2]}/{asset_id}"
        blob = legacy_home / "assets" / asset["storage_key"]
        assert not blob.is_symlink()
        assert blob.stat().st_nlink == 1
        assert original.stat().st_nlink == 1
        original.write_bytes(b"edited by the user")
        download = api.ask("GET", f"/v1/assets/{asset_id}/download")
        assert hashlib.sha256(download.content).hexdigest() == asset_id


def test_m06_missing_bytes_are_an_error_and_the_row_stays(
    start_core, api_of, legacy_home: Path, users_files: Path, expected, rows
) -> None:
    gone, dangling, lost_source, *whole = list(expected["assets"])
    place = {asset_id: legacy_home / "assets" / asset["storage_key"] for asset_id, asset in expected["assets"].items()}
    for asset_id in (gone, dangling, lost_source):
        place[asset_id].unlink()
    place[dangling].symlink_to(users_files / "not there")
    rewrite(
        legacy_home,
        "UPDATE assets SET storage_key = '', meta_json = ? WHERE asset_id = ?",
        json.dumps({"source": {"path": str(users_files / "nor there")}}),
        lost_source,
    )
    core = start_core(legacy_home)
    api = api_of(core.client)
    job = adopt(core)
    assert job["status"] == "succeeded", job
    assert json.loads(job["result_json"])["missing"] == 3
    for asset_id in (gone, dangling, lost_source):
        assert api.data("GET", f"/v1/assets/{asset_id}")["filename"] == expected["assets"][asset_id]["filename"]
        error = api.error("GET", f"/v1/assets/{asset_id}/download", 500, "integrity_error")
        assert error["details"] == {"asset_id": asset_id, "reason": "missing"}
    for asset_id in whole:
        assert api.ask("GET", f"/v1/assets/{asset_id}/download").status_code == 200
    states = {row["asset_id"]: row["bytes_state"] for row in rows(legacy_home, "SELECT * FROM assets")}
    assert {asset_id for asset_id, state in states.items() if state == "missing"} == {gone, dangling, lost_source}
    assert {state for asset_id, state in states.items() if asset_id in whole} == {"ok"}


def test_m06_uploading_missing_bytes_again_mends_the_asset(start_core, api_of, legacy_home: Path, expected) -> None:
    asset_id, asset = next(iter(expected["assets"].items()))
    blob = legacy_home / "assets" / asset["storage_key"]
    content = blob.read_bytes()
    blob.unlink()
    core = start_core(legacy_home)
    api = api_of(core.client)
    adopt(core)
    api.error("GET", f"/v1/assets/{asset_id}/download", 500, "integrity_error")
    again = api.upload(content, "other name.jpg")
    assert (again["filename"], again["created_at"]) == (asset["filename"], asset["created_at"])
    assert api.ask("GET", f"/v1/assets/{asset_id}/download").content == content


def test_m06_a_shared_file_that_was_edited_is_flagged_and_not_copied(
    start_core, api_of, legacy_home: Path, users_files: Path, expected, rows
) -> None:
    originals = shared_home(legacy_home, users_files, expected)
    edited, original = next(iter(originals.items()))
    content = original.read_bytes()
    original.write_bytes(bytes(len(content)))
    core = start_core(legacy_home)
    assert json.loads(adopt(core)["result_json"])["altered"] == 1
    (row,) = rows(legacy_home, "SELECT bytes_state FROM assets WHERE asset_id = ?", edited)
    assert row["bytes_state"] == "altered"
    assert original.read_bytes() == bytes(len(content))
    assert api_of(core.client).data("GET", f"/v1/assets/{edited}")["asset_id"] == edited


def test_m07_of_two_that_start_the_upgrade_together_one_does_it_and_the_other_is_refused(
    start_process: Callable[..., Any], legacy_home: Path
) -> None:
    both = [start_process(legacy_home, wait=False) for _ in range(2)]
    wait_for(lambda: any(core.process.poll() is not None for core in both))
    refused = [core for core in both if core.process.poll() is not None]
    assert [core.process.returncode for core in refused] == [4]
    assert "already runs" in refused[0].output()
    (serving,) = [core for core in both if core not in refused]
    serving.wait_until_healthy()
    assert serving.client().get("/v1/entities").json()["data"]["total"] > 0
    assert len(list((legacy_home / "backups").glob("*.sqlite3"))) == 1
