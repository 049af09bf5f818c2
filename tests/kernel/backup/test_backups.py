"""Backups of a home in use, and homes made from them: proven by restoring."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.backup import health
from faceforge_builtins.backup.calendar import is_due, look
from faceforge_core.backup.checking import check
from faceforge_core.backup.place import BackupPlace
from faceforge_core.backup.restoring import restore
from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import JobCancelled
from faceforge_sdk.models import BackupList, JobQuery, Snapshot
from faceforge_sdk.testing import fake_context

if TYPE_CHECKING:
    from pathlib import Path


def restored(place: BackupPlace, root: Path, name: str | None = None) -> Any:
    return restore(place, name, root, lambda _done, _all: None)


def blobs(place: BackupPlace) -> set[str]:
    return {path.name for path in (place.folder / "blobs").glob("??/*")}


# --- There and back


def test_a_home_made_from_a_backup_answers_as_the_old_one_did(
    library, back_up, told, place, start_core, tmp_path
) -> None:
    before = told(library)
    made = back_up()
    assert (made["assets"], made["problems"], made["removed"]) == (3, 0, 0)

    outcome = restored(place, tmp_path / "new")
    assert (outcome.assets, outcome.missing) == (3, [])
    new = start_core(tmp_path / "new")
    assert new.token == library.token
    assert told(new) == before
    assert "demo.mine" in {plugin.plugin_id for plugin in new.kernel.plugins.list().items}
    assert (new.home / "plugin_data" / "demo.mine" / "deep" / "notes.txt").read_text() == "notes"
    assert new.run_job("storage.verify", {"deep": True}).result["counts"] == {}


def test_what_is_written_after_the_moment_of_a_backup_is_not_in_it(library, back_up, place, start_core, tmp_path):
    back_up()
    library.client.post("/v1/entities", json={"display_name": "Later"}).raise_for_status()
    restored(place, tmp_path / "new")
    names = [
        entity["display_name"]
        for entity in start_core(tmp_path / "new").client.get("/v1/entities").json()["data"]["items"]
    ]
    assert names == ["Ada"]


DIARY = """
from fastapi import APIRouter
from faceforge_sdk import Envelope, Migrations, Router, hookimpl, ok

@hookimpl
def register_migrations():
    return [Migrations("migrations")]

@hookimpl
def register_routers(ctx):
    router = APIRouter()

    @router.post("/{entity_id}")
    def write(entity_id: str, words: str) -> Envelope[None]:
        ctx.plugin_data.put("entity", entity_id, {"last": words})
        ctx.db.write(lambda tables: tables.run("INSERT INTO {prefix}days VALUES (:entity_id, :words)",
                                               entity_id=entity_id, words=words))
        return ok(None)

    @router.get("/{entity_id}")
    def read(entity_id: str) -> Envelope[list]:
        with ctx.db.read() as tables:
            rows = [row["words"] for row in tables.all("SELECT words FROM {prefix}days ORDER BY rowid")]
        return ok([rows, ctx.plugin_data.get("entity", entity_id)])

    return [Router(router)]
