"""The free fields of an entity, changed as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import InvalidInput, PreconditionFailed
from faceforge_sdk.forms import Posted
from faceforge_sdk.models import EntityPatch
from faceforge_sdk.notices import with_notice
from faceforge_sdk.routing import built_late

from .definitions import OWN_FIELDS, Definitions
from .field_rows import FieldForm
from .forms import number_of
from .listing import PATH

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Entity


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/entities/{entity_id}/fields``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/{entity_id}/fields")
    def edit_fields(request: Request, entity_id: str) -> Response:
        entity = ctx.entities.get(entity_id)
        form = _form_of(ctx, entity)
        return _page(ctx, request, entity, form.with_another(), entity.revision)

    @router.post("/{entity_id}/fields")
    def save_fields(request: Request, entity_id: str, posted: Posted) -> Response:
        entity = ctx.entities.get(entity_id)
        form = FieldForm.posted(ctx.pages.texts(request), posted, _form_of(ctx, entity).kept)
        return _save(ctx, request, entity, form, posted)

    return router


def _save(ctx: PluginContext, request: Request, entity: Entity, form: FieldForm, posted: Posted) -> Response:
    """Store the rows, or show them again: with one more or less, with what is wrong, or with what changed meanwhile."""
    _ = ctx.pages.texts(request).gettext
    revision = number_of(posted, "revision") or entity.revision
    if "more" in posted or "remove" in posted:
        return _page(ctx, request, entity, form.with_another(), revision)
    if form.sound:
        try:
            ctx.entities.update(entity.entity_id, EntityPatch(fields=form.fields()), expected_revision=revision)
            return RedirectResponse(with_notice(f"{PATH}/{entity.entity_id}", "saved", tab="overview"), 303)
        except InvalidInput as refusal:
            form = form.refused(str(refusal))
        except PreconditionFailed:
            revision = ctx.entities.get(entity.entity_id).revision
            form = form.refused(_("The entity was changed meanwhile. Save again to replace its fields by these."))
    return _page(ctx, request, entity, form, revision, status=422)


def _form_of(ctx: PluginContext, entity: Entity) -> FieldForm:
    defined = {one.definition.field_key for one in Definitions(ctx).all() if one.definition.scope == OWN_FIELDS}
    return FieldForm.of(entity.fields, defined)


def _page(
    ctx: PluginContext, request: Request, entity: Entity, form: FieldForm, revision: int, status: int = 200
) -> Response:
    return ctx.pages.render(request, "fields.html", status_code=status, entity=entity, form=form, revision=revision)
