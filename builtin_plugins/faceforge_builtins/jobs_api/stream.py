"""A job as Server-Sent Events: its log and itself, live, resumable from any line."""

from __future__ import annotations

from collections.abc import AsyncIterator  # noqa: TC003 - FastAPI knows a stream by the route's annotation
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from faceforge_sdk.models import MAX_INT, JobLogLine
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.models import Job
    from faceforge_sdk.protocols import Jobs

RETRY_MILLISECONDS = 1000
_PAGE = 500
_DESCRIPTION = """\
Two kinds of events, both with JSON in `data`:

- `log`: one line of the log; its id is the line's `job_log_id`
- `job`: the job, at first and whenever it changed

After the last line of a job that ended comes the job in its final state, and the stream ends; then close it, since a
browser's `EventSource` would come again. It also ends when Core stops: whoever comes again with `Last-Event-ID` (or
`after_id`) gets exactly the lines that followed.
"""


def build(jobs: Jobs) -> APIRouter:
    """The one route."""
    router = built_late(APIRouter(tags=["Jobs"]))

    def require_job(job_id: str) -> None:
        jobs.get(job_id)

    @router.get(
        "/v1/jobs/{job_id}/events",
        summary="Follow a job, as Server-Sent Events",
        description=_DESCRIPTION,
        response_class=EventSourceResponse,
        dependencies=[Depends(require_job)],  # before the stream begins a refusal is still an answer like any other
    )
    async def follow_job(
        job_id: str,
        last_event_id: Annotated[int | None, Header(ge=0, le=MAX_INT)] = None,
        after_id: Annotated[int, Query(ge=0, le=MAX_INT, description="Only lines behind this one.")] = 0,
        follow: Annotated[bool, Query(description="`false`: end once all that happened so far is told.")] = True,
    ) -> AsyncIterator[ServerSentEvent]:
        start = after_id if last_event_id is None else last_event_id
        yield ServerSentEvent(retry=RETRY_MILLISECONDS)
        async for news in jobs.follow(job_id, start) if follow else _so_far(jobs, job_id, start):
            yield _event(news)

    return router


async def _so_far(jobs: Jobs, job_id: str, after_id: int) -> AsyncIterator[Job | JobLogLine]:
    """What happened until now; the job is read first, so that of one that ended every line is told."""
    job = await to_thread.run_sync(jobs.get, job_id)
    while lines := (await to_thread.run_sync(jobs.log, job_id, after_id, _PAGE)).items:
        for line in lines:
            yield line
        after_id = lines[-1].job_log_id
    yield job


def _event(news: Job | JobLogLine) -> ServerSentEvent:
    if isinstance(news, JobLogLine):
        return ServerSentEvent(event="log", id=str(news.job_log_id), data=news)
    return ServerSentEvent(event="job", data=news)
