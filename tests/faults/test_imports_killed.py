"""An import in a real Core that is killed, or stopped, in the middle: it goes on, and nothing is lost or doubled."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.testing import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = 130
LAST = 60
PATIENCE = 60.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files to import, a tenth of them with sidecars; the last ones have hardly a hundredth of the bytes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number:03}.txt").write_text(f"content {number}".ljust(20_000 if number < FILES - LAST else 0))
        if number % 10 == 0:
            (folder / f"{number:03}.txt_meta.json").write_text(f'{{"number": {number}}}')
    return folder


class Importing:
    """A real Core with one import."""

    def __init__(self, core: Any) -> None:
        self.core = core
        self._client = core.client()

    def ask(self, method: str, path: str, **options: Any) -> Any:
        response = self._client.request(method, path, **options)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def start(self, folder: Path) -> str:
        body = {"path": str(folder), "throttle_ms": 50}
        return str(self.ask("POST", "/v1/assets/bulk-import", json=body)["job_id"])

    def job(self, job_id: str) -> Any:
        return self.ask("GET", f"/v1/jobs/{job_id}")

    def wait(self, job_id: str, condition: Callable[[Any], bool]) -> Any:
        return wait_for(lambda: job if condition(job := self.job(job_id)) else None)

    def created(self, job_id: str) -> int:
        """How many assets an import is known to have created."""
        return int(self.ask("GET", f"/v1/assets/bulk-import/{job_id}")["assets"]["created"])

    def assets(self) -> list[Any]:
        items = self.ask("GET", "/v1/assets", params={"limit": 200})["items"]
        return sorted(items, key=lambda asset: asset["filename"])


def whole(assets: list[Any]) -> None:
    """All files are there, once, with their sidecars once."""
    assert [asset["filename"] for asset in assets] == [f"{number:03}.txt" for number in range(FILES)]
    data = {asset["filename"]: [entry["Data"] for entry in asset["meta"].get("metadata", [])] for asset in assets}
    assert data == {f"{n:03}.txt": [{"number": n}] if n % 10 == 0 else [] for n in range(FILES)}


def rows(home: Path, sql: str) -> list[Any]:
    """What the database of a home says, whether its Core answers already or not."""
    with closing(sqlite3.connect(f"{(home / 'db' / 'core.sqlite3').as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return list(connection.execute(sql))


def wait_for_progress(home: Path, attempt: int, percent: float) -> None:
    """Until the one import of a home has come so far in its attempt of this number; others read what came in."""
    before, deadline = 0.0, time.monotonic() + PATIENCE
    while True:
        (job,) = rows(home, "SELECT status, attempts, progress_percent FROM jobs WHERE job_type = 'assets.bulk-import'")
        assert time.monotonic() < deadline, dict(job)
        assert (job["progress_percent"] or 0) >= before, "progress never falls"
        before = job["progress_percent"] or 0
        if job["attempts"] == attempt and before >= percent:
            assert job["status"] == "running", "it was to be killed before its end"
            return
        time.sleep(0.01)


@pytest.mark.slow
def test_j01_an_import_that_is_killed_resumes_and_after_the_third_time_a_retry_imports_the_rest(
    start_process: Callable[..., Any], folder: Path, check_home: Callable[..., dict[str, Any]]
) -> None:
    core = start_process()
    job_id = Importing(core).start(folder)
    home = core.home
    for attempt, percent in enumerate((10, 50, 99), start=1):
        wait_for_progress(home, attempt, percent)
        acknowledged = [row["asset_id"] for row in rows(home, "SELECT asset_id FROM assets")]
        core.kill()
        findings = check_home(home, *acknowledged)["findings"]
        assert f"running job {job_id}" in findings
        assert all(one.startswith("running job ") for one in findings), "and nothing else; new files are being read"
        core = start_process(home, wait=attempt == 3)

    running = Importing(core)
    job = running.wait(job_id, lambda job: job["finished_at"])
    assert (job["status"], job["error"]["code"]) == ("failed", "interrupted")
    again = running.ask("POST", f"/v1/jobs/{job_id}/retry")["job_id"]
    done = running.wait(again, lambda job: job["finished_at"])
    assert done["status"] == "succeeded"
    figures = done["result"]
    assert (figures["imported"] + figures["skipped_existing"], figures["errors"]) == (FILES, 0)
    assert figures["skipped_existing"] > FILES - LAST - 10
    assert figures["unchanged"] == figures["skipped_existing"], "nothing was read twice"
    assert running.created(job_id) + running.created(again) == FILES
    whole(running.assets())
    assert running.core.stop() == 0
    assert check_home(running.core.home) == {"assets": FILES, "findings": [], "orphans": []}


def test_j02_an_import_stops_with_core_and_the_next_start_finishes_it(
    start_process: Callable[..., Any], folder: Path, check_home: Callable[..., dict[str, Any]]
) -> None:
    running = Importing(start_process())
    job_id = running.start(folder)
    running.wait(job_id, lambda job: job["progress_percent"] and job["progress_percent"] > 20)
    began = time.monotonic()
    assert running.core.stop() == 0
    assert time.monotonic() - began < 60
    assert check_home(running.core.home)["findings"] == []

    again = Importing(start_process(running.core.home))
    done = again.wait(job_id, lambda job: job["finished_at"])
    assert (done["status"], done["attempts"]) == ("succeeded", 1)
    assert done["result"]["imported"] + done["result"]["skipped_existing"] == FILES
    whole(again.assets())
    log = again.ask("GET", f"/v1/jobs/{job_id}/log", params={"limit": 2000})["items"]
    assert [line["message"] for line in log].count("Job put back into the queue") == 1
