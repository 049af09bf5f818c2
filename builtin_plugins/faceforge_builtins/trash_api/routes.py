"""The routes of the trash as a whole; lists and restores stand with their kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from faceforge_sdk.models import Envelope, Job, Purged, PurgeRequest, TrashKind, TrashSummary, ok
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Jobs, Trash

_Age = Annotated[int | None, Query(ge=0, le=100_000, description="Count only what was deleted so long ago.")]


def build(trash: Trash, jobs: Jobs) -> APIRouter:
    """Routes over `trash`; what may take long becomes one of `jobs`."""
    router = built_late(APIRouter(tags=["Trash"]))

    @router.get("/v1/trash", summary="How much lies in the trash")
    def summarize_trash(older_than_days: _Age = None) -> Envelope[TrashSummary]:
        return ok(trash.summary(older_than_days))

    @router.post("/v1/trash/purge", summary="Empty the trash, as a job")
    def purge_trash(request: PurgeRequest | None = None) -> Envelope[Job]:
        wish = {} if request is None else request.model_dump(exclude_none=True)
        return ok(jobs.enqueue("trash.purge", wish))

    @router.delete("/v1/trash/{kind}/{thing_id}", summary="Remove a thing from the trash for good")
    def purge_thing(kind: TrashKind, thing_id: str) -> Envelope[Purged]:
        trash.purge(kind, thing_id)
        return ok(Purged())

    return router
