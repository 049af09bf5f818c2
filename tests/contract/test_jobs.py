"""Jobs over HTTP: started, listed, read, canceled, tried again (sections 2 and 5 of the contract)."""

from __future__ import annotations

import json
import threading
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JOB = {
    "job_id",
    "job_type",
    "status",
    "progress_percent",
    "progress_step",
    "input",
    "result",
    "cancel_requested_at",
    "created_at",
    "started_at",
    "finished_at",
    "canceled_at",
    "error",
}
UNKNOWN = "f" * 64
_NUMBERS = count(1)


class Work:
    """A Core with the workshop, and what tests do with its jobs."""

    def __init__(self, core: Any, api: Any) -> None:
        self.core = core
        self.api = api
        self.data_dir: Path = core.home / "plugin_data" / "workshop"

    def queue(self, job_type: str, number: int = 0) -> str:
        """A new job."""
        job = self.api.data("POST", "/v1/jobs", json={"job_type": job_type, "input": {"number": number}})
        return str(job["job_id"])

    def job(self, job_id: str) -> Any:
        return self.api.data("GET", f"/v1/jobs/{job_id}")

    def all_ended(self) -> dict[str, Any] | None:
        """Every job by its id, once all are over."""
        found: list[Any] = []
        while items := self.api.data("GET", "/v1/jobs", params={"limit": 200, "offset": len(found)})["items"]:
            found += items
        return {job["job_id"]: job for job in found} if all(job["finished_at"] for job in found) else None

    def log(self, job_id: str) -> list[str]:
        return [line["message"] for line in self.api.data("GET", f"/v1/jobs/{job_id}/log")["items"]]

    def ended(self, job_id: str) -> Any:
        """The job, once it is over."""
        return self.core.wait_for(lambda: found if (found := self.job(job_id))["finished_at"] else None)

    def busy(self) -> tuple[str, int]:
        """A job that runs until its number is let go."""
        number = next(_NUMBERS)
        job_id = self.queue("workshop.wait", number)
        self.core.wait_for((self.data_dir / f"arrived {number}").exists)
        return job_id, number

    def let_go(self, number: int) -> None:
        (self.data_dir / f"open {number}").touch()


@pytest.fixture(scope="module")
def work(house: Any, api: Any, workshop: Path) -> Work:
    house.install_plugin(workshop)
    return Work(house, api)


@pytest.fixture
def own_work(start_core: Any, api_of: Any, workshop: Path, tmp_path: Path) -> Callable[..., Work]:
    """A Core of the test's own, with this core.json."""

    def start(**config: Any) -> Work:
        home = tmp_path / "own"
        (home / "config").mkdir(parents=True)
        (home / "config" / "core.json").write_text(json.dumps(config))
        core = start_core(home)
        core.install_plugin(workshop)
        return Work(core, api_of(core.client))

    return start


# --- One job


def test_a_job_has_the_contracts_shape_from_its_beginning_to_its_end(work: Work, is_id, is_timestamp) -> None:
    queued = work.api.data("POST", "/v1/jobs", json={"job_type": "workshop.talk", "input": {"number": 3, "more": [1]}})
    assert set(queued) >= JOB
    assert is_id(queued["job_id"])
    assert is_timestamp(queued["created_at"])
    assert queued["input"] == {"number": 3, "more": [1]}
    assert (queued["status"], queued["result"], queued["error"]) == ("queued", None, None)

    done = work.ended(queued["job_id"])
    assert set(done) >= JOB
    assert (done["status"], done["result"], done["progress_percent"]) == ("succeeded", {"lines": 3}, 100)
    assert is_timestamp(done["started_at"])
    assert is_timestamp(done["finished_at"])
    assert done["canceled_at"] is done["cancel_requested_at"] is None
    assert work.log(done["job_id"]) == ["Job queued", "Job started", "line 0", "line 1", "line 2", "Job completed"]


def test_input_may_be_left_out_and_the_type_is_trimmed_as_in_v019(work: Work) -> None:
    job = work.api.data("POST", "/v1/jobs", json={"job_type": " workshop.talk "})
    assert job["job_type"] == "workshop.talk"
    assert job["input"] == {}
    assert work.ended(job["job_id"])["status"] == "succeeded"


def test_j05_a_job_that_fails_says_why(work: Work) -> None:
    job = work.ended(work.queue("workshop.fail"))
    assert (job["status"], job["result"]) == ("failed", None)
    assert job["error"] == {"code": "job_failed", "message": "ValueError: It broke."}
    assert work.log(job["job_id"])[-1] == "Job failed: ValueError: It broke."


