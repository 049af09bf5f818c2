"""The pages of jobs over HTTP: the list in words, one job in each state, and what can be done about it."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from html import unescape
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore
    from faceforge_sdk.models import Job

HTML = {"Accept": "text/html"}
PLUGIN = """
import time
from typing import Any

from pydantic import BaseModel

from faceforge_sdk import JobHandler, hookimpl
from faceforge_sdk.errors import InvalidInput


class Wish(BaseModel):
    result: Any = None
    lines: list[Any] = []


@hookimpl
def register_job_handlers(ctx):
    def tell(job):
        for level, message, data in job.input.lines:
            job.log(level, message, data)
        return job.input.result

    def fail(job):
        raise InvalidInput("The <b>oven</b> is cold.")

    def wait(job):
        job.progress(41.7, "3 of 7 loaves")
        while not job.cancelled:
            time.sleep(0.01)
        job.check_cancelled()
        return {}

    return [
        JobHandler("bakery.tell_all", Wish, tell),
        JobHandler("bakery.fail", Wish, fail),
        JobHandler("bakery.wait", Wish, wait),
        JobHandler("bakery.crumbs", Wish, tell, background=True),
        JobHandler("bakery.burnt-crumbs", Wish, fail, background=True),
    ]
"""


@pytest.fixture
def bakery(faceforge: RunningCore, tmp_path: Path) -> RunningCore:
    """A Core with a plugin whose jobs return anything, fail, or wait until they are to stop."""
    folder = tmp_path / "bakery"
    folder.mkdir()
    manifest = {"id": "bakery", "name": "Bakery", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(PLUGIN)
    faceforge.install_plugin(folder)
    return faceforge


@pytest.fixture
def waiting(bakery: RunningCore) -> Job:
    """A job that runs until it is to stop, and has told how far it is."""
    job = bakery.kernel.jobs.enqueue("bakery.wait", {})
    bakery.wait_for(lambda: bakery.kernel.jobs.get(job.job_id).progress_step)
    return bakery.kernel.jobs.get(job.job_id)


@pytest.fixture
def show(client: TestClient) -> Callable[..., str]:
    """A page's text as people read it: without markup, spaces as one."""

    def get(path: str, status: int = 200, **headers: str) -> str:
        answer = client.get(path, headers={**HTML, **headers})
        assert answer.status_code == status, answer.text
        main = answer.text.partition("<main")[2].partition("</main>")[0]
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())

    return get


@pytest.fixture
def store(faceforge: RunningCore) -> Callable[..., str]:
    """Writes a job's row as an older Core may have left it; returns its id."""
    numbers = count()

    def write(job_type: str, **facts: Any) -> str:
        row = {"job_id": f"{next(numbers):064x}", "job_type": job_type, "status": "succeeded", "created_at": "long ago"}
        row |= facts
        names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
        with closing(sqlite3.connect(faceforge.home / "db" / "core.sqlite3")) as connection, connection:
            connection.execute(f"INSERT INTO jobs ({names}) VALUES ({values})", row)
        return str(row["job_id"])

    return write


def titles(client: TestClient, path: str = "/ui/jobs") -> list[str]:
    return [unescape(title) for title in re.findall(r'class="job-title"[^>]*>([^<]*)<', client.get(path).text)]


def ended(core: RunningCore, job_type: str, **asked: Any) -> Job:
    return core.run_job(job_type, asked)


# --- The list


def test_the_list_says_what_each_job_does_and_how_it_stands(
    bakery: RunningCore, show: Callable[..., str], waiting: Job
) -> None:
    ended(bakery, "storage.verify")
    ended(bakery, "bakery.fail")
    page = show("/ui/jobs")
    assert "Check the storage Done" in page
    assert "Bakery: wait Running 41 % 3 of 7 loaves" in page
    assert "Bakery: fail Failed The <b>oven</b> is cold." in page
    assert waiting.job_id not in page


