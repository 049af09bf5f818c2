"""Importing the files of a folder (section 2 of the contract, "bulk import", and what section 5 changes in it)."""

from __future__ import annotations

import json
import os
import shutil
import socket
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("unread")
POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")


@pytest.fixture
def own_imports(start_core: Any, api_of: Any, imports_of: Any, tmp_path: Path) -> Callable[..., Any]:
    """Into a Core of the test's own, with this core.json."""

    def start(**config: Any) -> Any:
        home = tmp_path / "own"
        (home / "config").mkdir(parents=True)
        (home / "config" / "core.json").write_text(json.dumps(config))
        core = start_core(home)
        return imports_of(core, api_of(core.client))

    return start


def result(folder: Path, imported: int = 0, **others: Any) -> dict[str, Any]:
    figures = {"path": str(folder), "imported": imported, "skipped_existing": 0, "errors": 0, "warnings": 0}
    return {**figures, **others}


def figures(job: Any) -> dict[str, Any]:
    """The result of an import, without what it measured and what it tells beside v0.1.9's figures."""
    return {name: value for name, value in job["result"].items() if name not in {"bytes", "seconds", "unchanged"}}


def messages(job: Any) -> list[str]:
    return [line["message"] for line in job["log"]]


def lines(job: Any, message: str) -> list[Any]:
    return [line for line in job["log"] if line["message"] == message]


# --- What comes in


def test_every_file_under_a_folder_becomes_an_asset(imports: Any, folder: Path, fill) -> None:
    fill("a.txt", "sub/b.png", "sub/deeper/c", "Z.JPG")
    job = imports.run(folder)

    assert (job["status"], job["error"], job["progress_percent"]) == ("succeeded", None, 100)
    assert figures(job) == result(folder, 4)
    assets = imports.assets(job)
    assert {name: asset["mime_type"] for name, asset in assets.items()} == {
        "a.txt": "text/plain",
        "b.png": "image/png",
        "c": "application/octet-stream",
        "Z.JPG": "image/jpeg",
    }
    for path in folder.rglob("*.*"):
        asset = assets[path.name]
        assert (asset["filename"], asset["kind"], asset["meta"]) == (path.name, "file", {})
        assert imports.content(asset) == path.read_bytes()


def test_the_log_speaks_as_v019_did(imports: Any, folder: Path, fill, expected) -> None:
    fill("bulk0.bin", "bulk1.bin")
    job = imports.run(folder)

    old = next(iter(expected["jobs"].values()))["log"]
    keys = {line["message"]: set(line["data"] or ()) for line in old}
    for message in ("Job queued", "Job started", "Bulk import discovered files", "Imported", "Job completed"):
        assert message in messages(job)
        assert all(set(line["data"] or ()) >= keys[message] for line in lines(job, message))
    (discovered,) = lines(job, "Bulk import discovered files")
    assert discovered["data"].items() >= {"path": str(folder), "files": 2, "recursive": True}.items()
    first, second = lines(job, "Imported")
    assert first["data"]["file"] == str(folder / "bulk0.bin")
    assert second["data"]["bytes"] == (folder / "bulk1.bin").stat().st_size
    assert lines(job, "Bulk import finished")[0]["data"] == job["result"]


def test_without_recursion_subfolders_stay_out(imports: Any, folder: Path, fill) -> None:
    fill("a.txt", "sub/b.txt")
    assert figures(imports.run(folder, recursive=False)) == result(folder, 1)


def test_a_kind_is_given_to_all(imports: Any, folder: Path, fill) -> None:
    fill("a.txt", "b.txt")
    assert {asset["kind"] for asset in imports.assets(imports.run(folder, kind=" portrait ")).values()} == {"portrait"}


def test_an_empty_folder_is_a_success(imports: Any, folder: Path) -> None:
    job = imports.run(folder)
    assert (job["status"], figures(job), job["progress_percent"]) == ("succeeded", result(folder), 100)


def test_known_bytes_are_counted_and_nothing_is_stored_twice(imports: Any, folder: Path, fill) -> None:
    fill("a.txt", "b.txt")
    shutil.copy(folder / "a.txt", folder / "copy.txt")
    first = imports.run(folder)
    assert figures(first) == result(folder, 2, skipped_existing=1)
    again = imports.run(folder)
    assert figures(again) == result(folder, 0, skipped_existing=3)
    assert imports.assets(again) == {**imports.assets(first), "copy.txt": imports.assets(first)["a.txt"]}


def test_what_lies_in_the_trash_comes_back(imports: Any, folder: Path, fill) -> None:
    fill("a.txt")
    (asset,) = imports.assets(imports.run(folder)).values()
    imports.api.data("DELETE", f"/v1/assets/{asset['asset_id']}")
    assert figures(imports.run(folder)) == result(folder, 1)
    assert imports.api.data("GET", f"/v1/assets/{asset['asset_id']}")["created_at"] == asset["created_at"]


