"""The fields: their list, the form of one, their order, and removing one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk import patterns
from faceforge_sdk.errors import Conflict, InvalidInput, NotFound
from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.routing import built_late

from .field_form import FieldForm
from .field_list import FACTS, OWN_FIELDS, groups_of, in_order, words_of_scope
from .field_saving import save
from .field_types import KnownTypes
from .notices import told
from .sections import show

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import FieldDef

PATH = "/ui/settings/fields"


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/settings/fields``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("")
    def fields(request: Request) -> Response:
        texts = ctx.pages.texts(request)
        groups = groups_of(ctx, texts, KnownTypes(ctx, texts))
        return show(ctx, request, "fields.html", "fields", groups=groups)

    @router.post("/order")
    def arrange(form: Posted) -> Response:
        """All ids of a group in their new order; or one that goes up or down by a place."""
        try:
            moved, wanted = _order(ctx, form)
            ctx.field_defs.arrange(wanted)
        except NotFound:
            return told(PATH, "gone")
        return RedirectResponse(f"{PATH}#field-{moved}" if moved else PATH, 303)

    @router.get("/new")
    def new(request: Request) -> Response:
        return _show(ctx, request, FieldForm(scope=request.query_params.get("scope", FACTS)[:200]))

    @router.post("/new")
    def create(request: Request, form: Posted) -> Response:
        return _posted(ctx, request, form, None)

    @router.get("/{field_def_id}")
    def edit(request: Request, field_def_id: str) -> Response:
        definition, texts = ctx.field_defs.get(field_def_id), ctx.pages.texts(request)
        known = KnownTypes(ctx, texts).find(definition.field_type)
        return _show(ctx, request, FieldForm.of(definition, known, texts))

    @router.post("/{field_def_id}")
    def change(request: Request, field_def_id: str, form: Posted) -> Response:
        return _posted(ctx, request, form, ctx.field_defs.get(field_def_id))

    _add_deletion(ctx, router)
    return router


def _add_deletion(ctx: PluginContext, router: APIRouter) -> None:
    @router.post("/{field_def_id}/delete")
    def delete(field_def_id: str) -> Response:
        try:
            ctx.field_defs.delete(field_def_id)
        except NotFound:
            return told(PATH, "gone")
        return told(PATH, "field-deleted", field_def_id)

    @router.post("/{field_def_id}/restore")
    def restore(field_def_id: str) -> Response:
        try:
            ctx.field_defs.restore(field_def_id)
        except Conflict:
            return told(PATH, "field-taken")
        except NotFound:
            return told(PATH, "gone")
        return told(PATH, "field-restored", fragment=f"field-{field_def_id}")


def _order(ctx: PluginContext, form: FormData) -> tuple[str, list[str]]:
    """The field that moved by one, and all ids of its group in their new order."""
    ids = [one for one in form.getlist("ids") if isinstance(one, str)]
    if ids:
        return "", ids
    up, down = text_of(form, "up"), text_of(form, "down")
    moved = ctx.field_defs.get(up or down)
    ids = [one.field_def_id for one in in_order(ctx.field_defs.list(moved.scope))]
    place = ids.index(moved.field_def_id)
    ids.insert(max(0, place - 1) if up else place + 1, ids.pop(place))
    return moved.field_def_id, ids


def _posted(ctx: PluginContext, request: Request, posted: FormData, definition: FieldDef | None) -> Response:
    """Save; or show the form again: with another choice, a pattern tried, or what is wrong."""
    form = FieldForm.posted(posted, definition)
    if "more-choices" in posted:
        return _show(ctx, request, form.with_another_choice())
    if "remove" in posted or "try" in posted:
        return _show(ctx, request, form)
    form, answer = save(ctx, request, form, confirmed=text_of(posted, "confirm") == "1")
    return answer or _show(ctx, request, form, 422 if form.problems else 200)


def _show(ctx: PluginContext, request: Request, form: FieldForm, status_code: int = 200) -> Response:
    texts = ctx.pages.texts(request)
    types = KnownTypes(ctx, texts)
    others = {one.scope for one in ctx.field_defs.list()} | {form.scope}
    scopes = [FACTS, OWN_FIELDS, *sorted(others - {FACTS, OWN_FIELDS})]
    definition = form.definition
    return show(
        ctx,
        request,
        "field.html",
        "fields",
        status_code=status_code,
        form=replace(form, choices=form.choices or ("",)),
        types=types,
        known=types.find(form.type),
        scopes=[(scope, *words_of_scope(scope, texts)) for scope in scopes],
        values=ctx.field_defs.counts().get(definition.field_def_id, 0) if definition else 0,
        trial=_trial(form.pattern, form.sample),
    )


def _trial(pattern: str, sample: str) -> str:
    """What a pattern says of a sample: ``fits``, ``fails``, ``broken``; empty where there is nothing to try."""
    if not pattern or not sample:
        return ""
    try:
        return "fits" if patterns.compiled(pattern).fullmatch(sample) else "fails"
    except InvalidInput:
        return "broken"
