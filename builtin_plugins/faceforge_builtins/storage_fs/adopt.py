"""The job that verifies what an older version of FaceForge left in the home, and gives shared files their own bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Storage


class AdoptInput(BaseModel):
    """The job takes no input: it does whatever waits."""


def adopter(storage: Storage) -> Callable[[JobContext[AdoptInput]], Mapping[str, Any]]:
    """The handler's `run`; repeating it does only what is left."""

    def run(job: JobContext[AdoptInput]) -> Mapping[str, Any]:
        summary = storage.adopt(job.progress, job.check_cancelled)
        level = "warning" if summary["missing"] or summary["altered"] or summary["shared"] else "info"
        job.log(level, "Files of the older version checked", summary)
        return summary

    return run
