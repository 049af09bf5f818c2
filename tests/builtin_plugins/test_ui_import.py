"""The page that starts an import, and what its job's page leads to: for real, again, undone."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore
    from faceforge_sdk.models import Job

HTML = {"Accept": "text/html"}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two pictures of Ada, one of Grace, and a note."""
    folder = tmp_path / "photos"
    for name in ("Ada/1.jpg", "Ada/2.jpg", "Grace/3.jpg", "Grace/note.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def send(client: TestClient) -> Callable[..., Any]:
    """Sends the form: ``send(path=…, recursive="1")``."""
    return lambda **fields: client.post("/ui/import", data=fields, headers=HTML)


@pytest.fixture
def job_of(faceforge: RunningCore) -> Callable[[Any], Job]:
    """The job that an answer leads to, once it ended."""

    def wait(answer: Any) -> Job:
        assert answer.status_code == 303, answer.text
        job_id = answer.headers["location"].rpartition("/")[2].partition("?")[0]
        return faceforge.wait_for(lambda: job if (job := faceforge.kernel.jobs.get(job_id)).ended else None)

    return wait


def text_of(page: Any) -> str:
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def problems(answer: Any) -> dict[str, str]:
    found = re.findall(r'<p class="problem" id="(\w+)-problem"[^>]*>([^<]*)</p>', answer.text)
    return {name: unescape(sentence) for name, sentence in found}


def names(client: TestClient) -> list[str]:
    return sorted(item["filename"] for item in client.get("/v1/assets").json()["data"]["items"])


def test_a_folder_is_imported_without_scripts(
    client: TestClient, send: Callable[..., Any], job_of: Callable[[Any], Job], photos: Path
) -> None:
    job = job_of(send(path=str(photos), recursive="1", owner=""))
    assert job.status == "succeeded"
    assert names(client) == ["1.jpg", "2.jpg", "3.jpg", "note.txt"]
    assert "files came in 4 43 bytes" in text_of(client.get(f"/ui/jobs/{job.job_id}"))


def test_what_is_said_becomes_the_jobs_input(
    send: Callable[..., Any], job_of: Callable[[Any], Job], photos: Path
) -> None:
    said = {
        "include": " *.jpg \r\n\r\n*.png\r\n*.jpg",
        "exclude": "Grace/",
        "kind": "photo",
        "owner": "folders",
        "tags": "family\r\npioneer",
        "role": "portrait",
    }
    assert job_of(send(path=f" {photos} ", recursive="1", **said)).input == {
        "path": str(photos),
        "recursive": True,
        "kind": "photo",
        "include": ["*.jpg", "*.png"],
        "exclude": ["Grace/"],
        "entity_per_folder": True,
        "tags": ["family", "pioneer"],
        "role": "portrait",
    }
    # Tags and role belong to the entities of folders; an unticked box is not sent.
    plain = job_of(send(path=str(photos), owner="", tags="family", role="portrait"))
    assert plain.input == {"path": str(photos), "recursive": False}


def test_a_try_stores_nothing_and_leads_to_the_real_import(
    client: TestClient, send: Callable[..., Any], job_of: Callable[[Any], Job], photos: Path
) -> None:
    tried = job_of(send(path=str(photos), recursive="1", owner="folders", dry_run="1"))
    page = text_of(client.get(f"/ui/jobs/{tried.job_id}"))
    assert names(client) == []
    assert f"Try importing {photos}" in page
    assert "What would come in files would come in 4 43 bytes folders would have their entities 2" in page
    assert ".jpg 3 29 bytes .txt 1 14 bytes" in page
    assert "Undo import" not in page

    done = job_of(client.post(f"/ui/jobs/{tried.job_id}/import"))
    assert done.input == {**tried.input, "dry_run": False}
    assert names(client) == ["1.jpg", "2.jpg", "3.jpg", "note.txt"]


def test_an_import_is_undone_and_says_so(
    client: TestClient, send: Callable[..., Any], job_of: Callable[[Any], Job], photos: Path
) -> None:
    job = job_of(send(path=str(photos), recursive="1", owner="folders"))
    address = f"/ui/jobs/{job.job_id}"
    page = text_of(client.get(address))
    assert "Undoing moves 4 files and 2 entities that it brought in to the trash." in page
    assert "entities were made 2" in page

    undoing = client.post(f"{address}/undo")
    undone = job_of(undoing)
    assert names(client) == []
    page = text_of(client.get(f"/ui/jobs/{undone.job_id}"))
    assert "Undo an import" in page
    assert "files went to the trash 4" in page
    assert f"Undoes: Import {photos}" in page
    after = text_of(client.get(address))
    assert "This import is undone" in after
    assert "Undo import" not in after


def test_an_import_that_left_files_behind_can_be_done_again(
    faceforge: RunningCore, client: TestClient, job_of: Callable[[Any], Job], photos: Path
) -> None:
    row = {
        "id": "a" * 64,
        "input": json.dumps({"path": str(photos), "recursive": False}),
        "result": json.dumps({"imported": 3, "errors": 1}),
    }
    statement = (
        "INSERT INTO jobs (job_id, job_type, status, created_at, input_json, result_json) "
        "VALUES (:id, 'assets.bulk-import', 'succeeded', '2026-01-01T00:00:00.000Z', :input, :result)"
    )
    with closing(sqlite3.connect(faceforge.home / "db" / "core.sqlite3")) as connection, connection:
        connection.execute(statement, row)
    page = text_of(client.get(f"/ui/jobs/{'a' * 64}"))
    assert "could not be read 1" in page
    assert "Import what is missing" in page
    again = job_of(client.post(f"/ui/jobs/{'a' * 64}/import"))
    assert again.input == {"path": str(photos), "recursive": False, "dry_run": False}


def test_nothing_typed_and_no_such_folder_are_told_at_the_field(send: Callable[..., Any], tmp_path: Path) -> None:
    for path, sentence in [
        ("", "Choose a folder."),
        (" \t", "Choose a folder."),
        (str(tmp_path / "nowhere"), "There is no such folder on the computer that FaceForge runs on."),
        ("~nobody-of-that-name/x", "There is no such folder on the computer that FaceForge runs on."),
        ("x\0y", "There is no such folder on the computer that FaceForge runs on."),
    ]:
        answer = send(path=path)
        assert answer.status_code == 422
        assert problems(answer) == {"path": sentence}
        assert 'aria-invalid="true"' in answer.text


def test_what_the_job_refuses_is_told_at_its_field_and_nothing_typed_is_lost(
    faceforge: RunningCore, send: Callable[..., Any], photos: Path
) -> None:
    said = {"owner": "folders", "tags": "<b>\r\nx", "kind": "k" * 101, "role": "r" * 201, "include": "a//b\r\n*.jpg"}
    answer = send(path=str(photos), recursive="1", **said)
    assert answer.status_code == 422
    found = problems(answer)
    assert found.keys() >= {"kind", "role"}
    assert found["kind"] == "This is too long."
    assert all(sentence.endswith(".") for sentence in found.values())
    assert "&lt;b&gt;\r\nx</textarea>" in answer.text
    assert re.search(r'value="folders" checked', answer.text)
    assert "Nothing has run yet." in faceforge.client.get("/ui/jobs").text


def test_faceforges_own_folder_is_refused_with_the_reason(faceforge: RunningCore, send: Callable[..., Any]) -> None:
    answer = send(path=str(faceforge.home))
    assert "belongs to FaceForge itself" in problems(answer)["path"]


def test_more_options_open_where_something_is_said_or_wrong(client: TestClient, send: Callable[..., Any]) -> None:
    assert '<details class="more-options">' in client.get("/ui/import").text
    assert '<details class="more-options" open>' in send(path="", include="*.jpg").text


def test_a_folder_may_come_with_the_address(client: TestClient) -> None:
    page = client.get("/ui/import", params={"path": '"><img src=x>'}).text
    assert 'value="&#34;&gt;&lt;img src=x&gt;"' in page


def test_without_the_plugin_the_page_says_what_to_do(
    faceforge: RunningCore, client: TestClient, send: Callable[..., Any], photos: Path
) -> None:
    faceforge.kernel.plugins.disable("faceforge.bulk_import")
    assert "Importing is switched off." in client.get("/ui/import").text
    answer = send(path=str(photos))
    assert answer.status_code == 422
    assert "Importing is switched off." in answer.text


def test_undoing_waits_for_the_end_of_the_import(faceforge: RunningCore, client: TestClient, photos: Path) -> None:
    job = faceforge.kernel.jobs.enqueue("assets.bulk-import", {"path": str(photos), "throttle_ms": 60_000})
    faceforge.wait_for(lambda: faceforge.kernel.jobs.get(job.job_id).status == "running")
    answer = client.post(f"/ui/jobs/{job.job_id}/undo", headers=HTML)
    assert answer.status_code == 409
    assert "has not ended" in answer.text
    client.post(f"/ui/jobs/{job.job_id}/cancel")
