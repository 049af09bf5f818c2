"""Jobs in memory keep the promises that a plugin can see."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from faceforge_sdk.errors import Conflict, JobCancelled, NotFound
from faceforge_sdk.models import Job, JobLogLine, JobQuery
from faceforge_sdk.testing import FakeJobs


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


def told(jobs: FakeJobs, job_id: str, after_id: int = 0) -> list[Any]:
    async def collect() -> list[Any]:
        return [news async for news in jobs.follow(job_id, after_id)]

    return asyncio.run(collect())


def test_they_are_listed_the_newest_first_and_filtered(jobs: FakeJobs) -> None:
    first = jobs.enqueue("demo.count", {"n": 1})
    second = jobs.enqueue("demo.other", {})
    jobs.end(first.job_id, result={"total": 1})
    assert [job.job_id for job in jobs.list(JobQuery()).items] == [second.job_id, first.job_id]
    assert [job.result for job in jobs.list(JobQuery(status="succeeded")).items] == [{"total": 1}]
    assert jobs.list(JobQuery(job_type="demo.other")).total == 1


def test_a_key_holds_while_its_job_waits(jobs: FakeJobs) -> None:
    first = jobs.enqueue("demo.count", {}, dedupe_key="one")
    assert jobs.enqueue("demo.count", {}, dedupe_key="one") == first
    jobs.end(first.job_id)
    assert jobs.enqueue("demo.count", {}, dedupe_key="one") != first


def test_a_log_is_read_behind_any_line(jobs: FakeJobs) -> None:
    job_id = jobs.enqueue("demo.count", {}).job_id
    jobs.say(job_id, "halfway", data={"n": 1})
    log = jobs.log(job_id)
    assert [line.message for line in log.items] == ["Job queued", "halfway"]
    assert jobs.log(job_id, log.next_after_id).items == []
    assert jobs.log(job_id, log.next_after_id).next_after_id == log.next_after_id
    with pytest.raises(NotFound):
        jobs.log("none")


def test_canceling_ends_a_queued_job_once(jobs: FakeJobs) -> None:
    job_id = jobs.enqueue("demo.count", {}).job_id
    canceled = jobs.cancel(job_id)
    assert (canceled.cancel_requested, canceled.job.status) == (True, "canceled")
    assert jobs.cancel(job_id).cancel_requested is False
    assert jobs.get(job_id) == canceled.job


def test_only_what_failed_or_was_canceled_is_tried_again(jobs: FakeJobs) -> None:
    job = jobs.enqueue("demo.count", {"n": 1})
    with pytest.raises(Conflict):
        jobs.retry(job.job_id)
    jobs.end(job.job_id, "failed", error="It broke.")
    again = jobs.retry(job.job_id)
    assert (again.retry_of, again.input, again.status) == (job.job_id, {"n": 1}, "queued")
    assert jobs.retry(job.job_id) == again


def test_following_tells_the_lines_and_then_the_job(jobs: FakeJobs) -> None:
    job_id = jobs.enqueue("demo.count", {}).job_id
    line = jobs.say(job_id, "halfway")
    news = told(jobs, job_id)
    assert [type(one) for one in news] == [JobLogLine, JobLogLine, Job]
    assert told(jobs, job_id, line.job_log_id) == [jobs.get(job_id)]
    with pytest.raises(NotFound):
        told(jobs, "none")


def test_pruning_takes_what_ended_long_enough_ago(jobs: FakeJobs) -> None:
    over, waiting = jobs.enqueue("demo.count", {}).job_id, jobs.enqueue("demo.count", {}).job_id
    jobs.end(over)
    assert jobs.prune(1, 1, lambda: None) == {"jobs": 0, "log_lines": 0}
    assert jobs.prune(None, 0, lambda: None) == {"jobs": 0, "log_lines": 1}
    assert jobs.prune(0, None, lambda: None) == {"jobs": 1, "log_lines": 0}
    assert [job.job_id for job in jobs.queued] == [waiting]

    def stop() -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        jobs.prune(0, 0, stop)
