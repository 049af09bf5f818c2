"""Changing many assets from the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.forms import Posted
from faceforge_sdk.notices import with_notice
from faceforge_sdk.routing import built_late
from faceforge_sdk.undoable import Undoable

from .listing import PATH
from .owners import Sought
from .selection import Selection, attach, found, restore, trash

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/assets/bulk``."""
    router = built_late(APIRouter(include_in_schema=False))
    undoable = Undoable[str]()

    @router.post("/bulk")
    def change_many(request: Request, posted: Posted) -> Response:
        wish = Selection.posted(posted)
        ids = found(ctx, wish)
        problem = "nothing-chosen" if not ids else "too-many" if len(ids) > wish.most else ""
        if problem:
            return RedirectResponse(with_notice(wish.listing.address(), problem), 303)
        if wish.action == "attach":
            return _attach(ctx, request, wish, ids, Sought.posted(ctx, posted))
        trash(ctx, ids)
        return RedirectResponse(with_notice(wish.listing.address(), "many-deleted", undo=undoable.remember(ids)), 303)

    @router.post("/bulk/{token}/undo")
    def bring_back(token: str) -> Response:
        ids = undoable.take(token)
        restore(ctx, ids)
        return RedirectResponse(with_notice(PATH, "many-restored" if ids else "not-restored"), 303)

    return router


def _attach(ctx: PluginContext, request: Request, wish: Selection, ids: list[str], sought: Sought) -> Response:
    """Done if it is clear whom the name means; else a page asks."""
    if sought.entity is None:
        kept = [("action", "attach"), ("ids", " ".join(ids)), ("query", wish.listing.query_string)]
        return ctx.pages.render(
            request,
            "attach.html",
            status_code=422,
            sought=sought,
            action=f"{PATH}/bulk",
            kept=kept,
            count=len(ids),
            back=wish.listing.address(),
        )
    attach(ctx, sought.entity.entity_id, ids)
    return RedirectResponse(with_notice(wish.listing.address(), "many-linked"), 303)
