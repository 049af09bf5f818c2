"""Saving a view of the list, removing it, and bringing it back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import QueryParams

from faceforge_sdk.errors import Conflict, FaceForgeError, NotFound
from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.notices import with_notice
from faceforge_sdk.routing import built_late

from .listing import PATH, Listing
from .views import MAX_NAME

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

    from .views import SavedViews

_MAX_QUERY = 20_000


def build(ctx: PluginContext, views: SavedViews) -> APIRouter:
    """``/ui/entities/views``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/views/new")
    def new_view(request: Request) -> Response:
        listing = Listing.from_address(request.query_params)
        return ctx.pages.render(request, "view.html", listing=listing, name="", problem="")

    @router.post("/views")
    def save_view(request: Request, posted: Posted) -> Response:
        _ = ctx.pages.texts(request).gettext
        listing, name = listing_of(text_of(posted, "query")), text_of(posted, "name").strip()
        problem = "" if name else _("Write a name.")
        if name:
            try:
                views.save(name, urlencode(listing.values()))
                return RedirectResponse(with_notice(listing.address(), "view-saved"), 303)
            except FaceForgeError as refusal:
                problem = str(refusal)
        return ctx.pages.render(
            request, "view.html", status_code=422, listing=listing, name=name[: 2 * MAX_NAME], problem=problem
        )

    @router.post("/views/{view_id}/delete")
    def remove_view(view_id: str) -> Response:
        views.remove(view_id)
        return RedirectResponse(with_notice(PATH, "view-removed", undo=view_id), 303)

    @router.post("/views/{view_id}/restore")
    def restore_view(view_id: str) -> Response:
        try:
            views.restore(view_id)
        except (NotFound, Conflict):
            return RedirectResponse(with_notice(PATH, "not-restored"), 303)
        return RedirectResponse(with_notice(PATH, "view-restored"), 303)

    return router


def listing_of(query: str) -> Listing:
    """The list that a query string means, from its beginning."""
    return Listing.from_address(QueryParams(query[:_MAX_QUERY]))
