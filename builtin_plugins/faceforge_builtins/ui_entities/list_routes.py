"""The list of entities, and creating one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.forms import Posted
from faceforge_sdk.notices import with_notice
from faceforge_sdk.routing import built_late

from .definitions import Definitions
from .filters import COMPARISONS, as_stored, chips_of
from .forms import EntityForm
from .listing import COLUMNS, PATH, SORTS, Listing
from .notices import notice_of
from .portraits import cards

if TYPE_CHECKING:
    from faceforge_sdk import Page, PluginContext
    from faceforge_sdk.models import Entity

    from .views import SavedViews

TAGS_SHOWN = 24
MOST_COUNTED = 1000


def build(ctx: PluginContext, views: SavedViews) -> APIRouter:
    """``/ui/entities`` and ``/ui/entities/new``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("")
    def entities(request: Request) -> Response:
        if "what" in request.query_params:  # the filter menu's own words become an address like all others
            asked = as_stored(ctx, ctx.pages.texts(request), request.query_params)
            return RedirectResponse(Listing.from_address(asked).address(), 303)
        listing = Listing.from_address(request.query_params)
        try:
            page = ctx.entities.list(listing.query())
        except InvalidInput:
            if not listing.cursor:
                raise
            # An old bookmark into the middle of a list: its beginning is what can still be shown.
            return RedirectResponse(listing.address(), 303)
        return _show(ctx, request, views, listing, page)

    @router.get("/new")
    def new_entity(request: Request) -> Response:
        return ctx.pages.render(request, "new.html", form=EntityForm())

    @router.post("")
    def create(request: Request, posted: Posted) -> Response:
        form = EntityForm.posted(posted, ctx.pages.texts(request))
        if not form.problems:
            try:
                entity = ctx.entities.create(form.draft())
                return RedirectResponse(with_notice(f"{PATH}/{entity.entity_id}", "created"), 303)
            except InvalidInput as refusal:
                form = form.refused("", str(refusal))
        return ctx.pages.render(request, "new.html", status_code=422, form=form)

    return router


def _show(ctx: PluginContext, request: Request, views: SavedViews, listing: Listing, page: Page[Entity]) -> Response:
    texts = ctx.pages.texts(request)
    counted = listing.view == "table" and "assets" in listing.columns
    return ctx.pages.render(
        request,
        "entities.html",
        listing=listing,
        sorts=SORTS,
        columns=COLUMNS,
        comparisons=COMPARISONS,
        page=page,
        cards=cards(ctx, page.items),
        counts=ctx.assets.counts([one.entity_id for one in page.items], MOST_COUNTED) if counted else {},
        most_counted=MOST_COUNTED,
        tags=ctx.entities.tags(TAGS_SHOWN),
        chips=chips_of(ctx, texts, listing),
        definitions=Definitions(ctx).all(),
        views=views.all(),
        query=urlencode(listing.values()),
        form=EntityForm(),
        notice=notice_of(texts, request.query_params),
    )