def test_an_import_is_called_by_its_folder(bakery: RunningCore, client: TestClient, tmp_path: Path) -> None:
    folder = tmp_path / "Größe & <Farbe>"
    folder.mkdir()
    ended(bakery, "assets.bulk-import", path=str(folder))
    ended(bakery, "assets.bulk-import", path=str(folder), dry_run=True)
    assert titles(client) == [f"Try importing {folder}", f"Import {folder}"]


def test_state_and_kind_are_part_of_the_address(bakery: RunningCore, client: TestClient, waiting: Job) -> None:
    ended(bakery, "bakery.fail")
    ended(bakery, "storage.verify")
    assert titles(client, "/ui/jobs?status=failed") == ["Bakery: fail"]
    assert titles(client, "/ui/jobs?status=running") == ["Bakery: wait"]
    assert titles(client, "/ui/jobs?type=storage.verify") == ["Check the storage"]
    assert titles(client, "/ui/jobs?status=failed&type=storage.verify") == []
    page = client.get("/ui/jobs?status=failed&type=bakery.fail").text
    assert '<option value="bakery.fail" selected>Bakery: fail</option>' in page
    assert 'href="/ui/jobs?status=running&amp;type=bakery.fail"' in page


def test_a_kind_that_nobody_runs_any_more_can_still_be_chosen(client: TestClient) -> None:
    page = client.get("/ui/jobs?type=old_plugin.do-it").text
    assert '<option value="old_plugin.do-it" selected>Old plugin: do it</option>' in page
    assert "There is no such job." in page


def test_an_address_that_makes_no_sense_shows_the_list(client: TestClient) -> None:
    for query in ("status=nonsense", "type=%00", "cursor=nonsense", "background=maybe", "status=&type=&cursor="):
        assert client.get(f"/ui/jobs?{query}", follow_redirects=True).status_code == 200, query


def test_background_jobs_hide_unless_they_failed_or_are_asked_for(
    bakery: RunningCore, client: TestClient, show: Callable[..., str]
) -> None:
    ended(bakery, "bakery.crumbs", result={})
    ended(bakery, "bakery.burnt-crumbs")
    assert titles(client) == ["Bakery: burnt crumbs"]
    assert titles(client, "/ui/jobs?background=1") == ["Bakery: burnt crumbs", "Bakery: crumbs"]
    assert titles(client, "/ui/jobs?type=bakery.crumbs") == ["Bakery: crumbs"]
    assert "Background jobs" in show("/ui/jobs")


def test_long_lists_are_paged(bakery: RunningCore, client: TestClient) -> None:
    for _ in range(52):
        bakery.kernel.jobs.enqueue("storage.settle", {})
    first = client.get("/ui/jobs").text
    assert first.count('class="job-row') == 50
    following = unescape(re.findall(r'href="([^"]*)" rel="next"', first)[0])
    assert len(titles(client, following)) == 2
    assert "Back to the newest" in client.get(following).text


def test_an_empty_list_leads_to_an_import(show: Callable[..., str], client: TestClient) -> None:
    assert "Nothing has run yet." in show("/ui/jobs")
    assert 'href="/ui/import"' in client.get("/ui/jobs").text


def test_problems_are_counted_whatever_a_result_holds(bakery: RunningCore, show: Callable[..., str]) -> None:
    ended(bakery, "bakery.tell_all", result={"errors": 2, "warnings": 1})
    assert "3 problems" in show("/ui/jobs")


def test_what_is_no_count_is_no_problem(bakery: RunningCore, show: Callable[..., str]) -> None:
    for value in (True, -1, "7", None, [1], {"a": 1}, 10**20, 1.5):
        job = ended(bakery, "bakery.tell_all", result={"errors": value, "warnings": value, "counts": value})
        assert "Errors" in show(f"/ui/jobs/{job.job_id}")
    assert "problem" not in show("/ui/jobs")


# --- One job


