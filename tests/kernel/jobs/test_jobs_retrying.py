"""Trying again what failed or was canceled, as a job of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from faceforge_sdk.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from faceforge_sdk.context import JobContext


def test_a_failed_job_is_tried_again_as_a_new_one(works: Any) -> None:
    problems = iter([ValueError("not yet")])

    def run(job: JobContext[Any]) -> dict[str, Any]:
        for problem in problems:
            raise problem
        return {"number": job.input.number}

    works.handle(run)
    works.start()
    failed = works.ended(works.jobs.enqueue("test.work", {"number": 7, "more": "kept"}).job_id)
    assert failed.status == "failed"

    again = works.ended(works.jobs.retry(failed.job_id).job_id)
    assert again.job_id != failed.job_id
    assert (again.retry_of, again.job_type, again.input) == (failed.job_id, "test.work", {"number": 7, "more": "kept"})
    assert (again.status, again.result) == ("succeeded", {"number": 7})
    assert works.jobs.get(failed.job_id) == failed
    assert works.jobs.log(again.job_id).items[0].data == {"retry_of": failed.job_id}


def test_a_retry_that_still_waits_is_not_queued_twice(works: Any) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()
    works.jobs.cancel(job_id)

    first = works.jobs.retry(job_id)
    assert works.jobs.retry(job_id) == first
    works.start()
    works.ended(first.job_id)
    assert works.jobs.retry(job_id).job_id != first.job_id


def test_only_what_failed_or_was_canceled_can_be_tried_again(works: Any, gate: Any) -> None:
    works.handle(lambda job: gate.pass_through() or {})
    works.start()
    job_id = works.enqueue()
    gate.await_arrival()
    waiting = works.enqueue()
    with pytest.raises(Conflict):
        works.jobs.retry(job_id)
    gate.open()
    works.ended(waiting)
    with pytest.raises(Conflict):
        works.jobs.retry(job_id)
    with pytest.raises(NotFound):
        works.jobs.retry("f" * 64)


def test_what_nobody_runs_any_more_can_not_be_tried_again(works: Any) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()
    works.jobs.cancel(job_id)
    works.handlers.clear()

    with pytest.raises(InvalidInput):
        works.jobs.retry(job_id)