def test_5_j14_editing_the_original_never_changes_the_asset(imports: Any, folder: Path, fill) -> None:
    fill("a.txt")
    before = (folder / "a.txt").read_bytes()
    (asset,) = imports.assets(imports.run(folder)).values()
    stored = imports.core.home / "assets" / asset["storage_key"]
    assert (folder / "a.txt").stat().st_nlink == stored.stat().st_nlink == 1
    with (folder / "a.txt").open("r+b") as original:
        original.write(b"edited")
    assert imports.content(asset) == before


# --- Sidecars


SIDECARS = ("a.png_meta.json", "a.png._meta.json", "a_meta.json", "a._meta.json")


@pytest.mark.parametrize("place", range(4))
def test_the_first_of_four_names_is_a_files_sidecar(imports: Any, folder: Path, fill, place: int) -> None:
    fill("a.png", **{name: {"from": name} for name in SIDECARS[place:]})
    job = imports.run(folder)

    (asset,) = imports.assets(job).values()
    assert asset["meta"]["metadata"] == [
        {
            "Source": "UserSidecar",
            "Type": "JsonMetadata",
            "Name": SIDECARS[place],
            "NameHashes": None,
            "Data": {"from": SIDECARS[place]},
        }
    ]
    assert job["result"]["imported"] == 1
    assert job["result"].get("skipped", {}) == ({"unused_sidecar": 3 - place} if place < 3 else {})


def test_two_files_may_share_a_sidecar(imports: Any, folder: Path, fill) -> None:
    fill("a.png", "a.txt", **{"a_meta.json": {"n": 1}})
    assets = imports.assets(imports.run(folder))
    assert [asset["meta"]["metadata"][0]["Data"] for asset in assets.values()] == [{"n": 1}, {"n": 1}]


def test_j13_a_bad_sidecar_is_a_warning_and_the_file_comes_in(imports: Any, folder: Path, fill) -> None:
    bad = {"a": b"{", "b": b"\xff\xfe", "c": b"null", "d": b'""', "e": b"[" * 100, "f": b" " * (1024 * 1024 + 1)}
    fill("good.txt", *(f"{name}.txt" for name in bad), **{"good.txt_meta.json": {"fine": True}})
    fill(**{f"{name}.txt_meta.json": content for name, content in bad.items()})
    job = imports.run(folder)

    assert job["status"] == "succeeded"
    assert figures(job) == result(folder, 7, warnings=6)
    warned = lines(job, "Sidecar JSON skipped")
    assert [Path(line["data"]["sidecar"]).name for line in warned] == [f"{name}.txt_meta.json" for name in bad]
    assert all(line["level"] == "warning" and line["data"]["error"] for line in warned)
    assert {name for name, asset in imports.assets(job).items() if asset["meta"]} == {"good.txt"}


def test_3_known_bytes_gain_a_new_sidecar_once(imports: Any, folder: Path, fill) -> None:
    fill("a.txt", **{"a.txt_meta.json": {"n": 1}})
    imports.run(folder)
    fill(**{"a.txt_meta.json": {"n": 2}})
    for _ in range(2):
        job = imports.run(folder)
        assert figures(job) == result(folder, 0, skipped_existing=1)
        (asset,) = imports.assets(job).values()
        assert [entry["Data"] for entry in asset["meta"]["metadata"]] == [{"n": 1}, {"n": 2}]


# --- What does not come in


def test_empty_files_are_skipped_with_a_warning(imports: Any, folder: Path, fill) -> None:
    fill("a.txt", **{"empty.txt": b""})
    job = imports.run(folder)
    assert figures(job) == result(folder, 1, warnings=1)
    (line,) = lines(job, "Skipped empty file")
    assert (line["level"], line["data"]["file"]) == ("warning", str(folder / "empty.txt"))


