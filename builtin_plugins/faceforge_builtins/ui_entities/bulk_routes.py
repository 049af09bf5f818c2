"""Changing many entities from the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.forms import Posted
from faceforge_sdk.notices import with_notice
from faceforge_sdk.routing import built_late
from faceforge_sdk.undoable import Undoable

from .listing import PATH
from .selection import Retagged, Selection, carry_out, restore_all, tag_again

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/entities/bulk``."""
    router = built_late(APIRouter(include_in_schema=False))
    trashed, retagged = Undoable[str](), Undoable[Retagged]()

    @router.post("/bulk")
    def change_many(posted: Posted) -> Response:
        wish = Selection.posted(posted)
        problem = wish.problem()
        notice, undo = (problem, None) if problem else carry_out(ctx, wish, trashed, retagged)
        return RedirectResponse(with_notice(wish.listing.address(), notice, undo=undo), 303)

    @router.post("/bulk/{token}/undo")
    def bring_back(token: str) -> Response:
        ids = trashed.take(token)
        restore_all(ctx, ids)
        return RedirectResponse(with_notice(PATH, "many-restored" if ids else "not-restored"), 303)

    @router.post("/bulk/tags/{token}/undo")
    def tag_back(token: str) -> Response:
        before = retagged.take(token)
        if not before:
            return RedirectResponse(with_notice(PATH, "not-restored"), 303)
        return RedirectResponse(with_notice(PATH, "tags-back" if tag_again(ctx, before) else "tags-partly-back"), 303)

    return router
