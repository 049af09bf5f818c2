"""Saving a field: made anew, or changed; with a look first at the values that would no longer fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from faceforge_sdk.errors import Conflict, InvalidInput
from faceforge_sdk.models import FieldDefDraft, FieldDefPatch

from .field_form import changes
from .field_types import KnownTypes
from .notices import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request, Response

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import FieldDef
    from faceforge_sdk.protocols import Texts

    from .field_form import FieldForm

PATH = "/ui/settings/fields"
_FIT = frozenset({"field_type", "options", "regex", "required", "multiple"})
"""A change of these may leave stored values that do not fit."""


def save(
    ctx: PluginContext, request: Request, form: FieldForm, *, confirmed: bool
) -> tuple[FieldForm, Response | None]:
    """The answer once it is saved; else None, and the form with what is in the way.

    Values that would not fit are in the way until they are `confirmed`.
    """
    texts = ctx.pages.texts(request)
    facts, form = form.facts(KnownTypes(ctx, texts).find(form.type), texts)
    if form.problems:
        return form, None
    try:
        if form.definition is None:
            return form, _create(ctx, form.scope, facts)
        return _change(ctx, form, form.definition, facts, confirmed=confirmed)
    except InvalidInput as refusal:
        return form.refused(refusal), None
    except ValidationError as error:
        return form.refused(
            InvalidInput(str(error), details=error.errors(include_url=False, include_input=False))
        ), None
    except Conflict as conflict:
        return form.with_problem("key", _conflict(conflict, texts)), None


def _create(ctx: PluginContext, scope: str, facts: Mapping[str, Any]) -> Response:
    """At the end of its group."""
    last = max((one.order for one in ctx.field_defs.list(scope)), default=-1)
    made = ctx.field_defs.create(FieldDefDraft(scope=scope, order=last + 1, **facts))
    return told(PATH, "field-added", fragment=f"field-{made.field_def_id}")


def _change(
    ctx: PluginContext, form: FieldForm, definition: FieldDef, facts: Mapping[str, Any], *, confirmed: bool
) -> tuple[FieldForm, Response | None]:
    changed, cleared = changes(definition, facts)
    if not changed and not cleared:
        return form, told(PATH, "unchanged")
    patch = FieldDefPatch.model_validate({**changed, "clear": cleared})
    if not confirmed and _FIT.intersection([*changed, *cleared]):
        misfits = ctx.field_defs.update(definition.field_def_id, patch, dry_run=True).misfits
        if misfits.count:
            return form.with_misfits(misfits), None
    ctx.field_defs.update(definition.field_def_id, patch)
    return form, told(PATH, "field-saved", fragment=f"field-{definition.field_def_id}")


def _conflict(conflict: Conflict, texts: Texts) -> str:
    """Why a key can't be had: the catalog names who has it, or whose values stand in the way."""
    if isinstance(conflict.details, dict) and "field_def_id" in conflict.details:
        return texts.gettext("Another field has this key.")
    return texts.gettext("Values are stored under the present key: with another they would lose their field.")
