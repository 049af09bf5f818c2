"""The trash of entities, and bringing one back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import TrashQuery
from faceforge_sdk.notices import with_notice
from faceforge_sdk.paging import page_at
from faceforge_sdk.routing import built_late

from .listing import PATH
from .notices import notice_of

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

TRASH = f"{PATH}/trash"


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/entities/trash``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/trash")
    def trash(request: Request) -> Response:
        cursor = request.query_params.get("cursor", "")
        page = page_at(ctx.entities.trash, TrashQuery(), cursor)
        if page is None:
            return RedirectResponse(TRASH, 303)
        return ctx.pages.render(
            request,
            "trash.html",
            page=page,
            cursor=cursor,
            address=TRASH,
            notice=notice_of(ctx.pages.texts(request), request.query_params),
        )

    @router.post("/trash/{entity_id}/restore")
    def restore(entity_id: str) -> Response:
        try:
            ctx.entities.restore(entity_id)
        except NotFound:
            return RedirectResponse(with_notice(TRASH, "gone"), 303)
        return RedirectResponse(with_notice(f"{PATH}/{entity_id}", "restored"), 303)

    return router
