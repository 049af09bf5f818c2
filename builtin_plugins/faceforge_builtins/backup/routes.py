"""Backups over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from faceforge_sdk.models import BackupList, Envelope, Job, ok
from faceforge_sdk.routing import built_late

from .jobs import JOB_TYPE

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Backups, Jobs


def build(backups: Backups, jobs: Jobs) -> APIRouter:
    """Routes over `backups`."""
    router = built_late(APIRouter(prefix="/v1/backups", tags=["Backups"]))

    @router.get("", summary="List the backups")
    def list_backups() -> Envelope[BackupList]:
        return ok(backups.list())

    @router.post("", summary="Make a backup", description="Queues the job that makes it, or names the one that waits.")
    def make_backup() -> Envelope[Job]:
        return ok(jobs.enqueue(JOB_TYPE, {}, dedupe_key=JOB_TYPE))

    return router
