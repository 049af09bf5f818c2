"""The job that makes a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from faceforge_sdk import JobHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Backups

JOB_TYPE = "backup.create"

_SHOWN = 1000


class BackupInput(BaseModel):
    """The job takes no input: where to, and how many stay, stands in the configuration."""


def handler(backups: Backups) -> JobHandler[Any]:
    """The job, over `backups`."""

    def make(job: JobContext[BackupInput]) -> Mapping[str, Any]:
        told = 0

        def report(sentence: str, about: Mapping[str, Any]) -> None:
            nonlocal told
            told += 1
            if told <= _SHOWN:
                job.log("warning", sentence, about)

        made = backups.make(job.progress, job.check_cancelled, report)
        if told > _SHOWN:
            job.log("warning", f"{told - _SHOWN} more files are not in the backup.")
        return made.model_dump()

    return JobHandler(JOB_TYPE, BackupInput, make)
