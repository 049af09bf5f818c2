"""The routes of storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from faceforge_sdk.models import Envelope, Job, MigratePlan, MigrateRequest, StorageUsage, VerifyOptions, ok
from faceforge_sdk.routing import built_late

from .jobs import MIGRATE, VERIFY

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Jobs, Storage


def build(storage: Storage, jobs: Jobs) -> APIRouter:
    """Routes over `storage`; what reads or moves bytes is a job."""
    router = built_late(APIRouter(prefix="/v1/storage", tags=["Storage"]))

    @router.get("", summary="Where bytes lie, and how many")
    def get_storage() -> Envelope[StorageUsage]:
        return ok(storage.usage())

    @router.post("/verify", summary="Check that every file is there and whole, as a job")
    def verify_storage(options: VerifyOptions | None = None) -> Envelope[Job]:
        return ok(jobs.enqueue(VERIFY, (options or VerifyOptions()).model_dump(mode="json"), dedupe_key=VERIFY))

    @router.post("/migrate/plan", summary="Count what a move to another provider would move")
    def plan_migration(request: MigrateRequest) -> Envelope[MigratePlan]:
        return ok(storage.plan_migration(request))

    @router.post("/migrate", summary="Move files to another provider, as a job")
    def migrate_storage(request: MigrateRequest) -> Envelope[Job]:
        storage.plan_migration(request)  # so that an unknown provider is refused now
        return ok(jobs.enqueue(MIGRATE, request.model_dump(mode="json", exclude_none=True)))

    return router
