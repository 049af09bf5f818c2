"""The job that copies the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import System

BACKUP: Final = "database.backup"


class BackupInput(BaseModel):
    """The job takes no input."""


def copier(system: System) -> Callable[[JobContext[BackupInput]], Mapping[str, Any]]:
    """The handler's `run`; each time it makes one more copy."""

    def run(job: JobContext[BackupInput]) -> Mapping[str, Any]:
        made = system.back_up()
        job.log("info", f"The database is copied to {made.path}")
        return {"path": str(made.path), "byte_size": made.byte_size}

    return run