def test_an_unknown_type_is_422_without_details(work: Work) -> None:
    error = work.api.error("POST", "/v1/jobs", 422, "validation_error", json={"job_type": "no.such", "input": {}})
    assert error["details"] is None
    assert "no.such" in error["message"]


@pytest.mark.parametrize("given", [{"number": "many"}, {"number": [1]}, {"number": None}])
def test_j07_an_input_that_does_not_fit_its_type_is_422_and_makes_no_job(work: Work, given: dict[str, Any]) -> None:
    of_people = {"background": "false"}
    before = work.api.data("GET", "/v1/jobs", params=of_people)["total"]
    body = {"job_type": "workshop.note", "input": given}
    error = work.api.error("POST", "/v1/jobs", 422, "validation_error", json=body)
    assert error["details"][0]["loc"] == ["number"]
    assert "number" in error["message"]
    assert work.api.data("GET", "/v1/jobs", params=of_people)["total"] == before


@pytest.mark.parametrize(
    "body", [{}, {"job_type": " "}, {"job_type": 5}, {"job_type": "workshop.note", "input": []}, []]
)
def test_a_body_that_is_no_job_is_422(work: Work, body: Any) -> None:
    assert work.api.error("POST", "/v1/jobs", 422, "validation_error", json=body)["details"]


def test_an_unknown_job_is_404_everywhere(work: Work) -> None:
    for method, path in (
        ("GET", ""),
        ("GET", "/log"),
        ("GET", "/events"),
        ("POST", "/cancel"),
        ("POST", "/retry"),
    ):
        work.api.error(method, f"/v1/jobs/{UNKNOWN}{path}", 404, "not_found")


# --- Lists and logs


def test_the_list_has_the_newest_first_and_filters(own_work) -> None:
    work = own_work()
    talked, failed = work.queue("workshop.talk"), work.queue("workshop.fail")
    work.ended(talked)
    work.ended(failed)

    def ids(**query: Any) -> list[str]:
        return [job["job_id"] for job in work.api.data("GET", "/v1/jobs", params=query)["items"]]

    page = work.api.data("GET", "/v1/jobs")
    assert {"items", "total", "limit", "offset"} <= set(page)
    assert (page["total"], page["limit"], page["offset"]) == (2, 50, 0)
    assert page["items"][0] == work.job(failed)
    assert ids() == [failed, talked]
    assert ids(status="failed") == [failed]
    assert ids(job_type="workshop.talk") == [talked]
    assert ids(status="failed", job_type="workshop.talk") == []
    assert ids(limit=1, offset=1) == [talked]
    assert ids(status="") == [failed, talked]


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 201}, {"offset": -1}, {"offset": 2**63}, {"status": "done"}, {"cursor": "x"}]
)
def test_v06_a_list_outside_of_its_ranges_is_422(work: Work, query: dict[str, Any]) -> None:
    work.api.error("GET", "/v1/jobs", 422, "validation_error", params=query)


def test_a_log_is_polled_piece_by_piece(work: Work, is_timestamp) -> None:
    job_id = work.ended(work.queue("workshop.talk", 5))["job_id"]
    seen: list[str] = []
    after = 0
    while True:
        log = work.api.data("GET", f"/v1/jobs/{job_id}/log", params={"after_id": after, "limit": 3})
        assert set(log) == {"items", "next_after_id"}
        if not log["items"]:
            break
        assert all(set(line) == {"job_log_id", "ts", "level", "message", "data"} for line in log["items"])
        assert all(is_timestamp(line["ts"]) for line in log["items"])
        ids = [line["job_log_id"] for line in log["items"]]
        assert ids == sorted(ids)
        assert ids[0] > after
        assert log["next_after_id"] == ids[-1]
        after = log["next_after_id"]
        seen += [line["message"] for line in log["items"]]
    assert log["next_after_id"] == after
    assert seen == ["Job queued", "Job started", *(f"line {number}" for number in range(5)), "Job completed"]


@pytest.mark.parametrize(
    "query",
    [{"after_id": -1}, {"after_id": 2**63}, {"after_id": "1e3"}, {"after_id": "٣"}, {"limit": 0}, {"limit": 2001}],
)
def test_v06_a_log_outside_of_its_ranges_is_422(work: Work, query: dict[str, Any]) -> None:
    work.api.error("GET", f"/v1/jobs/{UNKNOWN}/log", 422, "validation_error", params=query)


# --- Stopping and trying again


