"""What is known of an entity, row by row: defined values first, in the order of their definitions, then free fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .definitions import OWN_FIELDS, Definitions
from .facts import Value, address_value, value_of, words_of
from .picking import find
from .usual import is_usual, offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Descriptor, Entity

    from .definitions import Defined


@dataclass(frozen=True, slots=True)
class FactRow:
    """A label and its value; `edit` and `remove` are the ends of addresses below the entity's, where there are any."""

    key: str
    label: str
    help: str
    value: Value
    edit: str = ""
    remove: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A definition under which there is no value yet, and the end of the address that adds one.

    The label of a `usual` one is still to be translated.
    """

    defined: Defined
    add: str
    usual: bool = False


@dataclass(frozen=True, slots=True)
class FactSheet:
    """The rows of an entity, and the definitions under which it has no value yet."""

    rows: tuple[FactRow, ...]
    fields: tuple[FactRow, ...]
    missing: tuple[Missing, ...]

    @classmethod
    def of(cls, ctx: PluginContext, entity: Entity) -> FactSheet:
        """Read the descriptors and fields of a live entity."""
        definitions = Definitions(ctx)
        descriptors = {f"{one.scope}:{one.field_key}": one for one in ctx.descriptors.of_entity(entity.entity_id)}
        own = {f"{OWN_FIELDS}:{key}": value for key, value in entity.fields.items()}
        rows = list(_defined_rows(ctx, definitions, descriptors, own))
        rows += [_orphan(one) for name, one in descriptors.items() if definitions.named(name) is None]
        free = [key for key in entity.fields if definitions.find(OWN_FIELDS, key) is None]
        missing = [_missing(one) for one in definitions.all() if one.name not in descriptors and one.name not in own]
        missing += [_missing(one) for one in offered(definitions)]
        return cls(
            tuple(rows),
            tuple(FactRow(key, words_of(key), "", value_of(entity.fields[key])) for key in free),
            tuple(missing),
        )


def _defined_rows(
    ctx: PluginContext, definitions: Definitions, descriptors: dict[str, Descriptor], own: dict[str, Any]
) -> Iterator[FactRow]:
    for defined in definitions.all():
        definition, name = defined.definition, defined.name
        if definition.scope == OWN_FIELDS:
            if name in own:
                shown, asked = shown_value(ctx, defined.widget, own[name]), urlencode({"name": name})
                remove = "" if definition.required and definition.enforced else f"field/delete?{asked}"
                yield FactRow(
                    definition.field_key, defined.label, definition.help or "", shown, f"field?{asked}", remove
                )
        elif name in descriptors:
            shown = shown_value(ctx, defined.widget, descriptors[name].value)
            where = f"facts/{descriptors[name].descriptor_id}"
            yield FactRow(definition.field_key, defined.label, definition.help or "", shown, where, f"{where}/delete")


def _missing(defined: Defined) -> Missing:
    path = "field" if defined.definition.scope == OWN_FIELDS else "facts/new"
    return Missing(defined, f"{path}?{urlencode({'name': defined.name})}", is_usual(defined))


def _orphan(descriptor: Descriptor) -> FactRow:
    """A value whose definition is gone: it can be read and removed."""
    where = f"facts/{descriptor.descriptor_id}/delete"
    return FactRow(descriptor.field_key, words_of(descriptor.field_key), "", value_of(descriptor.value), remove=where)


def shown_value(ctx: PluginContext, widget: str, value: Any) -> Value:
    """A value as its type shows it: entities by name, addresses as links."""
    if isinstance(value, list) and widget in {"entity", "url"}:
        return Value("list", items=tuple(shown_value(ctx, widget, one) for one in value)) if value else Value("none")
    if widget == "entity" and isinstance(value, str):
        entity = find(ctx, value)
        return Value("entity", entity.display_name, link=f"/ui/entities/{value}") if entity else Value("entity")
    return address_value(value) if widget == "url" else value_of(value)
