"""The page of one asset, which is also the lightbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import NotFound
from faceforge_sdk.forms import Posted
from faceforge_sdk.notices import with_notice
from faceforge_sdk.routing import built_late

from .facts import rows_of
from .keeping import Keeping, check
from .metadata import Metadata
from .notices import notice_of
from .owners import Owners
from .place import Place
from .stage import Stage
from .trash_routes import TRASH

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/assets/{asset_id}`` and what is done to one asset; forms carry along the list (``query``)."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/{asset_id}")
    def asset_page(request: Request, asset_id: str) -> Response:
        return _show(ctx, request, asset_id)

    @router.post("/{asset_id}/delete")
    def delete(asset_id: str, posted: Posted) -> Response:
        place = Place.posted(posted)
        before, after = place.beside(ctx, asset_id)
        ctx.assets.delete(asset_id)
        follows = after or before
        where = place.address(follows) if follows else place.listing.address()
        return RedirectResponse(with_notice(where, "deleted", undo=asset_id), 303)

    @router.post("/{asset_id}/restore")
    def restore(request: Request, asset_id: str) -> Response:
        try:
            ctx.assets.restore(asset_id)
        except NotFound:
            return RedirectResponse(with_notice(TRASH, "gone"), 303)
        return RedirectResponse(
            with_notice(Place.from_address(request.query_params).address(asset_id), "restored"), 303
        )

    @router.post("/{asset_id}/check")
    def check_bytes(asset_id: str, posted: Posted) -> Response:
        outcome = check(ctx, ctx.assets.get(asset_id))
        return RedirectResponse(with_notice(Place.posted(posted).address(asset_id), outcome), 303)

    return router


def _show(ctx: PluginContext, request: Request, asset_id: str) -> Response:
    asset, place = ctx.assets.get(asset_id), Place.from_address(request.query_params)
    texts = ctx.pages.texts(request)
    before, after = place.beside(ctx, asset_id)
    return ctx.pages.render(
        request,
        "asset.html",
        asset=asset,
        place=place,
        entity=place.entity(ctx),
        before=place.address(before) if before else "",
        after=place.address(after) if after else "",
        stage=Stage.of(ctx, asset),
        facts=rows_of(asset, texts),
        metadata=Metadata.of(asset),
        keeping=Keeping.of(ctx, asset, texts),
        owners=Owners.of(ctx, asset_id),
        notice=notice_of(texts, request.query_params, asset_id, place.query_string),
    )
