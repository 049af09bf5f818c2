"""Facts that most libraries want: offered until somebody has set up fields of their own, and set up when first used.

They are own fields, since the search looks into these.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from faceforge_sdk.errors import Conflict
from faceforge_sdk.models import FieldDef, FieldDefDraft
from faceforge_sdk.texts import to_translate

from .definitions import OWN_FIELDS, Defined, Definitions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import Request

    from faceforge_sdk import PluginContext


class UsualFact(NamedTuple):
    """A key, what a reader calls it, and the type and control of its values."""

    label: str
    field_type: str
    widget: str


USUAL: Mapping[str, UsualFact] = {
    "date_of_birth": UsualFact(to_translate("Date of birth"), "date", "date"),
    "place_of_birth": UsualFact(to_translate("Place of birth"), "string", "text"),
    "occupation": UsualFact(to_translate("Occupation"), "string", "text"),
}


def offered(definitions: Definitions) -> Sequence[Defined]:
    """Those that are not defined yet, their labels still to be translated; none once there are other definitions."""
    names = {f"{OWN_FIELDS}:{key}" for key in USUAL}
    if any(one.name not in names for one in definitions.all()):
        return []
    return [_defined(key, fact.label) for key, fact in USUAL.items() if definitions.find(OWN_FIELDS, key) is None]


def usual(ctx: PluginContext, request: Request, name: str) -> Defined | None:
    """The usual fact that an address names, as its definition will be; None for others, and once it is set up."""
    scope, _separator, key = name.partition(":")
    if scope != OWN_FIELDS or key not in USUAL or Definitions(ctx).named(name):
        return None
    return _defined(key, ctx.pages.texts(request).gettext(USUAL[key].label))


def is_usual(defined: Defined) -> bool:
    """Whether it is only offered so far."""
    return not defined.definition.field_def_id


def set_up(ctx: PluginContext, defined: Defined) -> None:
    """Make its definition."""
    one, order = defined.definition, len(ctx.field_defs.list(OWN_FIELDS))
    with suppress(Conflict):  # it was set up meanwhile
        ctx.field_defs.create(
            FieldDefDraft(
                scope=OWN_FIELDS, field_key=one.field_key, field_type=one.field_type, label=one.label, order=order
            )
        )


def _defined(key: str, label: str) -> Defined:
    fact = USUAL[key]
    definition = FieldDef(
        field_def_id="",
        scope=OWN_FIELDS,
        field_key=key,
        field_type=fact.field_type,
        required=False,
        options={},
        regex=None,
        created_at="",
        updated_at="",
        label=label,
    )
    return Defined(definition, fact.widget)
