"""The routes of jobs and their logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from faceforge_sdk.models import Envelope, Job, JobCancellation, JobDraft, JobLog, JobLogQuery, JobQuery, Page, ok
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Jobs


def build(jobs: Jobs) -> APIRouter:
    """Routes over `jobs`."""
    router = built_late(APIRouter(tags=["Jobs"]))

    @router.post("/v1/jobs", summary="Queue a job")
    def queue_job(draft: JobDraft) -> Envelope[Job]:
        return ok(jobs.enqueue(draft.job_type, draft.input))

    @router.get("/v1/jobs", summary="List jobs")
    def list_jobs(query: Annotated[JobQuery, Query()]) -> Envelope[Page[Job]]:
        return ok(jobs.list(query))

    @router.get("/v1/jobs/{job_id}", summary="Read a job")
    async def get_job(job_id: str) -> Envelope[Job]:
        return ok(jobs.get(job_id))

    @router.get("/v1/jobs/{job_id}/log", summary="Read a job's log")
    def get_job_log(job_id: str, query: Annotated[JobLogQuery, Query()]) -> Envelope[JobLog]:
        return ok(jobs.log(job_id, query.after_id, query.limit, query.level))

    @router.post("/v1/jobs/{job_id}/cancel", summary="Ask a job to stop")
    def cancel_job(job_id: str) -> Envelope[JobCancellation]:
        return ok(jobs.cancel(job_id))

    @router.post("/v1/jobs/{job_id}/retry", summary="Queue a job again that failed or was canceled")
    def retry_job(job_id: str) -> Envelope[Job]:
        return ok(jobs.retry(job_id))

    return router
