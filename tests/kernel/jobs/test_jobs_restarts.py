"""Jobs across stops, crashes and plugins that come and go."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.jobs.queue import Outcome
from faceforge_core.testing import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_sdk.context import JobContext


def _until_stopped(job: JobContext[Any]) -> dict[str, Any]:
    while True:
        job.check_cancelled()
        time.sleep(0.005)


def test_j02_stopping_puts_running_jobs_back_and_the_next_start_finishes_them(
    works: Any, another_core: Callable[..., Any]
) -> None:
    works.handle(_until_stopped)
    works.start()
    job_id = works.enqueue()
    works.ended(job_id, "running")

    began = time.monotonic()
    works.runner.stop()
    assert time.monotonic() - began < 300
    assert works.jobs.get(job_id).status == "queued"

    restarted = another_core()
    restarted.handle(lambda job: {})
    restarted.start()
    assert restarted.ended(job_id).status == "succeeded"
    assert works.log(job_id) == [
        "Job queued",
        "Job started",
        "Job put back into the queue",
        "Job started",
        "Job completed",
    ]


def test_j02_a_handler_that_does_not_stop_holds_nothing_up_and_counts_no_more(works: Any, gate: Any) -> None:
    works.handle(lambda job: gate.pass_through() or job.log("info", "late") or {"late": True})
    works.start()
    job_id = works.enqueue()
    gate.await_arrival()

    began = time.monotonic()
    works.runner.stop(0.3)
    assert time.monotonic() - began < 60
    assert works.jobs.get(job_id).status == "queued"

    workers = [thread for thread in threading.enumerate() if thread.name.startswith("jobs-")]
    gate.open()
    for thread in workers:
        thread.join(60)
    assert works.jobs.get(job_id).status == "queued"
    assert "late" not in works.log(job_id)


def test_j01_what_a_dead_core_left_running_is_queued_again_and_fails_the_third_time(
    works: Any, another_core: Callable[..., Any]
) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()
    for attempt in (1, 2, 3):
        claim = works.queue.claim(["test.work"])
        assert claim is not None
        assert claim.attempt == attempt
        another_core().queue.recover()  # whoever had claimed it is dead

    job = works.jobs.get(job_id)
    assert (job.status, job.error.code) == ("failed", "interrupted")
    assert works.log(job_id).count("Job interrupted; it is queued again") == 2
    assert works.log(job_id)[-1].startswith("Job failed")


def test_a_job_whose_cancelling_was_asked_for_before_the_crash_is_canceled(works: Any) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()
    works.queue.claim(["test.work"])
    works.jobs.cancel(job_id)

    works.queue.recover()

    assert works.jobs.get(job_id).status == "canceled"


def test_a_running_job_of_v019_fails_as_interrupted(works: Any) -> None:
    works.execute(
        "INSERT INTO jobs (job_id, job_type, status, input_json) VALUES ('old', 'assets.bulk-import', 'running', '{}')"
    )
    works.start()

    job = works.jobs.get("old")
    assert (job.status, job.error.code) == ("failed", "interrupted")


def test_i6_an_ended_job_never_changes_again(works: Any) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()
    claim = works.queue.claim(["test.work"])
    works.execute("UPDATE jobs SET status = 'canceled' WHERE job_id = :id", id=job_id)

    assert works.database.write(lambda tx: works.queue.finish(tx, claim, Outcome("succeeded"), [])) is False
    assert works.database.write(lambda tx: works.queue.give_back(tx, claim, [], None)) is False
    assert works.jobs.get(job_id).status == "canceled"
    assert works.log(job_id) == ["Job queued", "Job started"]


def test_who_lost_a_job_changes_it_no_more(works: Any) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()
    lost = works.queue.claim(["test.work"])
    works.queue.recover()
    held = works.queue.claim(["test.work"])

    def end(claim: Any, percent: float) -> bool:
        def work(tx: Any) -> Any:
            works.queue.report(tx, claim, percent, None)
            return works.queue.finish(tx, claim, Outcome("succeeded"), [])

        ended: bool = works.database.write(work)
        return ended

    assert (lost.job_id, held.job_id) == (job_id, job_id)
    assert end(lost, 90) is False
    job = works.jobs.get(job_id)
    assert (job.status, job.progress_percent) == ("running", None)
    assert end(held, 50) is True
    assert works.log(job_id).count("Job completed") == 1


def test_a_clock_that_jumps_changes_neither_turns_nor_holders_of_jobs(
    works: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = [f"{year}-11-26T{hour}:00:00.000Z" for year, hour in (("2026", 12), ("2026", 11), ("2027", 12))]
    works.handle(lambda job: {})
    ids = []
    for moment in moments:
        monkeypatch.setattr("faceforge_core.jobs.queue.now", lambda moment=moment: moment)
        ids.append(works.enqueue())
    claims = []
    for moment in reversed(moments):
        monkeypatch.setattr("faceforge_core.jobs.queue.now", lambda moment=moment: moment)
        claims.append(works.queue.claim(["test.work"]))
    assert [claim.job_id for claim in claims] == ids

    for claim, moment in zip(claims, moments, strict=True):
        monkeypatch.setattr("faceforge_core.jobs.queue.now", lambda moment=moment: moment)
        assert works.database.write(lambda tx, claim=claim: works.queue.finish(tx, claim, Outcome("succeeded"), []))
    for job_id in ids:
        assert works.jobs.get(job_id).status == "succeeded"
        assert works.log(job_id) == ["Job queued", "Job started", "Job completed"]


def test_disabling_a_plugin_holds_its_queued_jobs_and_others_go_on(works: Any) -> None:
    works.handle(lambda job: {"ran": True}, "gone.work", "gone.plugin")
    works.handle(lambda job: {})
    held = works.enqueue(job_type="gone.work")
    gone = works.handlers.pop(0)
    works.start()

    assert works.ended(works.enqueue()).status == "succeeded"
    waiting = works.jobs.get(held)
    assert (waiting.status, bool(waiting.waiting_reason)) == ("queued", True)

    works.handlers.append(gone)
    works.runner.handlers_changed()
    done = works.ended(held)
    assert (done.status, done.waiting_reason) == ("succeeded", None)


def test_disabling_a_plugin_stops_its_running_jobs_and_puts_them_back(works: Any) -> None:
    works.handle(_until_stopped, "going.work", "going.plugin")
    works.handle(lambda job: {})
    works.start()
    job_id = works.enqueue(job_type="going.work")
    works.ended(job_id, "running")
    going = works.handlers.pop(0)

    assert works.runner.drain("going.plugin", 10) is True
    works.runner.handlers_changed()

    works.ended(job_id, "queued")  # a job that was only being claimed is put back by its worker
    wait_for(lambda: works.jobs.get(job_id).waiting_reason)
    works.handlers.append(going)
    works.runner.handlers_changed()
    works.ended(job_id, "running")


def test_a_job_that_does_not_stop_when_its_plugin_is_disabled_costs_no_worker(
    works: Any, another_core: Callable[..., Any], gate: Any
) -> None:
    core = another_core(workers=1)
    core.handle(lambda job: gate.pass_through() or {}, "stuck.work", "stuck.plugin")
    core.handle(lambda job: {})
    core.start()
    stuck = core.enqueue(job_type="stuck.work")
    gate.await_arrival()
    core.handlers.pop(0)

    assert core.runner.drain("stuck.plugin", 0.1) is False
    assert core.ended(core.enqueue()).status == "succeeded"
    assert core.jobs.get(stuck).status == "queued"


def test_cancelling_a_job_while_core_stops_cancels_it(works: Any, gate: Any) -> None:
    def run(job: JobContext[Any]) -> dict[str, Any]:
        gate.pass_through()
        return _until_stopped(job)

    works.handle(run)
    works.start()
    job_id = works.enqueue()
    gate.await_arrival()
    works.execute("UPDATE jobs SET cancel_requested_at = 'now' WHERE job_id = :id", id=job_id)
    gate.open()

    works.runner.stop()

    assert works.jobs.get(job_id).status == "canceled"


@pytest.mark.parametrize("payload", ["{}", '{"number": "no longer valid"}'])
def test_an_input_that_a_newer_model_refuses_fails_its_job(works: Any, payload: str) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()
    works.execute("UPDATE jobs SET input_json = :payload WHERE job_id = :id", payload=payload, id=job_id)
    works.start()

    assert works.ended(job_id).status == ("succeeded" if payload == "{}" else "failed")
