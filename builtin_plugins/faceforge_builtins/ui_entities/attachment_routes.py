"""An entity's files beyond the first page, and their links."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.models import LinkedAssetQuery
from faceforge_sdk.notices import with_notice
from faceforge_sdk.paging import page_at
from faceforge_sdk.routing import built_late

from .attachments import attachments_of
from .listing import PATH

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

_MAX_ROLE = 200


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/entities/{entity_id}/attachments`` and what stands below it."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/{entity_id}/attachments")
    def attachments(request: Request, entity_id: str) -> Response:
        entity = ctx.entities.get(entity_id)
        linked = partial(ctx.assets.of_entity, entity_id)
        page = page_at(linked, LinkedAssetQuery(), request.query_params.get("cursor", ""))
        if page is None:
            return RedirectResponse(_tab(entity_id), 303)
        return ctx.pages.render(
            request,
            "more_attachments.html",
            entity=entity,
            attachments=attachments_of(ctx, page.items),
            total=page.total,
            next_cursor=page.next_cursor,
        )

    @router.post("/{entity_id}/attachments/{asset_id}/unlink")
    def unlink(entity_id: str, asset_id: str, posted: Posted) -> Response:
        ctx.assets.unlink(entity_id, asset_id)
        role = {"role": text_of(posted, "role")} if text_of(posted, "role") else {}
        where = with_notice(f"{PATH}/{entity_id}", "unlinked", undo=asset_id, tab="attachments", **role)
        return RedirectResponse(where, 303)

    @router.post("/{entity_id}/attachments/{asset_id}/link")
    def link(entity_id: str, asset_id: str, posted: Posted) -> Response:
        ctx.assets.link(entity_id, asset_id, text_of(posted, "role")[:_MAX_ROLE] or None)
        return RedirectResponse(with_notice(f"{PATH}/{entity_id}", "linked", tab="attachments"), 303)

    @router.post("/{entity_id}/attachments/{asset_id}/cover")
    def choose_cover(entity_id: str, asset_id: str) -> Response:
        ctx.entities.set_cover(entity_id, asset_id)
        return RedirectResponse(with_notice(f"{PATH}/{entity_id}", "cover-chosen", tab="attachments"), 303)

    @router.post("/{entity_id}/cover/clear")
    def clear_cover(entity_id: str) -> Response:
        ctx.entities.set_cover(entity_id, None)
        return RedirectResponse(with_notice(f"{PATH}/{entity_id}", "cover-cleared", tab="attachments"), 303)

    return router


def _tab(entity_id: str) -> str:
    return f"{PATH}/{entity_id}?tab=attachments"