def test_a_running_job_tells_how_far_it_is_and_can_be_canceled(
    bakery: RunningCore, client: TestClient, show: Callable[..., str], waiting: Job
) -> None:
    address = f"/ui/jobs/{waiting.job_id}"
    page = show(address)
    assert "Bakery: wait" in page
    assert "41 % 3 of 7 loaves" in page
    assert 'data-ended="no"' in client.get(address).text

    answer = client.post(f"{address}/cancel")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?notice=stopping")
    assert "The job was asked to stop." in client.get(answer.headers["location"]).text
    bakery.wait_for(lambda: bakery.kernel.jobs.get(waiting.job_id).ended)
    assert "Canceled" in show(address)
    assert "Cancel job" not in show(address)
    assert client.post(f"{address}/cancel").headers["location"] == f"{address}?notice=over"


def test_a_failed_job_says_why_and_is_tried_again_as_a_new_one(
    bakery: RunningCore, client: TestClient, show: Callable[..., str]
) -> None:
    job = ended(bakery, "bakery.fail")
    page = show(f"/ui/jobs/{job.job_id}")
    assert "Failed" in page
    assert "The <b>oven</b> is cold." in page
    answer = client.post(f"/ui/jobs/{job.job_id}/retry")
    assert answer.status_code == 303
    again = answer.headers["location"].partition("?")[0]
    assert again != f"/ui/jobs/{job.job_id}"
    assert "Tries again: Bakery: fail" in show(again)


def test_a_job_that_succeeded_is_not_tried_again(
    bakery: RunningCore, client: TestClient, show: Callable[..., str]
) -> None:
    job = ended(bakery, "storage.verify")
    assert "Try again" not in show(f"/ui/jobs/{job.job_id}")
    answer = client.post(f"/ui/jobs/{job.job_id}/retry", headers=HTML)
    assert answer.status_code == 409
    assert "this one is succeeded" in answer.text


def test_a_result_of_any_kind_reads_as_labels_and_values(bakery: RunningCore, show: Callable[..., str]) -> None:
    result = {
        "loaves_baked": 1234567,
        "flour_bytes": 3_400_000_000,
        "crisp": True,
        "nothing": None,
        "names": ["Rye", "<Spelt>"],
        "deep": {"deeper": {"deepest": {"end": [1]}}},
        "baker_id": "f" * 64,
    }
    job = ended(bakery, "bakery.tell_all", result=result)
    page = show(f"/ui/jobs/{job.job_id}").partition(" Log ")[0]
    assert "Loaves baked 1,234,567" in page
    assert "Flour bytes 3.4 GB" in page
    assert "Crisp Yes" in page
    assert "Nothing –" in page
    assert "Names Rye <Spelt>" in page
    assert '"end"' in page
    assert "f" * 64 not in page


ODD: list[dict[str, Any]] = [
    {},
    {"": 1, "…": 2, ".": 3},
    {"a" * 500: "b" * 5000},
    {str(number): number for number in range(500)},
    {"list": [None, [], {}, "", 0, -1, 1e300, 10**40]},
    {"imported": "many"},
    {"would_import": {"files": {}}},
]


def test_odd_results_are_shown(bakery: RunningCore, show: Callable[..., str]) -> None:
    for result in ODD:
        job = ended(bakery, "bakery.tell_all", result=result)
        assert "Done" in show(f"/ui/jobs/{job.job_id}"), result
    assert show("/ui/jobs").count("Done") == len(ODD) + 1  # and as a filter


MALFORMED = [
    "[1, 2]",
    '"text"',
    "7",
    '{"imported": 5, "skipped": [1], "bytes": "x", "errors": null}',
    '{"imported": 5, "would_import": [], "skipped": {"link": "x"}}',
    '{"imported": 0, "would_import": {"files": 3, "by_extension": {"a": 1, "b": {"files": "x"}}}}',
]


def test_an_import_with_a_malformed_result_is_shown(show: Callable[..., str], store: Callable[..., str]) -> None:
    for stored in MALFORMED:
        job_id = store("assets.bulk-import", result_json=stored, input_json='{"path": 7}')
        assert "Done" in show(f"/ui/jobs/{job_id}"), stored
    assert show("/ui/jobs").count("Import Done") == len(MALFORMED)


