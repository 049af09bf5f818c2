"""The trash of assets, and bringing one back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.models import TrashQuery
from faceforge_sdk.paging import page_at
from faceforge_sdk.routing import built_late

from .listing import PATH
from .notices import notice_of

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

TRASH = f"{PATH}/trash"


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/assets/trash``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/trash")
    def trash(request: Request) -> Response:
        cursor = request.query_params.get("cursor", "")
        page = page_at(ctx.assets.trash, TrashQuery(), cursor)
        if page is None:
            return RedirectResponse(TRASH, 303)
        notice = notice_of(ctx.pages.texts(request), request.query_params)
        return ctx.pages.render(request, "trash.html", page=page, cursor=cursor, address=TRASH, notice=notice)

    return router
