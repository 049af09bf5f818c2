"""The page ``/ui/overview``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from faceforge_sdk.routing import built_late

from .attention import needing_attention
from .charts import months_chart
from .holdings import Holdings
from .newest import newest

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


def build(ctx: PluginContext) -> APIRouter:
    """The overview, or the welcome to an empty library."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/ui/overview")
    def overview(request: Request) -> Response:
        holdings, texts = Holdings.read(ctx), ctx.pages.texts(request)
        if holdings.nothing:
            return ctx.pages.render(request, "welcome.html")
        return ctx.pages.render(
            request,
            "overview.html",
            holdings=holdings,
            attention=needing_attention(ctx, holdings),
            newest=newest(ctx),
            families=holdings.families(texts),
            places=holdings.places(texts),
            entities_by_month=months_chart(holdings.entities.months),
            assets_by_month=months_chart(holdings.assets.months),
        )

    return router
