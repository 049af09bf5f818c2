"""The routes of imports: starting one, what it created, undoing it, and looking for the folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from faceforge_sdk.models import Envelope, FolderListing, ImportSummary, JobStatus, examples, ok
from faceforge_sdk.routing import built_late

from .browse import FolderQuery, look_into
from .request import JOB_TYPE, UNDO_TYPE, BulkImport
from .undo import require_import, start_undo

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Imports, Jobs

    from .places import Places


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


class UndoStarted(BulkImportStarted):
    """The job that undoes an import; its result says how much went to the trash."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_STARTED, "job_type": UNDO_TYPE}]})


def build(jobs: Jobs, imports: Imports, places: Places) -> APIRouter:
    """Routes over these services; `places` bounds what may be looked at."""
    router = built_late(APIRouter(prefix="/v1/assets/bulk-import", tags=["Assets"]))

    @router.post("", summary="Import the files of a folder, as a job")
    def bulk_import(wanted: BulkImport) -> Envelope[BulkImportStarted]:
        job = jobs.enqueue(JOB_TYPE, wanted.model_dump())
        return ok(BulkImportStarted.model_validate(job, from_attributes=True))

    @router.get("/folders", summary="Look through the folders of Core's computer for one to import")
    def list_importable_folders(query: Annotated[FolderQuery, Query()]) -> Envelope[FolderListing]:
        return ok(look_into(places, query.path))

    @router.get("/{job_id}", summary="Tell what an import created, and how much of that is live")
    def get_import(job_id: str) -> Envelope[ImportSummary]:
        require_import(jobs, job_id)
        return ok(imports.summary(job_id))

    @router.post("/{job_id}/undo", summary="Move what an import created to the trash, as a job")
    def undo_import(job_id: str) -> Envelope[UndoStarted]:
        return ok(UndoStarted.model_validate(start_undo(jobs, job_id), from_attributes=True))

    return router
