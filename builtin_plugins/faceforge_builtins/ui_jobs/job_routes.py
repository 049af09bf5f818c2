"""The page of one job, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import Conflict, NotFound
from faceforge_sdk.routing import built_late

from .job_page import JobPage
from .notices import job_address, notice_of
from .words import IMPORT, UNDO

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Job


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/jobs/{job_id}`` and what stands below it."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/{job_id}")
    def job_page(request: Request, job_id: str) -> Response:
        texts = ctx.pages.texts(request)
        page = JobPage.load(ctx, job_id, request.query_params, texts)
        return ctx.pages.render(request, "job.html", page=page, notice=notice_of(request.query_params, texts))

    @router.post("/{job_id}/cancel")
    def cancel(job_id: str) -> Response:
        requested = ctx.jobs.cancel(job_id).cancel_requested
        return RedirectResponse(job_address(job_id, "stopping" if requested else "over"), 303)

    @router.post("/{job_id}/retry")
    def retry(job_id: str) -> Response:
        return RedirectResponse(job_address(ctx.jobs.retry(job_id).job_id, "again"), 303)

    @router.post("/{job_id}/import")
    def import_again(job_id: str) -> Response:
        """What was tried, for real; what was imported, once more."""
        asked = {**_import_of(ctx, job_id).input, "dry_run": False}
        return RedirectResponse(job_address(ctx.jobs.enqueue(IMPORT, asked).job_id, "started"), 303)

    @router.post("/{job_id}/undo")
    def undo(job_id: str) -> Response:
        if not _import_of(ctx, job_id).ended:
            raise Conflict("The import has not ended: cancel it, or wait for its end.")
        job = ctx.jobs.enqueue(UNDO, {"import_id": job_id}, dedupe_key=f"{UNDO}:{job_id}")
        return RedirectResponse(job_address(job.job_id, "undoing"), 303)

    return router


def _import_of(ctx: PluginContext, job_id: str) -> Job:
    job = ctx.jobs.get(job_id)
    if job.job_type != IMPORT:
        raise NotFound(f"The job {job_id} was no import.")
    return job
