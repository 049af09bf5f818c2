"""The definitions of fields as the list shows them: in groups, each with its type in words and its values counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from .field_types import humanised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import FieldDef
    from faceforge_sdk.protocols import Texts

    from .field_types import KnownTypes

FACTS: Final = "descriptor"
"""The scope of descriptors, if nobody says another."""

OWN_FIELDS: Final = "entity"
"""The scope whose definitions describe the keys of an entity's own `fields`."""

_MOST_CHOICES = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One definition. `values` is how many are stored, `kind` its type in words; `known` is false where no active
    plugin knows that.
    """

    definition: FieldDef
    label: str
    kind: str
    widget: str
    known: bool
    values: int

    @property
    def address(self) -> str:
        """Where the entities are that have a value."""
        space = "field" if self.definition.scope == OWN_FIELDS else "descriptor"
        return "/ui/entities?" + urlencode({f"{space}.{self.definition.field_key}.exists": "true"})

    @property
    def choices(self) -> Sequence[str]:
        """The first words to choose from."""
        options = self.definition.options.get("options")
        return [str(one) for one in options[:_MOST_CHOICES]] if isinstance(options, list) else []


@dataclass(frozen=True, slots=True)
class Group:
    """The definitions of one scope, in their order."""

    scope: str
    title: str
    about: str
    rows: Sequence[Row]


def label_of(definition: FieldDef) -> str:
    """What stands before its values."""
    return definition.label or humanised(definition.field_key)


def in_order(definitions: Sequence[FieldDef]) -> list[FieldDef]:
    """As pages of entities show them: by `order`, then by label."""
    return sorted(definitions, key=lambda one: (one.order, label_of(one).casefold()))


def groups_of(ctx: PluginContext, texts: Texts, types: KnownTypes) -> list[Group]:
    """All definitions: of facts, of entities' own fields, and of other scopes where there are any."""
    definitions, counts = ctx.field_defs.list(), ctx.field_defs.counts()
    others = sorted({one.scope for one in definitions} - {FACTS, OWN_FIELDS})
    found = []
    for scope in (FACTS, OWN_FIELDS, *others):
        own = in_order([one for one in definitions if one.scope == scope])
        rows = [_row(one, types, texts, counts.get(one.field_def_id, 0)) for one in own]
        title, about = words_of_scope(scope, texts)
        found.append(Group(scope, title, about, rows))
    return found


def words_of_scope(scope: str, texts: Texts) -> tuple[str, str]:
    """What a scope is called, and what it is for."""
    _ = texts.gettext
    if scope == FACTS:
        return _("Facts"), _("Each fact of an entity has one of these fields, and is held to it.")
    if scope == OWN_FIELDS:
        about = _("Entities may have any field of their own. Those defined here get a label and the right control.")
        return _("Own fields"), about
    return humanised(scope), _("Facts in the group “%(scope)s”.", scope=scope)


def _row(definition: FieldDef, types: KnownTypes, texts: Texts, values: int) -> Row:
    found = types.find(definition.field_type)
    kind = found.label if found else texts.gettext("%(name)s, which no active plugin knows", name=definition.field_type)
    widget = found.widget if found else "unknown"
    return Row(definition, label_of(definition), kind, widget, found is not None, values)
