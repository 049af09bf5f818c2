"""``faceforge run faceforge.ingest read``: the library read anew, by a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from faceforge_sdk import Command

from .job import JOB_TYPE

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Jobs


class ReadInput(BaseModel):
    """Which files."""

    model_config = ConfigDict(extra="forbid")

    only_missing: Annotated[
        bool, Field(description="Only by those that have read nothing out of a file yet, such as a new ExifTool.")
    ] = False


def read_command(jobs: Jobs) -> Command[ReadInput]:
    """Queues the job."""

    def read(wanted: ReadInput) -> str:
        job = jobs.enqueue(JOB_TYPE, wanted.model_dump())
        return f"The files of the library are read by the job {job.job_id}, as soon as a Core runs."

    return Command("read", "Read the files of the library anew.", read, ReadInput)