@POSIX_ONLY
def test_j11_links_pipes_and_sockets_are_passed_over_with_a_counted_reason(
    imports: Any, folder: Path, fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill("a.txt", "sub/b.txt")
    secret = tmp_path / "secret.txt"
    secret.write_bytes(b"not in the folder")
    for name, target in (
        ("file", secret),
        ("folder", tmp_path),
        ("loop", folder),
        ("itself", folder / "itself"),
        ("nowhere", folder / "nothing"),
        ("devices", "/dev"),
        ("processes", "/proc"),
        ("a.txt_meta.json", secret),
    ):
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe")
    with closing(socket.socket(socket.AF_UNIX)) as server:
        monkeypatch.chdir(folder)  # the path of a socket may not be long
        server.bind("socket")
        job = imports.run(folder)

    assert job["status"] == "succeeded"
    assert figures(job) == result(folder, 2, skipped={"link": 8, "special_file": 2})
    assert {Path(line["data"]["file"]).name for line in lines(job, "Skipped")} >= {"file", "loop", "pipe", "socket"}
    assert all(asset["meta"] == {} for asset in imports.assets(job).values())


@POSIX_ONLY
def test_j11_a_name_that_is_no_text_is_mended(imports: Any, folder: Path, api) -> None:
    content = api.content()
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_bytes(content)
    job = imports.run(folder)
    assert figures(job) == result(folder, 1)
    (asset,) = imports.assets(job).values()
    assert asset["filename"] == "caf\ufffd.txt"
    assert imports.content(asset) == content


def test_one_file_that_can_not_be_stored_never_stops_the_others(own_imports, folder: Path, fill) -> None:
    imports = own_imports(limits={"upload_bytes": 1000})
    fill("a.txt", "z.txt", **{"large.bin": bytes(1001)})
    job = imports.run(folder)
    assert (job["status"], figures(job)) == ("succeeded", result(folder, 2, errors=1))
    (line,) = lines(job, "Import failed")
    assert (line["level"], line["data"]["file"]) == ("error", str(folder / "large.bin"))
    assert "1000" in line["data"]["error"]


def test_a_folder_that_does_not_exist_is_a_job_that_fails(imports: Any, folder: Path, fill) -> None:
    fill("a.txt")
    for path in (folder / "nothing", folder / "a.txt"):
        job = imports.run(path)
        assert (job["status"], job["result"], job["error"]["code"]) == ("failed", None, "job_failed")
        assert str(path) in job["error"]["message"]
        assert job["error"]["message"].endswith(".")


# --- What may be asked for


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"path": 5},
        {"path": None},
        {"path": ""},
        {"path": "  "},
        {"path": ["/tmp"]},
        {"path": "~no-such-user/photos"},
        {"path": "/tmp", "throttle_ms": 1e12},
        {"path": "/tmp", "throttle_ms": -1},
        {"path": "/tmp", "throttle_ms": "soon"},
        {"path": "/tmp", "recursive": "perhaps"},
        {"path": "/tmp", "kind": ""},
        {"path": "/tmp", "kind": "x" * 101},
    ],
)
@pytest.mark.parametrize("route", ["bulk-import", "jobs"])
def test_j07_19_an_input_that_is_none_is_422_and_makes_no_job(imports: Any, route: str, wanted: Any) -> None:
    before = imports.count()
    if route == "jobs":
        body = {"job_type": "assets.bulk-import", "input": wanted}
        error = imports.api.error("POST", "/v1/jobs", 422, "validation_error", json=body)
    else:
        error = imports.api.error("POST", "/v1/assets/bulk-import", 422, "validation_error", json=wanted)
    assert error["details"]
    assert imports.count() == before


def test_j07_unknown_keys_are_ignored_and_null_is_the_default(imports: Any, folder: Path, fill) -> None:
    fill("a.txt")
    job = imports.run(folder, more=[1], kind=None, recursive=None)
    assert figures(job) == result(folder, 1)


def test_it_is_a_job_like_any_other(imports: Any, folder: Path, fill) -> None:
    fill("a.txt")
    body = {"job_type": "assets.bulk-import", "input": {"path": str(folder)}}
    assert figures(imports.ended(imports.api.data("POST", "/v1/jobs", json=body)["job_id"])) == result(folder, 1)


@POSIX_ONLY
def test_j12_a_tilde_is_the_users_home(imports: Any, folder: Path, fill, monkeypatch: pytest.MonkeyPatch) -> None:
    fill("a.txt")
    monkeypatch.setenv("HOME", str(folder.parent))
    assert figures(imports.run("~/photos")) == result(folder, 1)


