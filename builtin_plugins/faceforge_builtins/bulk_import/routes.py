"""The route that starts an import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from faceforge_sdk.models import Envelope, JobStatus, examples, ok

from .request import JOB_TYPE, BulkImport

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Jobs


_STARTED: Final[dict[str, Any]] = {
    "job_id": examples.JOB_ID,
    "job_type": JOB_TYPE,
    "status": "queued",
    "created_at": examples.MADE,
}


class BulkImportStarted(BaseModel):
    """The job that imports; a folder that does not exist fails there."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STARTED]})

    job_id: str
    job_type: str
    status: JobStatus
    created_at: str


def build(jobs: Jobs) -> APIRouter:
    """The one route over `jobs`."""
    router = APIRouter(tags=["Assets"])

    @router.post("/v1/assets/bulk-import", summary="Import the files of a folder, as a job")
    def bulk_import(wanted: BulkImport) -> Envelope[BulkImportStarted]:
        job = jobs.enqueue(JOB_TYPE, wanted.model_dump())
        return ok(BulkImportStarted.model_validate(job, from_attributes=True))

    return router
