"""Field definitions and descriptors as they travel."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from . import examples
from .wire import TOKEN_TEXT, JsonObject, WireModel

Scope = Annotated[str, TOKEN_TEXT, Field(min_length=1, max_length=200)]
Key = Annotated[str, Field(min_length=1, max_length=500)]
_Label = Annotated[str | None, Field(max_length=500)]
_Help = Annotated[str | None, Field(max_length=5000)]
_Order = Annotated[int, Field(ge=-(2**31), le=2**31 - 1, description="Where it stands among its scope's, low first.")]


class FieldDef(WireModel):
    """What values a key takes. For the scope ``entity`` it describes a key of an entity's own `fields`.

    `regex_error` says why a pattern of an older version can't be used: existing values stay, new ones are refused.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_serialization_defaults_required=True,
        json_schema_extra={"examples": [examples.FIELD_DEF]},
    )

    field_def_id: str
    scope: str
    field_key: str
    field_type: str
    required: bool
    options: JsonObject
    regex: str | None
    created_at: str
    updated_at: str
    label: str | None = None
    help: str | None = None
    order: int = 0
    default: Any = None
    multiple: bool = False
    enforced: bool = False
    regex_error: str | None = None


class TrashedFieldDef(FieldDef):
    """A field definition in the trash."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TRASHED_FIELD_DEF]})

    deleted_at: str


class FieldDefDraft(WireModel):
    """What creates a field definition.

    With `multiple` a value is a list whose items are of the type. `default` is taken where a descriptor comes without
    a value. `enforced` counts for the scope ``entity``: only then are an entity's `fields` checked when they are
    written.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.FIELD_DEF_DRAFT]})

    scope: Scope = "descriptor"
    field_key: Key
    field_type: Annotated[str, Field(min_length=1, max_length=200)]
    required: bool = False
    options: JsonObject = {}
    regex: str | None = None
    label: _Label = None
    help: _Help = None
    order: _Order = 0
    default: Any = None
    multiple: bool = False
    enforced: bool = False


class FieldDefPatch(WireModel):
    """Changes to a field definition: what is missing or null stays as it is, `clear` names what is to become empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.FIELD_DEF_PATCH]})

    field_key: Key | None = None
    field_type: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    required: bool | None = None
    options: JsonObject | None = None
    regex: str | None = None
    label: _Label = None
    help: _Help = None
    order: _Order | None = None
    default: Any = None
    multiple: bool | None = None
    enforced: bool | None = None
    clear: list[Literal["regex", "label", "help", "default"]] = []


class KnownType(WireModel):
    """A type that a definition can name by `name` or an alias; `widget` is the control that suits its values."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.KNOWN_TYPE]})

    name: str
    aliases: list[str]
    widget: str


class Misfit(WireModel):
    """A stored value that a definition would refuse today; `descriptor_id` is null for a key of an entity's fields."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MISFIT]})

    entity_id: str
    descriptor_id: str | None
    errors: list[str]


class Misfits(WireModel):
    """The stored values that don't fit a definition: how many, and the first of them.

    `complete` is false where there are too many values to look at all; `checked` says how many were.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MISFITS]})

    checked: int
    count: int
    complete: bool
    items: list[Misfit]


class FieldDefChange(FieldDef):
    """A changed definition, and the values that no longer fit it; they are left as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.FIELD_DEF_CHANGE]})

    misfits: Misfits


class Descriptor(WireModel):
    """One value of an entity under a defined key."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [examples.DESCRIPTOR]})

    descriptor_id: str
    entity_id: str
    scope: str
    field_key: str
    value: Any
    created_at: str
    updated_at: str


class TrashedDescriptor(Descriptor):
    """A descriptor in the trash."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TRASHED_DESCRIPTOR]})

    deleted_at: str


class DescriptorDraft(WireModel):
    """What creates a descriptor; without `value` it gets the definition's default."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DESCRIPTOR_DRAFT]})

    scope: Scope = "descriptor"
    field_key: Key
    value: Any = None


class DescriptorPatch(WireModel):
    """A descriptor's new value; null is a value."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DESCRIPTOR_PATCH]})

    value: Any
