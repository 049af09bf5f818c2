"""The list of plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from faceforge_sdk.routing import built_late

from .cards import cards_of
from .listing import Listing, Wanted
from .notices import notice_of

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/plugins``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("")
    def plugins(request: Request) -> Response:
        texts, found = ctx.pages.texts(request), ctx.plugins.list()
        wanted = Wanted.from_address(request.query_params)
        return ctx.pages.render(
            request,
            "plugins.html",
            listing=Listing.of(wanted, list(cards_of(ctx, found.items, texts)), found.ignored),
            folder=ctx.system.info().paths.plugins_dir,
            notice=notice_of(ctx, request.query_params, texts),
        )

    return router