def test_a_job_that_is_not_there_is_an_error_page(client: TestClient) -> None:
    for method, path in [("GET", ""), ("POST", "/cancel"), ("POST", "/retry"), ("POST", "/undo"), ("POST", "/import")]:
        answer = client.request(method, f"/ui/jobs/{'e' * 64}{path}", headers=HTML)
        assert answer.status_code == 404
        assert 'class="error-status">404' in answer.text


def test_a_job_that_was_no_import_can_neither_be_undone_nor_imported(bakery: RunningCore, client: TestClient) -> None:
    job = ended(bakery, "storage.verify")
    assert client.post(f"/ui/jobs/{job.job_id}/undo").status_code == 404
    assert client.post(f"/ui/jobs/{job.job_id}/import").status_code == 404


# --- Its log


LINES = [
    ["info", "Baked", {"file": "/loaves/1.txt", "bytes": 12, "asset_id": "e" * 64}],
    ["warning", "Rather dark", {"file": "/loaves/2.txt", "shade": None}],
    ["error", "Burnt", {"file": "/loaves/<3>.txt", "error": "Too hot"}],
    ["error", "No file at all", None],
    ["debug", "Odd", {"list": [1, {"a": "ü"}], "other_id": "e"}],
]


def test_the_log_shows_each_line_with_what_comes_with_it(bakery: RunningCore, show: Callable[..., str]) -> None:
    job = ended(bakery, "bakery.tell_all", result={}, lines=LINES)
    log = show(f"/ui/jobs/{job.job_id}").partition(" Errors ")[2].partition("What it was asked for")[0]
    assert "Baked /loaves/1.txt · bytes: 12" in log
    assert "Warning Rather dark /loaves/2.txt" in log
    assert "Error Burnt /loaves/<3>.txt · error: Too hot" in log
    assert 'Detail Odd list: [1,{"a":"ü"}]' in log
    assert "e" * 64 not in log


def test_the_log_is_filtered_by_level(bakery: RunningCore, client: TestClient) -> None:
    job = ended(bakery, "bakery.tell_all", result={}, lines=LINES)

    def levels(query: str) -> list[str]:
        return re.findall(r'class="log-line is-(\w+)"', client.get(f"/ui/jobs/{job.job_id}{query}").text)

    assert levels("?level=problems") == ["warning", "error", "error"]
    assert levels("?level=error") == ["error", "error"]
    assert len(levels("")) == len(levels("?level=nonsense")) == 8  # queued, started, completed besides


def test_files_that_failed_are_listed_with_their_path(bakery: RunningCore, show: Callable[..., str]) -> None:
    job = ended(bakery, "bakery.tell_all", result={}, lines=LINES)
    page = show(f"/ui/jobs/{job.job_id}")
    assert "What could not be done /loaves/<3>.txt Too hot" in page


def test_a_long_log_is_read_in_pieces(bakery: RunningCore, client: TestClient) -> None:
    lines = [["info", f"line {number}", None] for number in range(600)]
    job = ended(bakery, "bakery.tell_all", result={}, lines=lines)
    first = client.get(f"/ui/jobs/{job.job_id}").text
    assert first.count('class="log-line is-') == 500
    following = unescape(re.findall(r'href="(\?after=[^"]*)" rel="next"', first)[0])
    rest = client.get(f"/ui/jobs/{job.job_id}{following}").text
    assert "line 599" in rest
    assert "line 100<" not in rest
    assert "Back to the beginning of the log" in rest


def test_a_place_in_the_log_that_makes_no_sense_is_its_beginning(bakery: RunningCore, show: Callable[..., str]) -> None:
    job = ended(bakery, "storage.verify")
    for after in ("-1", "x", "9" * 30, "१"):
        assert "Job queued" in show(f"/ui/jobs/{job.job_id}?after={after}"), after


def test_the_pages_speak_german(bakery: RunningCore, show: Callable[..., str], waiting: Job) -> None:
    german = {"Accept-Language": "de"}
    assert "Aufträge" in show("/ui/jobs", **german)
    assert "Läuft" in show(f"/ui/jobs/{waiting.job_id}", **german)
    assert "Ordner importieren" in show("/ui/import", **german)
