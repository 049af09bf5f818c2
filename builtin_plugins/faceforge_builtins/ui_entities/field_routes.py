"""The free fields of an entity, changed as rows.

A form knows which fields it began with. If there are others when it is sent, those that differ are shown beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import InvalidInput, PreconditionFailed
from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.models import EntityPatch
from faceforge_sdk.notices import with_notice
from faceforge_sdk.routing import built_late

from .definitions import OWN_FIELDS, Definitions
from .facts import facts_of
from .field_rows import FieldForm
from .listing import PATH
from .versions import version_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Entity

    from .facts import Fact


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/entities/{entity_id}/fields``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/{entity_id}/fields")
    def edit_fields(request: Request, entity_id: str) -> Response:
        entity = ctx.entities.get(entity_id)
        form = _form_of(ctx, entity)
        return _page(ctx, request, entity, form.with_another(), _version(entity, form))

    @router.post("/{entity_id}/fields")
    def save_fields(request: Request, entity_id: str, posted: Posted) -> Response:
        entity = ctx.entities.get(entity_id)
        form = FieldForm.posted(ctx.pages.texts(request), posted, _form_of(ctx, entity).kept)
        return _save(ctx, request, entity, form, posted)

    return router


def _save(ctx: PluginContext, request: Request, entity: Entity, form: FieldForm, posted: Posted) -> Response:
    """Store the rows, or show them again: with one more or less, with what is wrong, or with what changed meanwhile."""
    _ = ctx.pages.texts(request).gettext
    stored = _version(entity, form)
    begun = text_of(posted, "version", stored)
    if "more" in posted or "remove" in posted:
        return _page(ctx, request, entity, form.with_another(), begun)
    if form.sound and begun != stored:
        changed = form.refused(_("The entity was changed meanwhile. Save again to replace its fields by these."))
        return _page(ctx, request, entity, changed, stored, 409, others_in(entity.fields, form))
    if form.sound:
        try:
            patch = EntityPatch(fields=form.fields())
            ctx.entities.update(entity.entity_id, patch, expected_revision=entity.revision)
            return RedirectResponse(with_notice(f"{PATH}/{entity.entity_id}", "saved", tab="overview"), 303)
        except InvalidInput as refusal:
            form = form.refused(str(refusal))
        except PreconditionFailed:
            form = form.refused(_("The entity was changed in just this moment. Save again."))
    return _page(ctx, request, entity, form, begun, 422)


def others_in(stored: dict[str, Any], form: FieldForm) -> Sequence[Fact]:
    """The stored fields that a `sound` form would take away or change."""
    typed = form.fields()
    return facts_of({key: value for key, value in stored.items() if key not in typed or typed[key] != value})


def _version(entity: Entity, form: FieldForm) -> str:
    return version_of({key: value for key, value in entity.fields.items() if key not in form.kept})


def _form_of(ctx: PluginContext, entity: Entity) -> FieldForm:
    defined = {one.definition.field_key for one in Definitions(ctx).all() if one.definition.scope == OWN_FIELDS}
    return FieldForm.of(entity.fields, defined)


def _page(
    ctx: PluginContext,
    request: Request,
    entity: Entity,
    form: FieldForm,
    version: str,
    status: int = 200,
    others: Sequence[Fact] = (),
) -> Response:
    return ctx.pages.render(
        request, "fields.html", status_code=status, entity=entity, form=form, version=version, others=others
    )
