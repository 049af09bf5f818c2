"""The list of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk import JobHandler
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.routing import built_late

from .listing import Listing
from .notices import notice_of
from .rows import Row
from .words import kind_of, states

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import JobStatus
    from faceforge_sdk.protocols import Texts

_COUNTED: tuple[JobStatus, ...] = ("running", "queued", "failed")


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/jobs``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("")
    def jobs(request: Request) -> Response:
        listing, texts = Listing.from_address(request.query_params), ctx.pages.texts(request)
        try:
            page = ctx.jobs.list(listing.query())
        except InvalidInput:
            if not listing.cursor:
                raise
            # An old bookmark into the middle of a list: its beginning is what can still be shown.
            return RedirectResponse(listing.address(), 303)
        return ctx.pages.render(
            request,
            "jobs.html",
            listing=listing,
            rows=[Row.of(job, texts) for job in page.items],
            next_cursor=page.next_cursor,
            states=states(texts),
            kinds=_kinds(ctx, listing, texts),
            notice=notice_of(request.query_params, texts),
            counts=(counts := _counts(ctx, listing)),
            hidden=_hidden(ctx, listing, counts),
        )

    return router


def _counts(ctx: PluginContext, listing: Listing) -> Mapping[JobStatus, int]:
    """How many there are of the states that somebody waits for."""
    return {
        status: ctx.jobs.list(listing.count(status, background=listing.background)).total or 0 for status in _COUNTED
    }


def _hidden(ctx: PluginContext, listing: Listing, shown: Mapping[JobStatus, int]) -> int:
    """How many run or wait that the list leaves out."""
    if listing.background or listing.job_type:
        return 0
    both: tuple[JobStatus, ...] = ("running", "queued")
    under_way = sum(ctx.jobs.list(listing.count(status, background=True)).total or 0 for status in both)
    return max(0, under_way - sum(shown[status] for status in both))


def _kinds(ctx: PluginContext, listing: Listing, texts: Texts) -> Mapping[str, str]:
    """The types to choose from, by their names in words; the chosen one, too, where nobody runs it any more."""
    known = {contributed.value.job_type for contributed in ctx.plugins.contributed(JobHandler)}
    chosen = {listing.job_type} if listing.job_type else set()
    named = {job_type: kind_of(job_type, texts) for job_type in known | chosen}
    return dict(sorted(named.items(), key=lambda item: (item[1].casefold(), item[0])))
