"""Field definitions as pages show them: a label, a help text, and the control that fits the type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from faceforge_sdk import FieldType

from .facts import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import FieldDef

OWN_FIELDS = "entity"
"""The scope whose definitions describe the keys of an entity's own `fields`; the others are for descriptors."""


class Choice(NamedTuple):
    """One of a definition's options: its JSON, which forms send, and how it reads."""

    sent: str
    label: str


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition, and the `widget` of its type."""

    definition: FieldDef
    widget: str

    @property
    def label(self) -> str:
        """What stands before the value."""
        return self.definition.label or words_of(self.definition.field_key)

    @property
    def choices(self) -> Sequence[Choice]:
        """The options of a choice."""
        options = self.definition.options.get("options")
        return [
            Choice(sent(option), option if isinstance(option, str) else sent(option))
            for option in (options if isinstance(options, list) else [])
        ]

    @property
    def name(self) -> str:
        """What an address calls it."""
        return f"{self.definition.scope}:{self.definition.field_key}"

    @property
    def condition(self) -> str:
        """What a filter of the list calls it."""
        space = "field" if self.definition.scope == OWN_FIELDS else "descriptor"
        return f"{space}.{self.definition.field_key}"


class Definitions:
    """All definitions, in the order in which their scopes show them."""

    def __init__(self, ctx: PluginContext) -> None:
        widgets = _widgets(ctx)
        found = [Defined(one, widgets.get(_folded(one.field_type), "json")) for one in ctx.field_defs.list()]
        found.sort(key=lambda one: (one.definition.order, one.label.casefold()))
        self._by_name = {one.name: one for one in found}

    def all(self) -> Sequence[Defined]:
        """By order, then by label."""
        return list(self._by_name.values())

    def find(self, scope: str, field_key: str) -> Defined | None:
        """The definition of a key."""
        return self._by_name.get(f"{scope}:{field_key}")

    def named(self, name: str) -> Defined | None:
        """The definition that an address names."""
        return self._by_name.get(name)


def sent(value: object) -> str:
    """A value as a form's option carries it."""
    return json.dumps(value, ensure_ascii=False)


def _widgets(ctx: PluginContext) -> Mapping[str, str]:
    """The widget by each name and alias of a type; of two that claim one name, the first by order has it."""
    widgets: dict[str, str] = {}
    for contributed in ctx.plugins.contributed(FieldType):
        for name in (contributed.value.name, *contributed.value.aliases):
            widgets.setdefault(_folded(name), contributed.value.widget)
    return widgets


def _folded(name: str) -> str:
    return name.strip().casefold()
