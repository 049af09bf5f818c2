"""The grid of assets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.routing import built_late

from .filters import LINKS, PLACES, SHAPES, chips_of, type_chips
from .listing import SORTS, Listing
from .notices import notice_of
from .tiles import tiles

if TYPE_CHECKING:
    from faceforge_sdk import Page, PluginContext
    from faceforge_sdk.models import Asset

_MENU_WORDS = ("min_mb", "max_mb")


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/assets``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("")
    def assets(request: Request) -> Response:
        listing = Listing.from_address(request.query_params)
        if any(word in request.query_params for word in _MENU_WORDS):  # the menu's own words become a plain address
            return RedirectResponse(listing.address(), 303)
        try:
            page = ctx.assets.list(listing.query())
        except InvalidInput:
            if not listing.cursor:
                raise
            # An old bookmark into the middle of a list: its beginning is what can still be shown.
            return RedirectResponse(listing.address(), 303)
        return _show(ctx, request, listing, page)

    return router


def _show(ctx: PluginContext, request: Request, listing: Listing, page: Page[Asset]) -> Response:
    texts = ctx.pages.texts(request)
    return ctx.pages.render(
        request,
        "assets.html",
        listing=listing,
        sorts=SORTS,
        shapes=SHAPES,
        places=PLACES,
        links=LINKS,
        page=page,
        tiles=tiles(ctx, page.items),
        types=type_chips(texts, listing),
        chips=chips_of(texts, listing),
        notice=notice_of(texts, request.query_params, query=listing.query_string),
    )