def test_j03_a_queued_job_is_canceled_at_once(own_work, is_timestamp) -> None:
    work = own_work(jobs={"workers": 1})
    _, number = work.busy()
    waiting = work.queue("workshop.note", 1)

    answer = work.api.data("POST", f"/v1/jobs/{waiting}/cancel")
    assert set(answer) == {"cancel_requested", "job"}
    assert answer["cancel_requested"] is True
    assert answer["job"] == work.job(waiting)
    assert answer["job"]["status"] == "canceled"
    assert is_timestamp(answer["job"]["canceled_at"])
    assert work.log(waiting) == ["Job queued", "Cancel requested", "Job canceled"]
    work.let_go(number)
    assert work.ended(work.queue("workshop.talk"))["status"] == "succeeded"
    assert not (work.data_dir / "notes").exists()


def test_j03_a_running_job_is_canceled_at_its_next_safe_point_and_once(work: Work) -> None:
    job_id, _ = work.busy()
    answer = work.api.data("POST", f"/v1/jobs/{job_id}/cancel")
    assert answer["cancel_requested"] is True
    assert answer["job"]["cancel_requested_at"]

    job = work.ended(job_id)
    assert (job["status"], job["error"], job["result"]) == ("canceled", None, None)
    assert work.log(job_id) == ["Job queued", "Job started", "Cancel requested", "Job canceled"]


def test_j03_i6_a_job_that_ended_can_not_be_canceled(work: Work) -> None:
    job = work.ended(work.queue("workshop.talk"))
    before = work.log(job["job_id"])
    assert work.api.data("POST", f"/v1/jobs/{job['job_id']}/cancel") == {"cancel_requested": False, "job": job}
    assert work.log(job["job_id"]) == before


def test_a_job_that_failed_or_was_canceled_is_tried_again_as_a_new_one(work: Work) -> None:
    failed = work.ended(work.queue("workshop.fail", 4))
    again = work.api.data("POST", f"/v1/jobs/{failed['job_id']}/retry")
    assert again["job_id"] != failed["job_id"]
    assert (again["retry_of"], again["input"], again["status"]) == (failed["job_id"], {"number": 4}, "queued")
    work.ended(again["job_id"])
    assert work.job(failed["job_id"]) == failed

    done = work.ended(work.queue("workshop.talk"))
    work.api.error("POST", f"/v1/jobs/{done['job_id']}/retry", 409, "conflict")


# --- Many jobs, few workers, plugins that come and go


