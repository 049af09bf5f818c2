"""The page of one entity: its tabs, editing, and moving it to the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import InvalidInput, PreconditionFailed
from faceforge_sdk.forms import Posted
from faceforge_sdk.notices import with_notice
from faceforge_sdk.routing import built_late

from .forms import FIELDS, EntityForm
from .listing import PATH
from .notices import notice_of
from .panels import Tabs
from .portraits import cards

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Entity


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/entities/{entity_id}`` and what stands below it."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/{entity_id}")
    def entity_page(request: Request, entity_id: str) -> Response:
        entity = ctx.entities.get(entity_id)
        return ctx.pages.render(
            request,
            "entity.html",
            entity=entity,
            card=cards(ctx, [entity])[0],
            tabs=Tabs.load(ctx, request, entity_id, request.query_params.get("tab", "")),
            notice=notice_of(ctx.pages.texts(request), request.query_params, entity_id),
        )

    @router.get("/{entity_id}/edit")
    def edit_page(request: Request, entity_id: str) -> Response:
        entity = ctx.entities.get(entity_id)
        return _form(ctx, request, entity, EntityForm.of(entity))

    @router.post("/{entity_id}/edit")
    def edit(request: Request, entity_id: str, posted: Posted) -> Response:
        return _save(ctx, request, entity_id, posted)

    @router.post("/{entity_id}/delete")
    def delete(entity_id: str) -> Response:
        ctx.entities.delete(entity_id)
        return RedirectResponse(with_notice(PATH, "deleted", undo=entity_id), 303)

    return router


def _save(ctx: PluginContext, request: Request, entity_id: str, posted: Posted) -> Response:
    """Store what was typed, or show the form again: 422 with what is wrong, 409 with what was saved meanwhile."""
    entity = ctx.entities.get(entity_id)
    form, status = EntityForm.posted(posted, ctx.pages.texts(request), EntityForm.of(entity)), 422
    if not form.problems:
        patch = form.patch(entity)
        if not patch.model_dump(exclude_none=True):
            return RedirectResponse(with_notice(f"{PATH}/{entity_id}", "unchanged"), 303)
        try:
            ctx.entities.update(entity_id, patch, expected_revision=form.revision)
            return RedirectResponse(with_notice(f"{PATH}/{entity_id}", "saved"), 303)
        except PreconditionFailed:
            form, status = form.overtaken(ctx.entities.get(entity_id)), 409
        except InvalidInput as refusal:
            form = form.refused("", str(refusal))
    return _form(ctx, request, entity, form, status)


def _form(ctx: PluginContext, request: Request, entity: Entity, form: EntityForm, status: int = 200) -> Response:
    """The page with the fields, or with the one that is edited in its place on the entity's page (``?only=tags``)."""
    only = request.query_params.get("only", "")
    names = (only,) if only in FIELDS else FIELDS
    return ctx.pages.render(request, "edit.html", status_code=status, entity=entity, form=form, names=names, only=only)
