"""The list of entities, and creating one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.forms import Posted

from .forms import EntityForm
from .listing import PATH, SORTS, Listing
from .notices import notice_of, with_notice
from .portraits import cards

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

TAGS_SHOWN = 24


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/entities`` and ``/ui/entities/new``."""
    router = APIRouter(include_in_schema=False)

    @router.get("")
    def entities(request: Request) -> Response:
        listing = Listing.from_address(request.query_params)
        try:
            page = ctx.entities.list(listing.query())
        except InvalidInput:
            if not listing.cursor:
                raise
            # An old bookmark into the middle of a list: its beginning is what can still be shown.
            return RedirectResponse(listing.address(), 303)
        return ctx.pages.render(
            request,
            "entities.html",
            listing=listing,
            sorts=SORTS,
            page=page,
            cards=cards(ctx, page.items),
            tags=ctx.entities.tags(TAGS_SHOWN),
            form=EntityForm(),
            notice=notice_of(request.query_params),
        )

    @router.get("/new")
    def new_entity(request: Request) -> Response:
        return ctx.pages.render(request, "new.html", form=EntityForm())

    @router.post("")
    def create(request: Request, posted: Posted) -> Response:
        form = EntityForm.posted(posted)
        if not form.problems:
            try:
                entity = ctx.entities.create(form.draft())
                return RedirectResponse(with_notice(f"{PATH}/{entity.entity_id}", "created"), 303)
            except InvalidInput as refusal:
                form = form.refused("", str(refusal))
        return ctx.pages.render(request, "new.html", status_code=422, form=form)

    return router
