"""The links of one asset to entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.notices import with_notice
from faceforge_sdk.routing import built_late

from .owners import Sought
from .place import Place

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

_MAX_ROLE = 200


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/assets/{asset_id}/owners``; forms carry along the list that the reader came from (``query``)."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.post("/{asset_id}/owners")
    def attach(request: Request, asset_id: str, posted: Posted) -> Response:
        asset, place, sought = ctx.assets.get(asset_id), Place.posted(posted), Sought.posted(ctx, posted)
        address = place.address(asset_id)
        if sought.entity is None:
            kept = [("query", place.query_string)]
            values = {"action": f"/ui/assets/{asset_id}/owners", "kept": kept, "count": 1, "back": address}
            return ctx.pages.render(
                request, "attach.html", status_code=422, sought=sought, name=asset.filename, **values
            )
        ctx.assets.link_many(sought.entity.entity_id, [asset_id])
        return RedirectResponse(with_notice(address, "linked"), 303)

    @router.post("/{asset_id}/owners/{entity_id}/unlink")
    def unlink(asset_id: str, entity_id: str, posted: Posted) -> Response:
        ctx.assets.unlink(entity_id, asset_id)
        role = {"role": text_of(posted, "role")} if text_of(posted, "role") else {}
        address = Place.posted(posted).address(asset_id)
        return RedirectResponse(with_notice(address, "unlinked", undo=entity_id, **role), 303)

    @router.post("/{asset_id}/owners/{entity_id}/link")
    def link(request: Request, asset_id: str, entity_id: str, posted: Posted) -> Response:
        ctx.assets.link(entity_id, asset_id, text_of(posted, "role")[:_MAX_ROLE] or None)
        address = Place.from_address(request.query_params).address(asset_id)
        return RedirectResponse(with_notice(address, "linked"), 303)

    @router.post("/{asset_id}/owners/{entity_id}/cover")
    def choose_cover(asset_id: str, entity_id: str, posted: Posted) -> Response:
        ctx.entities.set_cover(entity_id, asset_id)
        return RedirectResponse(with_notice(Place.posted(posted).address(asset_id), "cover-chosen"), 303)

    return router
