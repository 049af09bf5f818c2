"""Undoing an import: what it created goes to the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import Conflict, NotFound

from .request import JOB_TYPE, UNDO_TYPE, UndoImport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_sdk import JobContext
    from faceforge_sdk.models import Job
    from faceforge_sdk.protocols import Imports, Jobs


def require_import(jobs: Jobs, import_id: str) -> Job:
    """The job of an import. Raises `NotFound` for any other."""
    job = jobs.get(import_id)
    if job.job_type != JOB_TYPE:
        raise NotFound(f"The job {import_id} was no import.")
    return job


def start_undo(jobs: Jobs, import_id: str) -> Job:
    """Queue the undoing of an import that has ended; asked for twice, it is queued once. Raises `Conflict` before."""
    _require_ended(jobs, import_id)
    return jobs.enqueue(UNDO_TYPE, {"import_id": import_id}, dedupe_key=f"{UNDO_TYPE}:{import_id}")


def undoer(jobs: Jobs, imports: Imports) -> Callable[[JobContext[UndoImport]], Mapping[str, Any]]:
    """The handler's `run`; repeating it does only what is left."""

    def run(job: JobContext[UndoImport]) -> Mapping[str, Any]:
        import_id = job.input.import_id
        _require_ended(jobs, import_id)
        undone = dict(imports.undo(import_id, job.progress, job.check_cancelled))
        job.log("info", "Import undone", {"import_id": import_id, **undone})
        return {"import_id": import_id, **undone}

    return run


def _require_ended(jobs: Jobs, import_id: str) -> None:
    if not require_import(jobs, import_id).ended:
        raise Conflict("The import has not ended: cancel it, or wait for its end.")
