"""The jobs that check and move bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from faceforge_sdk import JobHandler
from faceforge_sdk.models import MigrateRequest, VerifyOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Storage

VERIFY, MIGRATE, SETTLE = "storage.verify", "storage.migrate", "storage.settle"

_SHOWN = 100


class SettleInput(BaseModel):
    """The job takes no input: it moves whatever waits."""


def handlers(storage: Storage) -> list[JobHandler[Any]]:
    """The three of them, over `storage`."""

    def verify(job: JobContext[VerifyOptions]) -> Mapping[str, Any]:
        report = storage.verify(job.input, job.progress, job.check_cancelled)
        for finding in report.findings[:_SHOWN]:
            job.log("warning", finding.message, finding.model_dump(exclude={"message"}, exclude_none=True))
        if len(report.findings) > _SHOWN:
            job.log("warning", f"{sum(report.counts.values()) - _SHOWN} more findings; `faceforge fsck` lists them.")
        return report.model_dump(exclude={"findings"})

    def migrate(job: JobContext[MigrateRequest]) -> Mapping[str, Any]:
        def report(sentence: str, about: Mapping[str, Any]) -> None:
            job.log("warning", sentence, about)

        return storage.migrate(job.input, job.progress, job.check_cancelled, report)

    def settle(job: JobContext[SettleInput]) -> Mapping[str, Any]:
        return storage.settle(job.progress, job.check_cancelled)

    return [
        JobHandler(VERIFY, VerifyOptions, verify),
        JobHandler(MIGRATE, MigrateRequest, migrate),
        JobHandler(SETTLE, SettleInput, settle),
    ]
