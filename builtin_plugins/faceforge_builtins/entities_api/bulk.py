"""The routes that change many entities at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fastapi import APIRouter

from faceforge_sdk.errors import Conflict, InvalidInput
from faceforge_sdk.models import (
    BulkOutcome,
    EntitySelection,
    Envelope,
    TagRequest,
    UpsertOutcome,
    UpsertRequest,
    ok,
)
from faceforge_sdk.routing import built_late

from .bulk_job import JOB_TYPE, BulkInput, change_all

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Entities, Jobs

UPSERT_PATH = "/v1/entities/bulk-upsert"
TAG_PATH = "/v1/entities/bulk-tag"
TRASH_PATH = "/v1/entities/bulk-trash"

AT_ONCE = 500
"""So many entities are changed before the answer; for more a job is queued."""


def build(entities: Entities, jobs: Jobs) -> APIRouter:
    """Routes over `entities`; what takes longer than a request should goes to `jobs`."""
    router = built_late(APIRouter(tags=["Entities"]))

    @router.post(UPSERT_PATH, summary="Create or update entities by what another system calls them")
    def bulk_upsert(request: UpsertRequest) -> Envelope[UpsertOutcome]:
        results = list(entities.upsert(request.items))
        counts = Counter(result.status for result in results)
        return ok(
            UpsertOutcome(
                items=results,
                created=counts["created"],
                updated=counts["updated"],
                unchanged=counts["unchanged"],
                restored=counts["restored"],
                failed=counts["failed"],
            )
        )

    @router.post(TAG_PATH, summary="Add and remove tags of many entities")
    def bulk_tag(request: TagRequest) -> Envelope[BulkOutcome]:
        if not request.add and not request.remove:
            raise InvalidInput("There is no tag to add or to remove.")
        return ok(_change(request, BulkInput.of(request, add=request.add, remove=request.remove)))

    @router.post(TRASH_PATH, summary="Move many entities to the trash")
    def bulk_trash(request: EntitySelection) -> Envelope[BulkOutcome]:
        return ok(_change(request, BulkInput.of(request, trash=True)))

    def _change(request: EntitySelection, wish: BulkInput) -> BulkOutcome:
        matched = wish.count(entities)
        if request.expected not in (None, matched):
            raise Conflict(f"{matched} entities match by now, not {request.expected}.", details={"matched": matched})
        if request.dry_run or matched == 0:
            return BulkOutcome(matched=matched, changed=0)
        if matched > AT_ONCE:
            job = jobs.enqueue(JOB_TYPE, wish.model_dump(mode="json", exclude_none=True))
            return BulkOutcome(matched=matched, changed=0, job_id=job.job_id)
        return BulkOutcome(matched=matched, changed=change_all(entities, wish))

    return router