def test_j06_of_five_hundred_jobs_two_run_at_a_time_the_first_come_first_and_core_answers(own_work) -> None:
    """J08 too: each job runs once."""
    work = own_work()
    numbers = [work.busy()[1] for _ in range(2)]
    ids = [work.queue("workshop.note", number) for number in range(498)]
    assert work.api.data("GET", "/v1/jobs", params={"status": "running"})["total"] == 2
    assert work.api.data("GET", "/v1/jobs", params={"status": "queued"})["total"] == 498
    most, slowest, stop = [0], [0.0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            began = time.monotonic()
            assert work.api.ask("GET", "/healthz").status_code == 200
            slowest[0] = max(slowest[0], time.monotonic() - began)
            running = work.api.data("GET", "/v1/jobs", params={"status": "running", "limit": 1})["total"]
            most[0] = max(most[0], running)

    for number in numbers:
        work.let_go(number)
    watching = threading.Thread(target=watch)
    watching.start()
    try:
        work.ended(ids[-1])
        jobs = work.core.wait_for(work.all_ended)
    finally:
        stop.set()
        watching.join()

    noted = [int(line) for line in (work.data_dir / "notes").read_text().split()]
    assert sorted(noted) == list(range(498))
    assert {jobs[job_id]["status"] for job_id in ids} == {"succeeded"}
    started = [jobs[job_id]["started_at"] for job_id in ids]
    assert started == sorted(started)
    assert 1 <= most[0] <= 2
    assert slowest[0] < 60


def test_j06_a_full_queue_is_429_and_says_when_to_come_again(own_work) -> None:
    work = own_work(limits={"queued_jobs": 3}, jobs={"workers": 1})
    _, number = work.busy()
    waiting = [work.queue("workshop.note", n) for n in range(3)]

    response = work.api.ask("POST", "/v1/jobs", json={"job_type": "workshop.note"})
    work.api.error_of(response, 429, "rate_limited")
    assert int(response.headers["retry-after"]) > 0
    work.let_go(number)
    for job_id in waiting:
        work.ended(job_id)
    assert work.ended(work.queue("workshop.note"))["status"] == "succeeded"


def test_the_jobs_of_a_disabled_plugin_wait_and_say_why(own_work) -> None:
    work = own_work(jobs={"workers": 1})
    running, number = work.busy()
    waiting = work.queue("workshop.note", 1)
    work.api.data("POST", "/v1/plugins/workshop/disable")

    for job_id in (running, waiting):
        job = work.job(job_id)
        assert (job["status"], job["attempts"]) == ("queued", 0)
        assert "plugin" in job["waiting_reason"]
    body = {"job_type": "workshop.note", "input": {}}
    work.api.error("POST", "/v1/jobs", 422, "validation_error", json=body)
    assert work.api.data("POST", f"/v1/jobs/{waiting}/cancel")["job"]["status"] == "canceled"

    work.let_go(number)
    work.api.data("POST", "/v1/plugins/workshop/enable")
    job = work.ended(running)
    assert (job["status"], job["waiting_reason"]) == ("succeeded", None)


def test_types_of_jobs_are_listed_while_their_plugins_are_enabled(own_work) -> None:
    work = own_work()

    def types() -> dict[str, Any]:
        return {item["job_type"]: item for item in work.api.data("GET", "/v1/job-types")["items"]}

    found = types()
    assert list(found) == sorted(found)
    assert {"assets.bulk-import", "jobs.prune", "workshop.note"} <= set(found)
    assert found["workshop.note"]["plugin_id"] == "workshop"
    assert found["workshop.note"]["input_schema"]["properties"]["number"]["type"] == "integer"
    work.api.data("POST", "/v1/plugins/workshop/disable")
    assert not {name for name in types() if name.startswith("workshop")}


UNDESCRIBABLE = """
from typing import Callable

from pydantic import BaseModel, ConfigDict

from faceforge_sdk import JobHandler, hookimpl


class Odd(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    call: Callable[[], int] = int


@hookimpl
def register_job_handlers(ctx):
    return [JobHandler("odd.work", Odd, lambda job: {})]
"""


def test_a_type_whose_input_has_no_schema_is_listed_without_one(work: Work, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    manifest = {"id": "odd", "name": "Odd", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(UNDESCRIBABLE)
    work.core.install_plugin(folder)

    for _ in range(4):
        (odd,) = [item for item in work.api.data("GET", "/v1/job-types")["items"] if item["plugin_id"] == "odd"]
        assert odd == {"job_type": "odd.work", "plugin_id": "odd", "input_schema": None}
    assert work.core.kernel.plugins.get("odd").state == "active"


# --- Old ones


def test_r07_old_jobs_and_logs_are_removed_by_a_job(own_work) -> None:
    work = own_work()
    old = work.ended(work.queue("workshop.talk", 2))["job_id"]
    busy, number = work.busy()

    prune = {"job_type": "jobs.prune", "input": {"logs_older_than_days": 0}}
    pruned = work.ended(work.api.data("POST", "/v1/jobs", json=prune)["job_id"])
    assert pruned["result"] == {"jobs": 0, "log_lines": 5}
    assert work.log(old) == []
    prune = {"job_type": "jobs.prune", "input": {"jobs_older_than_days": 0}}
    pruned = work.ended(work.api.data("POST", "/v1/jobs", json=prune)["job_id"])
    assert pruned["result"]["jobs"] == 2
    work.api.error("GET", f"/v1/jobs/{old}", 404, "not_found")
    assert work.log(busy) == ["Job queued", "Job started"]
    work.let_go(number)
    for given in ({}, {"jobs_older_than_days": -1}, {"logs_older_than_days": 10**9}):
        body = {"job_type": "jobs.prune", "input": given}
        work.api.error("POST", "/v1/jobs", 422, "validation_error", json=body)


def test_jobs_of_v019_are_answered_as_before(start_core, api_of, legacy_home: Path, expected) -> None:
    api = api_of(start_core(legacy_home).client)
    for job_id, known in expected["jobs"].items():
        job = api.data("GET", f"/v1/jobs/{job_id}")
        assert (job["status"], job["result"]) == (known["status"], known["result"])
        assert job["input"] == {"path": "photos", "recursive": True, "kind": "file"}
        log = api.data("GET", f"/v1/jobs/{job_id}/log", params={"after_id": 0})
        assert log == {"items": known["log"], "next_after_id": known["log"][-1]["job_log_id"]}
        listed = api.data("GET", "/v1/jobs", params={"job_type": job["job_type"]})
        assert listed["items"] == [job]
        assert api.data("POST", f"/v1/jobs/{job_id}/cancel") == {"cancel_requested": False, "job": job}
