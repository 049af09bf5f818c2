"""Following a job: every line once, in order, the job whenever it changed, and no look while nothing happens."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import Job, JobLogLine

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from faceforge_sdk.context import JobContext


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    async def limited() -> Any:
        async with asyncio.timeout(60):
            return await coroutine

    return asyncio.run(limited())


async def collect(works: Any, job_id: str, after_id: int = 0) -> list[Job | JobLogLine]:
    return [news async for news in works.jobs.follow(job_id, after_id)]


def messages(news: list[Any]) -> list[str]:
    return [one.message for one in news if isinstance(one, JobLogLine)]


def statuses(news: list[Any]) -> list[str]:
    return [one.status for one in news if isinstance(one, Job)]


def test_a_job_that_ended_is_told_whole_with_itself_at_the_end(works: Any) -> None:
    works.handle(lambda job: [job.log("info", str(n)) for n in range(1200)] and {"done": True})
    works.start()
    job = works.ended(works.enqueue())

    news = run(collect(works, job.job_id))
    assert messages(news) == ["Job queued", "Job started", *(str(n) for n in range(1200)), "Job completed"]
    assert news[-1] == job
    assert statuses(news) == ["succeeded"]


def test_it_goes_on_behind_any_line(works: Any) -> None:
    works.handle(lambda job: [job.log("info", str(n)) for n in range(5)] and {})
    works.start()
    job_id = works.ended(works.enqueue()).job_id
    lines = works.jobs.log(job_id).items

    for place, line in enumerate(lines):
        assert messages(run(collect(works, job_id, line.job_log_id))) == [one.message for one in lines[place + 1 :]]


def test_what_happens_is_told_as_it_happens(works: Any, gate: Any) -> None:
    def work(job: JobContext[Any]) -> dict[str, Any]:
        gate.pass_through()
        job.progress(50, "half")
        job.log("info", "past the gate")
        return {"done": True}

    works.handle(work)
    job_id = works.enqueue()

    async def watch() -> list[Any]:
        told: list[Any] = []
        async for news in works.jobs.follow(job_id):
            told.append(news)
            if statuses(told) == ["queued"] and messages(told) == ["Job queued"]:
                works.start()
            if statuses(told)[-1:] == ["running"] and messages(told)[-1] == "Job started":
                gate.open()
        return told

    told = run(watch())
    assert messages(told) == ["Job queued", "Job started", "past the gate", "Job completed"]
    assert statuses(told)[0] == "queued"
    assert told[-1] == works.jobs.get(job_id)


def test_an_unknown_job_is_refused_at_the_first_step(works: Any) -> None:
    with pytest.raises(NotFound):
        run(collect(works, "f" * 64))


def test_canceling_retiring_and_holding_a_queued_job_are_news(works: Any) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()

    async def watch() -> list[Any]:
        told: list[Any] = []
        async for news in works.jobs.follow(job_id):
            told.append(news)
            if len(told) == 2:
                await asyncio.to_thread(works.queue.hold_unknown, [])
            if isinstance(news, Job) and news.waiting_reason:
                await asyncio.to_thread(works.jobs.cancel, job_id)
        return told

    told = run(watch())
    assert statuses(told) == ["queued", "queued", "canceled"]
    assert messages(told) == ["Job queued", "Cancel requested", "Job canceled"]


@pytest.fixture
def looks(works: Any, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When somebody looked."""
    moments: list[float] = []
    really = works.jobs._records.look

    def look(*arguments: Any) -> Any:
        moments.append(time.monotonic())
        return really(*arguments)

    monkeypatch.setattr(works.jobs._records, "look", look)
    return moments


def test_nobody_looks_while_nothing_happens(works: Any, looks: list[float]) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()

    async def watch() -> None:
        following = asyncio.create_task(collect(works, job_id))
        while not looks:  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.005)
        await asyncio.sleep(1.0)
        assert len(looks) == 1
        await asyncio.to_thread(works.jobs.cancel, job_id)
        await following

    run(watch())
    assert len(looks) == 2


def test_a_job_that_talks_all_the_time_is_looked_at_ten_times_a_second(works: Any, looks: list[float]) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()

    async def watch() -> float:
        following = asyncio.create_task(collect(works, job_id))
        began = time.monotonic()
        while time.monotonic() - began < 1.0 or len(looks) < 3:
            works.bell.ring()
            await asyncio.sleep(0.001)
        await asyncio.to_thread(works.jobs.cancel, job_id)
        await following
        return time.monotonic() - began

    seconds = run(watch())
    assert len(looks) <= 10 * seconds + 2


async def crowd(works: Any, job_id: str) -> tuple[list[asyncio.Task[None]], list[list[Any]]]:
    """Twenty who follow a job, once they all know how it stands, and what each was told."""
    told: list[list[Any]] = [[] for _ in range(20)]
    knowing = asyncio.Semaphore(0)

    async def listen(news: list[Any]) -> None:
        async for one in works.jobs.follow(job_id):
            news.append(one)
            if len(news) == 2:
                knowing.release()

    listening = [asyncio.create_task(listen(news)) for news in told]
    for _ in listening:
        await knowing.acquire()
    return listening, told


def test_it_ends_at_once_when_core_stops_and_leaves_nothing_behind(works: Any) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()

    async def watch() -> float:
        listening, told = await crowd(works, job_id)
        threading.Thread(target=works.bell.silence).start()
        began = time.monotonic()
        await asyncio.gather(*listening)
        assert {tuple(messages(news)) for news in told} == {("Job queued",)}
        assert await collect(works, job_id) == []  # nor does anything begin any more
        return time.monotonic() - began

    assert run(watch()) < 60
    assert works.bell._listeners == {}


def test_a_listener_that_goes_away_leaves_nothing_behind(works: Any) -> None:
    works.handle(lambda job: {})
    job_id = works.enqueue()

    async def watch() -> None:
        listening, _ = await crowd(works, job_id)
        assert len(works.bell._listeners) == 20
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        assert works.bell._listeners == {}

    run(watch())


def test_of_many_lines_none_is_lost_or_told_twice_while_they_are_written(
    works: Any, another_core: Callable[..., Any]
) -> None:
    def work(job: JobContext[Any]) -> dict[str, Any]:
        for number in range(3000):
            job.log("info", str(number))
            if number % 100 == 0:
                time.sleep(0.01)
        return {}

    works.handle(work)
    job_id = works.enqueue()

    async def watch() -> list[list[Any]]:
        following = [asyncio.create_task(collect(works, job_id)) for _ in range(3)]
        await asyncio.sleep(0)
        works.start()
        return await asyncio.gather(*following)

    for told in run(watch()):
        assert messages(told)[2:-1] == [str(number) for number in range(3000)]
        assert statuses(told)[-1] == "succeeded"
