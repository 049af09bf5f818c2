"""Jobs: every one of them runs once at a time, says what it does, and ends."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.testing import wait_for
from faceforge_sdk.errors import InvalidInput, JobCancelled, NotFound, TooManyRequests
from faceforge_sdk.models import JobCancellation

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_sdk.context import JobContext


def test_a_job_runs_and_tells_its_story(works: Any) -> None:
    def run(job: JobContext[Any]) -> dict[str, int]:
        job.log("info", "Halfway", {"number": job.input.number})
        job.progress(50, "half")
        return {"doubled": job.input.number * 2}

    works.handle(run)
    works.start()

    job = works.ended(works.enqueue(21))

    assert (job.status, job.result, job.progress_percent, job.progress_step) == (
        "succeeded",
        {"doubled": 42},
        100,
        "half",
    )
    assert job.input == {"number": 21}
    assert job.created_at <= job.started_at <= job.finished_at
    assert works.log(job.job_id) == ["Job queued", "Job started", "Halfway", "Job completed"]
    assert works.events(job.job_id) == [
        ("job.queued", {"job_type": "test.work"}),
        ("job.started", {"job_type": "test.work"}),
        ("job.finished", {"job_type": "test.work", "status": "succeeded"}),
    ]


def test_a_job_claimed_while_its_plugin_was_disabled_does_not_run_with_what_the_plugin_has_closed(works: Any) -> None:
    ran: list[str] = []

    def run(job: JobContext[Any]) -> dict[str, Any]:
        ran.append(job.job_id)
        return {}

    works.handle(run)
    claim = works.queue.claim

    def claim_late(types: list[str]) -> Any:
        """The swap and the drain of a disabling come between the look at the handlers and the claim."""
        if types:
            works.handlers.clear()
            assert works.runner.drain("some.plugin", 0)
        return claim(types)

    works.queue.claim = claim_late
    job_id = works.enqueue()
    works.start()

    wait_for(lambda: len(works.log(job_id)) >= 3)
    job = works.jobs.get(job_id)
    assert works.log(job_id)[-1] == "Job put back into the queue"
    assert (ran, job.status, bool(job.waiting_reason)) == ([], "queued", True)


def _exit(job: JobContext[Any]) -> dict[str, Any]:
    sys.exit(3)


def _recurse(job: JobContext[Any]) -> dict[str, Any]:
    return _recurse(job)


def _raise(job: JobContext[Any]) -> dict[str, Any]:
    raise ValueError("no \ud800 \0 text")


def _interrupt(job: JobContext[Any]) -> dict[str, Any]:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (_raise, "ValueError: no \ufffd \ufffd text"),
        (_exit, "SystemExit: 3"),
        (_recurse, "RecursionError"),
        (_interrupt, "KeyboardInterrupt"),
        (lambda job: 1 / 0, "ZeroDivisionError"),
        (lambda job: None, "TypeError"),
        (lambda job: {"a": object()}, "TypeError"),
        (lambda job: {"a": float("nan")}, "ValueError"),
        (lambda job: {"a": "\ud800"}, "UnicodeEncodeError"),
    ],
)
def test_j05_whatever_a_handler_does_its_job_ends_and_the_worker_goes_on(works: Any, run: Any, said: str) -> None:
    works.handle(run, "test.broken")
    works.handle(lambda job: {}, "test.work")
    works.start()

    broken = [works.ended(works.enqueue(job_type="test.broken")) for _ in range(3)]

    for job in broken:
        assert (job.status, job.error.code, job.result) == ("failed", "job_failed", None)
        assert job.error.message.startswith(said)
        assert [line for line in works.log(job.job_id) if line.startswith("Job failed")] == works.log(job.job_id)[-1:]
    assert works.ended(works.enqueue()).status == "succeeded"


def test_j05_a_log_that_cannot_be_written_fails_the_job_and_never_leaves_it_running(
    works: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = threading.Event()
    really = works.queue.write_log

    def write_log(tx: Any, job_id: str, lines: Any) -> None:
        if broken.is_set():
            raise TooManyRequests("the log's disk is full")
        really(tx, job_id, lines)

    def run(job: JobContext[Any]) -> dict[str, Any]:
        broken.set()
        for number in range(100_000):
            job.log("info", f"line {number}")
            time.sleep(0.001)
        return {}

    def mend() -> None:
        time.sleep(0.5)
        broken.clear()

    monkeypatch.setattr(works.queue, "write_log", write_log)
    works.handle(run)
    works.start()
    job_id = works.enqueue()
    works.ended(job_id, "running")
    threading.Thread(target=mend).start()

    job = works.ended(job_id)
    assert job.status == "failed"
    assert "full" in job.error.message


def test_j05_an_end_that_cannot_be_recorded_is_recorded_later(works: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[str] = []
    really = works.queue.finish

    def finish(*arguments: Any) -> bool:
        attempts.append("finish")
        if len(attempts) == 1:
            raise TooManyRequests("locked")
        return bool(really(*arguments))

    monkeypatch.setattr(works.queue, "finish", finish)
    works.handle(lambda job: job.log("info", "said") or {"done": True})
    works.start()

    job = works.ended(works.enqueue())
    assert (job.status, job.result) == ("succeeded", {"done": True})
    assert works.log(job.job_id) == ["Job queued", "Job started", "said", "Job completed"]


def test_j06_no_more_run_at_once_than_there_are_workers_and_the_first_come_first(works: Any) -> None:
    running, most = 0, 0
    order: list[int] = []
    really = works.queue.claim

    def claim(types: list[str]) -> Any:
        found = really(types)
        if found is not None:
            order.append(found.payload["number"])
        return found

    lock = threading.Lock()

    def run(job: JobContext[Any]) -> dict[str, Any]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.001)
        with lock:
            running -= 1
        return {}

    works.queue.claim = claim
    works.handle(run)
    ids = [works.enqueue(number) for number in range(100)]
    works.start()
    for job_id in ids:
        works.ended(job_id)

    assert most == 2
    assert order == list(range(100))


def test_what_core_does_by_itself_begins_when_the_users_job_is_over(
    works: Any, gate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceforge_core.jobs.runner._PATIENCE", 3600)
    works.handle(lambda job: gate.pass_through() or {}, "import")
    works.handle(lambda job: {}, "extract", background=True)
    works.handle(lambda job: {}, "export")
    works.start()
    works.enqueue(job_type="import")
    gate.await_arrival()
    reading = works.enqueue(job_type="extract")

    works.ended(works.enqueue(job_type="export"))  # another of the user's goes past it
    assert works.jobs.get(reading).status == "queued"
    gate.open()
    works.ended(reading)


def test_what_core_does_by_itself_does_not_slip_in_while_a_users_job_is_just_being_taken(
    works: Any, gate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceforge_core.jobs.runner._PATIENCE", 3600)
    slipped_in = threading.Event()
    reading: list[str] = []
    really = works.queue.claim

    def claim(types: list[str]) -> Any:
        found = really(types)
        if found is not None and found.job_type == "import":
            reading.append(works.enqueue(job_type="extract"))  # which wakes the other worker
            slipped_in.wait(0.3)
        return found

    monkeypatch.setattr(works.queue, "claim", claim)
    works.handle(lambda job: gate.pass_through() or {}, "import")
    works.handle(lambda job: slipped_in.set() or {}, "extract", background=True)
    works.start()
    works.enqueue(job_type="import")
    gate.await_arrival()

    assert not slipped_in.is_set()
    gate.open()
    works.ended(reading[0])


def test_what_core_does_by_itself_has_its_turn_while_a_users_job_runs_for_long(
    works: Any, gate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceforge_core.jobs.runner._PATIENCE", 0.1)
    works.handle(lambda job: gate.pass_through() or {}, "import")
    works.handle(lambda job: {}, "extract", background=True)
    works.start()
    endless = works.enqueue(job_type="import")
    gate.await_arrival()

    for _ in range(3):
        works.ended(works.enqueue(job_type="extract"))
    assert works.jobs.get(endless).status == "running"


def test_j06_a_full_queue_refuses_more(works: Any) -> None:
    works.limit = 3
    works.handle(lambda job: {})
    for _ in range(3):
        works.enqueue()

    with pytest.raises(TooManyRequests):
        works.enqueue()


@pytest.mark.parametrize("payload", [{"number": "many"}, {"number": None}, {"number": 1.5}])
def test_j07_an_input_that_its_model_refuses_makes_no_job(works: Any, payload: dict[str, Any]) -> None:
    works.handle(lambda job: {})

    with pytest.raises(InvalidInput) as refused:
        works.jobs.enqueue("test.work", payload)
    assert isinstance(refused.value.details, list)
    assert refused.value.details[0]["loc"] == ("number",)


def test_j07_unknown_keys_are_kept_and_ignored_and_unknown_types_refused(works: Any) -> None:
    works.handle(lambda job: {})

    assert works.jobs.enqueue("test.work", {"number": 1, "more": [1]}).input == {"number": 1, "more": [1]}
    with pytest.raises(InvalidInput):
        works.jobs.enqueue("test.nothing", {})
    with pytest.raises(InvalidInput):
        works.jobs.enqueue("test.work", {"number": 1, "more": object()})
    with pytest.raises(NotFound):
        works.jobs.get("f" * 64)


def test_a_dedupe_key_gives_the_job_that_waits_and_a_new_one_once_it_runs(works: Any, gate: Any) -> None:
    works.handle(lambda job: gate.pass_through() or {})
    one = works.jobs.enqueue("test.work", {}, dedupe_key="k").job_id
    assert works.jobs.enqueue("test.work", {}, dedupe_key="k").job_id == one
    assert works.jobs.enqueue("test.work", {}, dedupe_key="other").job_id != one

    works.start()
    gate.await_arrival()
    works.ended(one, "running")
    assert works.jobs.enqueue("test.work", {}, dedupe_key="k").job_id != one


def test_j08_of_many_who_claim_a_job_one_gets_it(works: Any, another_core: Callable[..., Any]) -> None:
    claimed: list[str] = []
    works.handle(lambda job: {})
    ids = [works.enqueue() for _ in range(200)]
    claimants = [works, *(another_core() for _ in range(3))]

    threads = [threading.Thread(target=_claim_all, args=(claimant, claimed)) for claimant in claimants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(claimed) == sorted(ids)


def _claim_all(claimant: Any, claimed: list[str]) -> None:
    while (claim := claimant.queue.claim(["test.work"])) is not None:
        claimed.append(claim.job_id)


def test_progress_never_falls(works: Any) -> None:
    def run(job: JobContext[Any]) -> dict[str, Any]:
        for percent in (30, 20, 60, 10, float("nan"), -5):
            job.progress(percent, f"{percent}")
        raise ValueError

    works.handle(run)
    works.start()

    job = works.ended(works.enqueue())
    assert (job.progress_percent, job.progress_step) == (60, "60")


def test_what_a_job_says_is_seen_while_it_runs(works: Any, gate: Any) -> None:
    def run(job: JobContext[Any]) -> dict[str, Any]:
        job.log("info", "one line")
        job.progress(25)
        gate.pass_through()
        return {}

    works.handle(run)
    works.start()
    job_id = works.enqueue()
    gate.await_arrival()

    wait_for(lambda: "one line" in works.log(job_id) and works.jobs.get(job_id).progress_percent == 25)
    assert works.jobs.get(job_id).status == "running"


def test_thousands_of_lines_are_written_in_few_transactions_and_in_order(works: Any) -> None:
    def run(job: JobContext[Any]) -> dict[str, Any]:
        for number in range(5000):
            job.log("info", str(number))
        return {}

    works.handle(run)
    works.start()
    job_id = works.enqueue()
    works.ended(job_id)

    assert works.log(job_id)[2:-1] == [str(number) for number in range(5000)]


@pytest.mark.parametrize("data", [{"a": {1, 2}}, {"a": float("inf")}, {"a": "\ud800"}, {"a": "x" * 10**6}])
def test_odd_log_data_never_fail_a_job(works: Any, data: dict[str, Any]) -> None:
    works.handle(lambda job: job.log("strange", "odd \ud800 \0", data) or {})
    works.start()

    assert works.ended(works.enqueue()).status == "succeeded"


def test_j03_a_queued_job_is_canceled_at_once(works: Any) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()

    canceled = works.jobs.cancel(job_id)

    job = canceled.job
    assert (canceled.cancel_requested, job.status) == (True, "canceled")
    assert job.canceled_at == job.finished_at is not None
    assert works.log(job_id) == ["Job queued", "Cancel requested", "Job canceled"]
    assert works.jobs.cancel(job_id).cancel_requested is False
    works.start()
    assert works.ended(job_id).status == "canceled"


def test_j03_a_running_job_stops_at_its_next_safe_point(works: Any, gate: Any) -> None:
    def run(job: JobContext[Any]) -> dict[str, Any]:
        gate.pass_through()
        job.check_cancelled()
        return {}

    works.handle(run)
    works.start()
    job_id = works.enqueue()
    gate.await_arrival()

    asked = works.jobs.cancel(job_id)
    assert (asked.cancel_requested, asked.job.status) == (True, "running")
    assert asked.job.cancel_requested_at is not None
    gate.open()

    job = works.ended(job_id)
    assert (job.status, job.error, job.progress_percent) == ("canceled", None, None)
    assert works.log(job_id) == ["Job queued", "Job started", "Cancel requested", "Job canceled"]
    assert works.jobs.cancel(job_id) == JobCancellation(cancel_requested=False, job=job)


def test_j03_a_job_that_was_done_when_it_was_canceled_has_succeeded(works: Any, gate: Any) -> None:
    works.handle(lambda job: gate.pass_through() or {"all": True})
    works.start()
    job_id = works.enqueue()
    gate.await_arrival()
    works.jobs.cancel(job_id)
    gate.open()

    job = works.ended(job_id)
    assert (job.status, job.result) == ("succeeded", {"all": True})
    assert works.jobs.cancel(job_id).cancel_requested is False


def test_j03_a_job_may_stop_and_still_say_what_it_did(works: Any, gate: Any) -> None:
    works.handle(lambda job: gate.pass_through() or {"imported": 3, "canceled": job.cancelled})
    works.start()
    job_id = works.enqueue()
    gate.await_arrival()
    works.jobs.cancel(job_id)
    gate.open()

    job = works.ended(job_id)
    assert (job.status, job.result) == ("canceled", {"imported": 3, "canceled": True})


def test_jobs_wake_up_at_once_and_not_by_polling(works: Any) -> None:
    works.handle(lambda job: {})
    works.start()
    works.ended(works.enqueue())
    looks: list[str] = []
    really = works.queue.claim
    works.queue.claim = lambda types: looks.append("look") or really(types)

    time.sleep(1.0)
    assert len(looks) <= 2
    works.ended(works.enqueue())


def test_a_job_that_stops_itself_without_being_asked_is_canceled(works: Any) -> None:
    def run(job: JobContext[Any]) -> dict[str, Any]:
        raise JobCancelled

    works.handle(run)
    works.start()
    assert works.ended(works.enqueue()).status == "canceled"
