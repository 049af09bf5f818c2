"""What an import can be asked for beside v0.1.9's options, what it remembers, and how it is undone."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")


def lines(job: Any, message: str) -> list[Any]:
    return [line for line in job["log"] if line["message"] == message]


def names_of(imports: Any, entity_id: str) -> dict[str, str | None]:
    """The files of an entity, and the role of each."""
    items = imports.api.data("GET", f"/v1/entities/{entity_id}/assets", params={"limit": 200})["items"]
    return {item["filename"]: item["role"] for item in items}


def entities(imports: Any, **query: Any) -> dict[str, Any]:
    """The entities by name."""
    items = imports.api.data("GET", "/v1/entities", params={"limit": 200, **query})["items"]
    return {item["display_name"]: item for item in items}


# --- Which files, and what they become


def test_patterns_choose_what_comes_in(imports: Any, folder: Path, fill: Callable[..., None]) -> None:
    fill("a.jpg", "b.JPG", "c.tmp", "Backups/d.jpg", "2019/e.jpg", "2019/f.txt")
    job = imports.run(folder, include=["*.jpg", "*.tmp"], exclude=["backups/", "*.tmp"])
    assert set(imports.assets(job)) == {"a.jpg", "b.JPG", "e.jpg"}
    assert lines(job, "Bulk import discovered files")[0]["data"]["files"] == 3


def test_rules_say_the_kind(imports: Any, folder: Path, fill: Callable[..., None]) -> None:
    fill("a.jpg", "b.CR2", "c.txt")
    rules = [{"match": ".cr2", "kind": "raw"}, {"match": "image/*", "kind": " photo "}]
    assets = imports.assets(imports.run(folder, kind="other", kind_rules=rules))
    assert {name: asset["kind"] for name, asset in assets.items()} == {
        "a.jpg": "photo",
        "b.CR2": "raw",
        "c.txt": "other",
    }


@pytest.mark.parametrize(
    "wanted",
    [
        {"include": "*.jpg"},
        {"include": ["a\\b"]},
        {"exclude": [""]},
        {"exclude": ["../x"]},
        {"include": ["x"] * 101},
        {"kind_rules": [{"match": "jpg", "kind": "photo"}]},
        {"kind_rules": [{"match": ".jpg", "kind": ""}]},
        {"kind_rules": [{"match": ".jpg"}]},
        {"tags": [""]},
        {"tags": ["family"]},
        {"role": "portrait"},
        {"role": "x" * 201},
        {"dry_run": "perhaps"},
        {"entity_id": "nobody"},
        {"entity_id": 5},
    ],
)
def test_j07_an_option_that_means_nothing_is_422_and_makes_no_job(imports: Any, folder: Path, wanted: Any) -> None:
    def of_people() -> int:
        return int(imports.api.data("GET", "/v1/jobs", params={"background": "false"})["total"])

    before = of_people()
    body = {"path": str(folder), **wanted}
    error = imports.api.error("POST", "/v1/assets/bulk-import", 422, "validation_error", json=body)
    assert next(iter(wanted)) in json.dumps(error["details"])
    assert of_people() == before


# --- Entities


def test_all_files_are_linked_to_a_named_entity(imports: Any, folder: Path, fill: Callable[..., None]) -> None:
    fill("a.jpg", "sub/b.jpg")
    entity = imports.api.entity("Ada")["entity_id"]
    job = imports.run(folder, entity_id=entity, role="portrait")
    assert names_of(imports, entity) == {"a.jpg": "portrait", "b.jpg": "portrait"}
    assert (job["result"]["linked"], job["result"]["entities_created"]) == (2, 0)


def test_files_are_linked_to_the_entities_of_their_folders(
    fresh_imports: Any, folder: Path, fill: Callable[..., None]
) -> None:
    imports = fresh_imports
    ben = imports.api.entity("ben", tags=["friend"])["entity_id"]
    fill("stray.jpg", "Ada/a.jpg", "Ada/Childhood/b.jpg", "Ben/c.jpg")
    (folder / "Nothing").mkdir()
    job = imports.run(folder, entity_per_folder=True, tags=["family", "friend"], role="portrait")

    found = entities(imports)
    assert set(found) == {"Ada", "Childhood", "ben"}, "none for the folder of all, nor for one without files"
    assert found["ben"]["entity_id"] == ben, "who is called so already is taken, case aside"
    assert {name: entity["tags"] for name, entity in found.items()} == {
        "Ada": ["family", "friend"],
        "Childhood": ["family", "friend"],
        "ben": ["friend", "family"],
    }
    assert names_of(imports, found["Ada"]["entity_id"]) == {"a.jpg": "portrait"}
    assert names_of(imports, ben) == {"c.jpg": "portrait"}
    assert (job["result"]["linked"], job["result"]["entities_created"], job["result"]["imported"]) == (3, 2, 4)


def test_a_folder_without_folders_is_an_entity_itself(
    fresh_imports: Any, folder: Path, fill: Callable[..., None]
) -> None:
    fill("a.jpg", "b.jpg")
    fresh_imports.run(folder, entity_per_folder=True)
    (entity,) = entities(fresh_imports).values()
    assert entity["display_name"] == folder.name
    assert set(names_of(fresh_imports, entity["entity_id"])) == {"a.jpg", "b.jpg"}


def test_known_files_are_linked_too_and_a_renamed_entity_is_found_again(
    fresh_imports: Any, folder: Path, fill: Callable[..., None]
) -> None:
    imports = fresh_imports
    fill("Ada/a.jpg", "Ben/b.jpg")
    shutil.copy(folder / "Ada" / "a.jpg", folder / "Ben" / "copy of a.jpg")
    imports.run(folder)
    job = imports.run(folder, entity_per_folder=True)
    assert (job["result"]["unchanged"], job["result"]["linked"]) == (3, 3)
    ada = entities(imports)["Ada"]["entity_id"]
    imports.api.data("PATCH", f"/v1/entities/{ada}", json={"display_name": "Ada Lovelace"})
    fill("Ada/new.jpg")
    job = imports.run(folder, entity_per_folder=True)
    assert (job["result"]["linked"], job["result"]["entities_created"]) == (1, 0)
    assert set(names_of(imports, ada)) == {"a.jpg", "new.jpg"}
    assert set(entities(imports)) == {"Ada Lovelace", "Ben"}


# --- What is known


def test_unchanged_files_are_not_read_again(
    imports: Any, folder: Path, fill: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill("a.txt", "b.txt", "c.txt", "d.txt", **{"c.txt_meta.json": {"n": 1}})
    imports.run(folder)
    (folder / "b.txt").write_bytes(imports.api.content())
    os.utime(folder / "d.txt", ns=(1, 1))
    fill(**{"c.txt_meta.json": {"n": 22}})
    opened: list[Path] = []
    really = os.open

    def remember(path: Any, *arguments: Any, **options: Any) -> int:
        opened.append(Path(os.fsdecode(path)))
        return really(path, *arguments, **options)

    monkeypatch.setattr(os, "open", remember)
    job = imports.run(folder)
    assert {path.name for path in opened if path.parent == folder} == {
        "b.txt",
        "c.txt",
        "c.txt_meta.json",
        "d.txt",
    }
    result = job["result"]
    assert (result["imported"], result["skipped_existing"], result["unchanged"]) == (1, 3, 1)
    assert (imports.run(folder)["result"]["unchanged"], imports.run(folder, reread=True)["result"]["unchanged"]) == (
        4,
        0,
    )


def test_what_went_to_the_trash_is_not_taken_for_known(imports: Any, folder: Path, fill: Callable[..., None]) -> None:
    fill("a.txt")
    (asset,) = imports.assets(imports.run(folder)).values()
    imports.api.data("DELETE", f"/v1/assets/{asset['asset_id']}")
    result = imports.run(folder)["result"]
    assert (result["imported"], result["unchanged"]) == (1, 0)


# --- The log


def test_a_large_import_tells_of_its_files_by_the_batch_and_of_its_problems_up_to_a_number(
    fresh_imports: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from faceforge_builtins.bulk_import import report

    monkeypatch.setattr(report, "LINES", 20)
    for number in range(60):
        (folder / f"{number:03}.txt").write_text(f"{number}")
        (folder / f"empty {number}").touch()
    job = fresh_imports.run(folder)
    assert (job["result"]["imported"], job["result"]["warnings"]) == (60, 60)
    assert len(lines(job, "Imported")) == 20
    batches = [line["data"] for line in lines(job, "Imported files")]
    assert sum(batch["files"] for batch in batches) == 40
    assert sum(batch["bytes"] for batch in batches) == 80
    assert batches[-1]["last"] == str(folder / "059.txt")
    assert len(lines(job, "Skipped empty file")) == 20
    assert len([line for line in job["log"] if "only counted" in line["message"]]) == 1


def test_progress_is_told_in_words(fresh_imports: Any, folder: Path, fill: Callable[..., None]) -> None:
    imports = fresh_imports
    fill(*(f"{number}.txt" for number in range(40)))
    job_id = imports.start(folder, throttle_ms=100)  # longer than the second after which files are counted
    seen = imports.core.wait_for(
        lambda: (
            job["progress_step"]
            if "of 40 files" in str((job := imports.api.data("GET", f"/v1/jobs/{job_id}"))["progress_step"])
            else None
        )
    )
    assert seen.count(" · ") >= 2
    assert "files/s" in seen
    assert imports.ended(job_id)["progress_percent"] == 100


# --- Trying it out


def test_a_dry_run_says_what_would_come_in_and_writes_nothing(
    fresh_imports: Any, folder: Path, fill: Callable[..., None], dump: Any, blobs: Any
) -> None:
    imports = fresh_imports
    for plugin_id in ("faceforge.ingest", "faceforge.thumbnails"):  # what they do after an import is not the dry run's
        imports.core.kernel.plugins.disable(plugin_id)
    fill("Ada/known.jpg")
    imports.run(folder)
    fill("a.jpg", "Ada/b.JPG", "Ben/c.txt", "no extension", "x.tmp", **{"a.jpg_meta.json": {"n": 1}, "empty": b""})
    settled = imports.core.wait_for(lambda: told if (told := quiet(imports, dump)) == quiet(imports, dump) else None)
    job = imports.run(
        folder,
        dry_run=True,
        entity_per_folder=True,
        tags=["family"],
        exclude=["*.tmp"],
        kind_rules=[{"match": "image/*", "kind": "photo"}],
    )

    assert quiet(imports, dump) == settled
    assert job["status"] == "succeeded"
    result = job["result"]
    assert (result["dry_run"], result["imported"], result["unchanged"], result["warnings"]) == (True, 0, 1, 1)
    sizes = {name: (folder / name).stat().st_size for name in ("a.jpg", "Ada/b.JPG", "Ben/c.txt", "no extension")}
    pictures = {"files": 2, "bytes": sizes["a.jpg"] + sizes["Ada/b.JPG"]}
    assert result["would_import"] == {
        "files": 4,
        "bytes": sum(sizes.values()),
        "by_extension": {
            ".jpg": pictures,
            ".txt": {"files": 1, "bytes": sizes["Ben/c.txt"]},
            "": {"files": 1, "bytes": sizes["no extension"]},
        },
        "by_kind": {
            "photo": pictures,
            "file": {"files": 2, "bytes": sizes["Ben/c.txt"] + sizes["no extension"]},
        },
        "folders": 2,
    }
    assert {Path(line["data"]["file"]).name for line in lines(job, "Would be imported")} == {
        Path(name).name for name in sizes
    }


def quiet(imports: Any, dump: Any) -> Any:
    """All that a home holds beside the records of jobs, what happened, and the search that catches up by itself."""
    rows = {
        name: content
        for name, content in dump(imports.core.home).items()
        if name not in {"jobs", "job_logs", "events", "event_cursors", "sqlite_sequence"}
        and not name.endswith("_pending")
        and "_fts" not in name
    }
    files = [path for path in imports.core.home.rglob("*") if path.parent.name not in {"db", "logs"}]
    return rows, sorted((str(path), path.stat().st_size) for path in files if path.is_file())


# --- Taking it back


def undone(imports: Any, import_id: str) -> Any:
    answer = imports.api.data("POST", f"/v1/assets/bulk-import/{import_id}/undo")
    assert (set(answer), answer["job_type"]) == ({"job_id", "job_type", "status", "created_at"}, "assets.undo-import")
    return imports.ended(answer["job_id"])


def test_an_undo_takes_back_what_the_import_created_and_nothing_else(
    fresh_imports: Any, folder: Path, fill: Callable[..., None]
) -> None:
    imports = fresh_imports
    fill("Ben/before.jpg")
    imports.run(folder)
    ben = imports.api.entity("Ben")["entity_id"]
    fill("Ada/a.jpg", "Ben/b.jpg")
    import_id = imports.start(folder, entity_per_folder=True)
    imports.ended(import_id)
    assert imports.created(import_id) == {
        "job_id": import_id,
        "assets": {"created": 2, "live": 2},
        "entities": {"created": 1, "live": 1},
        "links": {"created": 3, "live": 3},
    }

    job = undone(imports, import_id)
    assert (job["status"], job["result"]["assets"], job["result"]["entities"]) == ("succeeded", 2, 1)
    assert {asset["filename"] for asset in imports.api.data("GET", "/v1/assets")["items"]} == {"before.jpg"}
    assert set(entities(imports)) == {"Ben"}
    assert names_of(imports, ben) == {}
    assert {kind: count["live"] for kind, count in imports.created(import_id).items() if kind != "job_id"} == {
        "assets": 0,
        "entities": 0,
        "links": 0,
    }
    assert undone(imports, import_id)["result"]["assets"] == 0, "twice does no harm"

    again = imports.run(folder, entity_per_folder=True)["result"]
    assert (again["imported"], again["skipped_existing"]) == (2, 1), "it can be brought in again"


def test_an_import_that_runs_can_not_be_undone(fresh_imports: Any, folder: Path, fill: Callable[..., None]) -> None:
    imports = fresh_imports
    fill("a.txt", "b.txt")
    import_id = imports.start(folder, throttle_ms=60_000)
    error = imports.api.error("POST", f"/v1/assets/bulk-import/{import_id}/undo", 409, "conflict")
    assert error["message"].endswith(".")
    body = {"job_type": "assets.undo-import", "input": {"import_id": import_id}}
    assert imports.ended(imports.api.data("POST", "/v1/jobs", json=body)["job_id"])["status"] == "failed"
    imports.core.wait_for(lambda: imports.created(import_id)["assets"]["created"])
    imports.api.data("POST", f"/v1/jobs/{import_id}/cancel")
    imports.ended(import_id)
    assert undone(imports, import_id)["result"]["assets"] == 1


def test_a_job_that_was_no_import_has_no_summary_and_no_undo(imports: Any, folder: Path) -> None:
    job_id = imports.api.data("POST", "/v1/storage/verify")["job_id"]
    for unknown in (job_id, "none"):
        imports.api.error("GET", f"/v1/assets/bulk-import/{unknown}", 404, "not_found")
        imports.api.error("POST", f"/v1/assets/bulk-import/{unknown}/undo", 404, "not_found")
    import_id = imports.start(folder)
    imports.ended(import_id)
    assert imports.created(import_id)["assets"] == {"created": 0, "live": 0}, "one that found nothing is one"


# --- Looking for the folder


def listed(imports: Any, path: object = None) -> Any:
    params = {} if path is None else {"path": str(path)}
    return imports.api.data("GET", "/v1/assets/bulk-import/folders", params=params)


def test_a_folder_is_looked_through(imports: Any, folder: Path, fill: Callable[..., None]) -> None:
    fill("a.txt", "B/b.txt", "a/c.txt", ".hidden/d.txt")
    found = listed(imports, folder)
    assert [one["name"] for one in found["folders"]] == [".hidden", "a", "B"]
    assert [one["path"] for one in found["folders"]] == [str(folder / name) for name in (".hidden", "a", "B")]
    assert all(one["importable"] and one["reason"] is None for one in found["folders"])
    assert (found["path"], found["parent"], found["importable"]) == (str(folder), str(folder.parent), True)
    assert (found["files"], found["bytes"], found["more"]) == (1, (folder / "a.txt").stat().st_size, False)


def test_folders_that_may_not_be_imported_say_why(imports: Any, tmp_path: Path) -> None:
    home = imports.core.home
    found = listed(imports, home.parent)
    assert (found["importable"], "FaceForge itself" in found["reason"]) == (False, True)
    (entry,) = [one for one in found["folders"] if one["name"] == home.name]
    assert (entry["importable"], "FaceForge itself" in entry["reason"]) == (False, True)
    for path in (home, home / "config"):
        error = imports.api.error(
            "GET", "/v1/assets/bulk-import/folders", 422, "validation_error", params={"path": str(path)}
        )
        assert "FaceForge itself" in error["message"]


@POSIX_ONLY
def test_links_are_shown_as_what_they_lead_to(imports: Any, folder: Path) -> None:
    (folder / "home").symlink_to(imports.core.home)
    (folder / "sound").symlink_to(folder.parent)
    (folder / "nowhere").symlink_to(folder / "nothing")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9")).mkdir()
    found = {one["name"]: one["importable"] for one in listed(imports, folder)["folders"]}
    assert found == {"home": False, "sound": True, "caf\ufffd": False}


def test_the_places_to_start_from_are_the_usual_ones(
    imports: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pictures").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    found = listed(imports)
    assert (found["path"], found["parent"]) == (None, None)
    paths = [one["path"] for one in found["folders"]]
    assert paths[:2] == [str(tmp_path), str(tmp_path / "Pictures")]
    assert all(Path(path).is_dir() for path in paths)


def test_where_roots_are_set_only_they_are_looked_through(
    start_core: Any, api_of: Any, imports_of: Any, folder: Path, tmp_path: Path
) -> None:
    home = tmp_path / "bounded"
    (home / "config").mkdir(parents=True)
    (folder / "sub").mkdir()
    (home / "config" / "core.json").write_text(json.dumps({"import": {"roots": [str(folder)]}}))
    core = start_core(home)
    imports = imports_of(core, api_of(core.client))
    assert [one["path"] for one in listed(imports)["folders"]] == [str(folder)]
    assert (listed(imports, folder)["parent"], listed(imports, folder / "sub")["parent"]) == (None, str(folder))
    for path in (tmp_path, folder / "..", home):
        imports.api.error("GET", "/v1/assets/bulk-import/folders", 422, "validation_error", params={"path": str(path)})


def test_a_folder_that_is_none_is_a_sentence(imports: Any, folder: Path, fill: Callable[..., None]) -> None:
    fill("a.txt")
    for path, status, code in (
        (folder / "nothing", 404, "not_found"),
        (folder / "a.txt", 422, "validation_error"),
        ("  ", 422, "validation_error"),
        ("~no-such-user/x", 422, "validation_error"),
    ):
        error = imports.api.error("GET", "/v1/assets/bulk-import/folders", status, code, params={"path": str(path)})
        assert error["message"]