"""
DAYS = """
CREATE TABLE {prefix}days (entity_id TEXT NOT NULL REFERENCES entities (entity_id) ON DELETE CASCADE, words TEXT);
CREATE INDEX {prefix}days_of ON {prefix}days (entity_id);
"""


def test_what_plugins_keep_in_tables_and_about_entities_comes_back(library, back_up, place, start_core, tmp_path):
    folder = tmp_path / "diary"
    (folder / "migrations").mkdir(parents=True)
    manifest = {"id": "demo.diary", "name": "Diary", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(DIARY)
    (folder / "migrations" / "0001_days.sql").write_text(DAYS)
    library.install_plugin(folder)
    [ada] = library.client.get("/v1/entities").json()["data"]["items"]
    address = f"/v1/plugins/demo.diary/{ada['entity_id']}"
    for words in ("rain", "sun"):
        library.client.post(address, params={"words": words}).raise_for_status()
    back_up()
    library.client.post(address, params={"words": "after the backup"}).raise_for_status()

    restored(place, tmp_path / "new")

    new = start_core(tmp_path / "new")
    assert new.kernel.plugins.get("demo.diary").state == "active"
    assert new.client.get(address).json()["data"] == [["rain", "sun"], {"last": "sun"}]
    new.client.post(address, params={"words": "snow"}).raise_for_status()
    assert new.client.get(address).json()["data"][0] == ["rain", "sun", "snow"]


def test_files_that_lay_elsewhere_lie_in_the_home_that_is_made(library, back_up, place, start_core, tmp_path) -> None:
    (asset, *_) = library.client.get("/v1/assets").json()["data"]["items"]
    content = library.client.get(f"/v1/assets/{asset['asset_id']}/download").content
    library.kernel.plugins.disable("faceforge.storage_s3")
    back_up()
    copy = sqlite3.connect(place.snapshot(place.names()[0]) / "core.sqlite3")
    with copy:
        copy.execute(
            "UPDATE assets SET storage_provider = 's3', storage_key = 'x' WHERE asset_id = ?", (asset["asset_id"],)
        )
    copy.close()
    manifest = place.snapshot(place.names()[0]) / "manifest.json"
    said = json.loads(manifest.read_bytes())
    said["database"]["sha256"] = _hash_of(manifest.with_name("core.sqlite3"))
    manifest.write_text(json.dumps(said))

    restored(place, tmp_path / "new")
    new = start_core(tmp_path / "new")
    found = new.client.get(f"/v1/assets/{asset['asset_id']}").json()["data"]
    assert (found["storage_provider"], found["storage_key"][:6]) == ("fs", "files/")
    assert new.client.get(f"/v1/assets/{asset['asset_id']}/download").content == content


def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_folders_elsewhere_are_left_out_of_the_new_configuration(library, back_up, place, start_core, tmp_path) -> None:
    core_json = library.kernel.home.core_json
    config = json.loads(core_json.read_text())
    core_json.write_text(json.dumps({**config, "paths": {"s3_dir": str(tmp_path / "far away")}}))
    back_up()
    restored(place, tmp_path / "new")
    assert "paths" not in json.loads((tmp_path / "new" / "config" / "core.json").read_text())


# --- Again and again


def test_the_next_backup_copies_only_what_is_new(library, back_up, place) -> None:
    first = back_up()
    assert first["added_bytes"] > 11_000
    held = blobs(place)
    second = back_up()
    assert (second["assets"], second["added_files"], second["added_bytes"]) == (3, 0, 0)
    assert blobs(place) == held
    assert [one.name for one in library.kernel.services.backups.list().items] == [second["name"], first["name"]]


def test_only_the_newest_stay_and_files_that_none_of_them_needs_go(
    library, back_up, place, start_core, tmp_path
) -> None:
    config = library.kernel.plugins.config("faceforge.backup").config
    library.kernel.plugins.configure("faceforge.backup", {**config, "keep": 2})
    (asset, other) = library.client.get("/v1/assets").json()["data"]["items"]
    back_up()
    library.client.delete(f"/v1/assets/{asset['asset_id']}").raise_for_status()
    assert library.run_job("trash.purge", {"kinds": ["assets"], "older_than_days": 0}).status == "succeeded"
    assert back_up()["removed"] == 0
    assert asset["asset_id"] in blobs(place)
    assert back_up()["removed"] == 1
    assert len(place.names()) == 2
    assert asset["asset_id"] not in blobs(place)
    restored(place, tmp_path / "new")
    assert start_core(tmp_path / "new").client.get(f"/v1/assets/{other['asset_id']}/download").status_code == 200


def test_a_backup_from_the_future_takes_no_others_place_and_stays(library, back_up, place) -> None:
    config = library.kernel.plugins.config("faceforge.backup").config
    library.kernel.plugins.configure("faceforge.backup", {**config, "keep": 2})
    back_up()
    future = place.snapshot("20991231T235959Z")
    place.snapshot(place.names()[0]).rename(future)
    (first, second) = back_up(), back_up()
    assert place.names() == [first["name"], second["name"], future.name]
    third = back_up()
    assert third["removed"] == 1
    assert place.names() == [second["name"], third["name"], future.name]


def test_a_damaged_backup_keeps_every_file_from_being_removed(library, back_up, place) -> None:
    config = library.kernel.plugins.config("faceforge.backup").config
    library.kernel.plugins.configure("faceforge.backup", {**config, "keep": 2})
    back_up()
    back_up()
    (place.snapshot(place.names()[1]) / "core.sqlite3").write_bytes(b"no database")
    held = blobs(place)
    job = library.run_job("backup.create")
    assert job.status == "failed"
    assert "can't be read" in job.error.message
    assert blobs(place) >= held


def test_thumbnails_and_other_caches_are_left_out(library, back_up, place) -> None:
    cache = library.home / "plugin_data" / "demo.mine" / "cache"
    cache.mkdir()
    (cache / "CACHEDIR.TAG").write_bytes(b"Signature: 8a477f597d28d172789f06886806bc55\n")
    (cache / "made.bin").write_bytes(b"can be made again")
    back_up()
    files = json.loads((place.snapshot(place.names()[0]) / "files.json").read_text())
    assert {"config/core.json", "plugins/mine/plugin.json", "plugin_data/demo.mine/deep/notes.txt"} <= {
        one["path"] for one in files
    }
    assert not [one for one in files if "cache" in one["path"]]


# --- Damage


def test_a_damaged_file_is_told_of_and_the_rest_is_a_backup(library, back_up, place, start_core, tmp_path) -> None:
    (asset, other) = library.client.get("/v1/assets").json()["data"]["items"]
    blob = library.home / "assets" / asset["storage_key"]
    blob.chmod(0o600)
    blob.write_bytes(b"x" * asset["byte_size"])
    job = library.run_job("backup.create")
    assert (job.result["assets"], job.result["problems"]) == (2, 1)
    log = library.kernel.jobs.log(job.job_id).items
    assert [line.message for line in log if line.level == "warning"] == [
        f"{asset['filename']} is not in the backup: The bytes are not those of the file's id."
    ]
    report = health.check(library.kernel.services.backups)
    assert (report.status, report.values["problems"]) == ("warning", "1")
    outcome = restored(place, tmp_path / "new")
    assert outcome.missing == [f"The file {asset['asset_id']} is lost or damaged in the backup."]
    assert start_core(tmp_path / "new").client.get(f"/v1/assets/{other['asset_id']}/download").status_code == 200


def test_a_file_damaged_in_the_backup_is_never_restored(library, back_up, place, tmp_path) -> None:
    back_up()
    (asset, _) = library.client.get("/v1/assets").json()["data"]["items"]
    place.blob(asset["asset_id"]).write_bytes(b"y" * asset["byte_size"])
    outcome = restored(place, tmp_path / "new")
    assert len(outcome.missing) == 1
    assert not (tmp_path / "new" / "assets" / asset["storage_key"]).exists()


def test_a_check_reads_every_file_of_every_backup(library, back_up, place) -> None:
    back_up()
    library.client.post("/v1/assets/upload", files={"file": ("more.txt", b"one more")}).raise_for_status()
    back_up()
    told: list[tuple[int, int]] = []
    checked = check(place, lambda done, total: told.append((done, total)))
    assert (checked.backups, checked.problems) == (2, [])
    assert told == [(done, checked.files) for done in range(1, checked.files + 1)]
    assert checked.files == len([*place.blobs.glob("*/*")])


def test_a_file_that_rotted_in_the_backups_is_found_and_comes_again_with_the_next(library, back_up, place) -> None:
    back_up()
    rotted, lost = (hashlib.sha256(content * 1000).hexdigest() for content in (b"first", b"second"))
    place.blob(rotted).write_bytes(b"FIRST" * 1000)
    place.blob(lost).unlink()
    assert back_up()["added_files"] == 1, "what is missing is seen at once, what rotted is not"
    [problem] = check(place).problems
    assert problem.startswith(f"The file {rotted} is damaged")
    assert place.blob(rotted).with_name(f"{rotted}.damaged").read_bytes() == b"FIRST" * 1000
    assert check(place).problems == [
        f"The file {rotted} is missing; the next backup brings it again, if the library has it."
    ]
    assert back_up()["added_files"] == 1
    assert check(place).problems == []


def test_a_backup_that_can_not_be_read_is_a_problem_and_the_others_are_checked(library, back_up, place) -> None:
    first, second, third = (back_up()["name"] for _ in range(3))
    with (place.snapshot(first) / "core.sqlite3").open("r+b") as database:
        database.seek(5000)
        database.write(b"rot")
    (place.snapshot(second) / "files.json").unlink()
    checked = check(place)
    assert checked.backups == 3
    assert checked.problems[0] == f"The database in the backup {first} is damaged."
    assert checked.problems[1].startswith(f"The backup {second} in {place.folder} can't be read")
    assert checked.files > 3, third


def test_a_folder_without_backups_is_not_checked(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="holds no backups"):
        check(BackupPlace(tmp_path))


def test_a_damaged_database_in_a_backup_is_refused_before_anything_is_written(back_up, place, tmp_path) -> None:
    back_up()
    database = place.snapshot(place.names()[0]) / "core.sqlite3"
    database.write_bytes(database.read_bytes()[:-1] + b"?")
    with pytest.raises(StartRefused, match="is damaged; another backup"):
        restored(place, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_names_that_lead_out_of_the_home_are_refused(back_up, place, tmp_path) -> None:
    back_up()
    files = place.snapshot(place.names()[0]) / "files.json"
    for name in ("../evil", "config/../../evil", "/etc/evil", "tools/evil", "config"):
        files.write_text(json.dumps([{"path": name, "sha256": "0" * 64, "bytes": 1}]))
        with pytest.raises(StartRefused, match="outside of the home"):
            restored(place, tmp_path / f"new{len(name)}")
    assert not (tmp_path / "evil").exists()


def test_a_folder_with_something_in_it_is_never_restored_into(back_up, place, tmp_path) -> None:
    back_up()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(StartRefused, match="is not empty"):
        restored(place, tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


def test_a_home_is_not_made_among_the_backups(back_up, place, tmp_path) -> None:
    back_up()
    for root in (place.folder / "home", place.folder / "blobs" / "home"):
        with pytest.raises(StartRefused, match="one mishap would take both"):
            restored(place, root)
        assert not root.exists()


def test_which_backup_may_be_said_and_has_to_be_one(library, back_up, place, start_core, tmp_path) -> None:
    first = back_up()["name"]
    library.client.post("/v1/entities", json={"display_name": "Later"}).raise_for_status()
    back_up()
    restored(place, tmp_path / "new", first)
    assert start_core(tmp_path / "new").client.get("/v1/entities").json()["data"]["total"] == 1
    with pytest.raises(StartRefused, match=f"There is no backup never .*{first}"):
        restored(place, tmp_path / "other", "never")
    with pytest.raises(StartRefused, match="holds no backups"):
        restored(BackupPlace(tmp_path), tmp_path / "other")


# --- Places


def refusal(library: Any, folder: object) -> str:
    library.kernel.plugins.configure("faceforge.backup", {"folder": str(folder)})
    job = library.run_job("backup.create")
    assert job.status == "failed"
    message: str = job.error.message
    return message


def test_a_folder_that_can_not_do_is_refused_with_its_reason(library, place, tmp_path) -> None:
    assert "No folder for backups is chosen" in refusal(library, "")
    assert "name it in full" in refusal(library, "backups")
    assert "lie in one another" in refusal(library, library.home / "backups" / "mine")
    assert "lie in one another" in refusal(library, library.home.parent)
    assert "Is its disk connected?" in refusal(library, tmp_path / "unplugged" / "backups")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    assert "holds something else" in refusal(library, tmp_path / "photos")
    (tmp_path / "a file").touch()
    assert "is a file" in refusal(library, tmp_path / "a file")
    assert list((tmp_path / "photos").iterdir()) == [tmp_path / "photos" / "a.jpg"]


def test_the_backups_of_another_home_and_of_a_newer_core_are_left_alone(library, back_up, place) -> None:
    back_up()
    mark = place.folder / "faceforge-backups.json"
    said = json.loads(mark.read_text())
    mark.write_text(json.dumps({**said, "home_uuid": "another"}))
    assert "backups of another home" in refusal(library, place.folder)
    mark.write_text(json.dumps({**said, "format": 2}))
    assert "made by a newer FaceForge Core" in refusal(library, place.folder)


def test_what_was_not_finished_is_no_backup_and_goes_with_the_next(library, back_up, place) -> None:
    back_up()
    unfinished = place.snapshots / ".part-0123"
    shutil.copytree(place.snapshot(place.names()[0]), unfinished)
    (place.snapshot("20200101T000000Z")).mkdir()
    assert len(place.names()) == 1
    back_up()
    assert not unfinished.exists()
    assert len(library.kernel.services.backups.list().items) == 2


def test_one_waits_for_another_and_can_be_cancelled_meanwhile(library) -> None:
    service = library.kernel.services.backups
    steps: list[str | None] = []

    def cancel() -> None:
        if steps:
            raise JobCancelled

    def meanwhile(_percent: float, _step: str | None) -> None:
        if not steps:
            with pytest.raises(JobCancelled):
                service.make(lambda _percent, step: steps.append(step), cancel, lambda *_: None)

    assert service.make(meanwhile, lambda: None, lambda *_: None).assets == 3
    assert steps == ["Waiting for the backup that is being made"]


# --- By themselves


def snapshot(age: timedelta, problems: int = 0) -> Snapshot:
    at = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return Snapshot(
        name="20260101T000000Z", created_at=at, core_version="0.2.0", assets=1, total_bytes=1, problems=problems
    )


def listed(*items: Snapshot, folder: str | None = "/x", available: bool = True) -> BackupList:
    return BackupList(folder=folder, available=available, items=list(items))


def test_a_backup_is_due_when_the_newest_is_so_old_or_there_is_none() -> None:
    week, moment = timedelta(days=7), datetime.now(UTC)
    assert is_due(listed(), week, moment)
    assert is_due(listed(snapshot(timedelta(days=8)), snapshot(timedelta(days=20))), week, moment)
    assert not is_due(listed(snapshot(timedelta(days=6))), week, moment)
    assert not is_due(listed(folder=None), week, moment)
    assert not is_due(listed(available=False), week, moment)  # its disk is not connected


def test_a_backup_from_the_future_keeps_none_from_being_made() -> None:
    week, moment = timedelta(days=7), datetime.now(UTC)
    future, today = snapshot(timedelta(days=-365)), snapshot(timedelta(hours=1))
    assert is_due(listed(future), week, moment)
    assert is_due(listed(future, snapshot(timedelta(days=8))), week, moment)
    assert not is_due(listed(future, today), week, moment)
    assert not is_due(listed(snapshot(timedelta(hours=-1))), week, moment)  # the clock was set back by an hour


def test_the_calendar_queues_one_and_only_where_it_is_wanted() -> None:
    for days, queued in ((None, 0), (7, 1)):
        ctx = fake_context(plugin_id="faceforge.backup", config={"every_days": days})
        for _ in range(2):  # the first has not run by then
            assert look(ctx) is bool(days)
        assert len(ctx.jobs.list(JobQuery()).items) == queued


def test_doctor_speaks_of_backups(library, back_up) -> None:
    service = library.kernel.services.backups
    assert health.check(service).status == "warning"
    back_up()
    assert health.check(service).status == "ok"
    assert health.check(service, datetime.now(UTC) + timedelta(days=45)).status == "warning"
    assert health.check(service, datetime.now(UTC) - timedelta(days=45)).summary.startswith("There is no backup")
    library.kernel.plugins.configure("faceforge.backup", {})
    assert health.check(service).status == "off"