def test_a_relative_path_is_taken_from_where_core_was_started_as_in_v019(
    imports: Any, folder: Path, fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill("a.txt")
    monkeypatch.chdir(folder.parent)
    job = imports.run("photos")
    assert figures(job) == result(Path("photos"), 1)
    (line,) = lines(job, "Bulk import discovered files")
    assert line["data"]["folder"] == str(folder)


@pytest.mark.parametrize("route", ["bulk-import", "jobs"])
@pytest.mark.parametrize("place", [".", "..", "config", "assets", "db/nothing", "../../..", "/"])
def test_j12_cores_own_home_and_what_holds_it_are_refused_with_the_reason(imports: Any, place: str, route: str) -> None:
    path, before = str(imports.core.home / place), imports.count()
    if route == "jobs":
        body = {"job_type": "assets.bulk-import", "input": {"path": path}}
        error = imports.api.error("POST", "/v1/jobs", 422, "validation_error", json=body)
    else:
        error = imports.api.error("POST", "/v1/assets/bulk-import", 422, "validation_error", json={"path": path})
    assert "FaceForge itself" in error["message"]
    assert "FaceForge itself" in error["details"][0]["msg"]
    assert imports.count() == before


@POSIX_ONLY
def test_j12_no_link_and_no_spelling_leads_around(imports: Any, tmp_path: Path) -> None:
    home = imports.core.home
    (tmp_path / "link").symlink_to(home)
    (tmp_path / "above").symlink_to(home.parent)
    for path in ("link", "link/config", "above", "above/home/config", "nothing/../link"):
        error = imports.api.error(
            "POST", "/v1/assets/bulk-import", 422, "validation_error", json={"path": str(tmp_path / path)}
        )
        assert "FaceForge itself" in error["message"]


@POSIX_ONLY
@pytest.mark.parametrize("path", ["/proc", "/sys", "/dev", "/proc/self", "/dev/shm", "/../proc"])
def test_j12_the_systems_own_folders_are_refused(imports: Any, path: str) -> None:
    error = imports.api.error("POST", "/v1/assets/bulk-import", 422, "validation_error", json={"path": path})
    assert "system" in error["message"]


def test_j12_folders_of_core_that_lie_elsewhere_are_refused_too(own_imports, tmp_path: Path) -> None:
    imports = own_imports(paths={"db_dir": str(tmp_path / "elsewhere" / "db")})
    for path in ("elsewhere", "elsewhere/db"):
        imports.api.error(
            "POST", "/v1/assets/bulk-import", 422, "validation_error", json={"path": str(tmp_path / path)}
        )


def test_j12_where_roots_are_set_nothing_else_is_imported(own_imports, folder: Path, fill, tmp_path: Path) -> None:
    fill("sub/a.txt")
    imports = own_imports(**{"import": {"roots": [str(folder)]}})
    (tmp_path / "other").mkdir()
    for path in (tmp_path / "other", tmp_path / "photos2", folder / ".."):
        error = imports.api.error("POST", "/v1/assets/bulk-import", 422, "validation_error", json={"path": str(path)})
        assert error["message"]
    assert figures(imports.run(folder / "sub")) == result(folder / "sub", 1)
    assert figures(imports.run(folder)) == result(folder, 0, skipped_existing=1)


# --- Stopping


def test_j03_an_import_stops_where_it_is_and_says_what_it_did(imports: Any, folder: Path, fill) -> None:
    fill(*(f"{number:03}.txt" for number in range(40)))
    job_id = imports.start(folder, throttle_ms=60_000)
    said = {"Bulk import discovered files", "Imported"}
    imports.core.wait_for(lambda: said <= {line["message"] for line in imports.log(job_id)})
    assert imports.api.data("POST", f"/v1/jobs/{job_id}/cancel")["cancel_requested"] is True
    job = imports.ended(job_id)
    assert job["status"] == "canceled"
    done = job["result"]["imported"]
    assert figures(job) == result(folder, done, canceled=True)
    assert 1 <= done < 40
    assert job["progress_percent"] < 100
    assert messages(job)[-3:] == ["Cancel requested", "Bulk import stopped", "Job canceled"]

    imports.api.data("POST", f"/v1/jobs/{job_id}/cancel")
    rest = imports.run(folder)
    assert figures(rest) == result(folder, 40 - done, skipped_existing=done)


def test_disabling_the_plugin_puts_its_import_back_and_enabling_it_finishes_the_job(
    own_imports, folder: Path, fill
) -> None:
    imports = own_imports()
    fill(*(f"{number}.txt" for number in range(60)))
    job_id = imports.start(folder, throttle_ms=50)
    path = f"/v1/jobs/{job_id}"
    imports.core.wait_for(lambda: imports.api.data("GET", "/v1/assets")["total"] >= 3)
    imports.api.data("POST", "/v1/plugins/faceforge.bulk_import/disable")
    waiting = imports.api.data("GET", path)
    assert (waiting["status"], bool(waiting["waiting_reason"])) == ("queued", True)
    assert imports.api.ask("POST", "/v1/assets/bulk-import", json={"path": str(folder)}).status_code in {404, 405}

    imports.api.data("POST", "/v1/plugins/faceforge.bulk_import/enable")
    job = imports.ended(job_id)
    figures = job["result"]
    assert (job["status"], figures["imported"] + figures["skipped_existing"]) == ("succeeded", 60)
    assert imports.api.data("GET", "/v1/assets")["total"] == 60
