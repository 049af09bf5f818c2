"""Entities as they travel."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from . import examples
from .filters import FactFilter, fact_filters
from .wire import TOKEN_TEXT, ErrorBody, JsonObject, Moment, Paging, WireModel

MAX_CONDITIONS = 20
"""How many conditions one filter may have; each costs a look into an index per candidate."""

MAX_UPSERT = 1000
"""How many entities one upsert may hold."""

MAX_SELECTED = 10_000
"""How many ids one selection may hold."""


def _listed(value: Any) -> Any:
    """One word for several, and blank ones left out, as v0.1.9 did."""
    words = [] if value is None else [value] if isinstance(value, str) else value
    return [word for word in words if not isinstance(word, str) or word.strip()] if isinstance(words, list) else words


_Word = Annotated[str, TOKEN_TEXT, Field(max_length=1000)]
_Words = Annotated[list[_Word], BeforeValidator(_listed)]
ExternalIds = Annotated[
    dict[
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^:]+$")],
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)],
    ],
    Field(max_length=20, description="What other systems call it: source to id. An id of a source is one entity's."),
]


class Entity(WireModel):
    """A person, character or thing. `revision` grows by one with every change and is the entity's ETag.

    `cover_asset_id` is the picture that was chosen for it; while that is not linked or gone, and where it is null, the
    newest linked picture stands for the entity.
    """

    model_config = ConfigDict(
        frozen=True, json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.ENTITY]}
    )

    entity_id: str
    display_name: str
    aliases: list[str]
    tags: list[str]
    fields: JsonObject
    created_at: str
    updated_at: str
    revision: int
    external_ids: dict[str, str] = {}
    cover_asset_id: str | None = None


class LinkedEntity(Entity):
    """An entity as one asset belongs to it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LINKED_ENTITY]})

    role: str | None
    linked_at: str


class LinkedEntityQuery(Paging):
    """Which part of an asset's entities to list, in the order in which they were first linked; the latest first."""


class TrashedEntity(Entity):
    """An entity in the trash."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TRASHED_ENTITY]})

    deleted_at: str


class EntityDraft(WireModel):
    """What creates an entity."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ENTITY_DRAFT]})

    display_name: Annotated[str, Field(min_length=1)]
    aliases: list[str] = []
    tags: list[str] = []
    fields: JsonObject = {}
    external_ids: ExternalIds = {}


class EntityPatch(WireModel):
    """Changes to an entity: what is missing or null stays as it is; lists and objects are replaced whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ENTITY_PATCH]})

    display_name: Annotated[str | None, Field(min_length=1)] = None
    aliases: list[str] | None = None
    tags: list[str] | None = None
    fields: JsonObject | None = None
    external_ids: ExternalIds | None = None


class CoverChoice(WireModel):
    """The picture that is to stand for an entity: one of its linked assets."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.COVER]})

    asset_id: Annotated[str, TOKEN_TEXT, Field(min_length=1, max_length=200)]


class EntityFilter(WireModel):
    """Which live entities; all conditions have to hold.

    Beside the parameters below, ``field.<key>`` and ``descriptor.<key>`` compare values: ``field.age=36`` (or
    ``.eq``), ``.gt``, ``.gte``, ``.lt``, ``.lte`` for numbers, dates and texts, and ``.exists=true|false``. Of a list
    one item has to match, and the same one all bounds of its key. They may be repeated.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [examples.ENTITY_FILTER]})

    q: Annotated[
        str | None,
        TOKEN_TEXT,
        Field(max_length=1000, description="Part of a name, alias, tag, field or field key; case does not matter."),
    ] = None
    name: Annotated[
        str | None, TOKEN_TEXT, Field(max_length=1000, description="Exactly this name; case does not matter.")
    ] = None
    tag: Annotated[
        _Words, Field(max_length=MAX_CONDITIONS, description="Exactly this tag; repeated: all of them.")
    ] = []
    any_tag: Annotated[_Words, Field(max_length=200, description="At least one of these tags.")] = []
    not_tag: Annotated[_Words, Field(max_length=MAX_CONDITIONS, description="None of these tags.")] = []
    created_after: Annotated[Moment | None, Field(description="Created at this moment or later.")] = None
    created_before: Annotated[Moment | None, Field(description="Created earlier than this moment.")] = None
    external_id: Annotated[
        str | None, TOKEN_TEXT, Field(max_length=601, description="What another system calls it, as `source:id`.")
    ] = None

    @model_validator(mode="after")
    def _readable(self) -> EntityFilter:
        if len(self.facts) > MAX_CONDITIONS:
            raise ValueError(f"a filter has at most {MAX_CONDITIONS} conditions on fields and descriptors")
        return self

    @property
    def facts(self) -> tuple[FactFilter, ...]:
        """The conditions on fields and descriptors."""
        return fact_filters(self.model_extra or {})


class EntityQuery(EntityFilter, Paging):
    """Which entities to list, in which order; ties go by `entity_id` ascending."""

    sort_by: Literal["created_at", "updated_at", "display_name"] = "created_at"


class TagCount(WireModel):
    """A tag and the number of live entities that carry it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TAG_COUNT]})

    tag: str
    count: int


# --- Many at once ---------------------------------------------------------------------------------------------------


class UpsertItem(WireModel):
    """An entity as another system knows it; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.UPSERT_ITEM]})

    external_ids: Annotated[ExternalIds, Field(min_length=1)]
    display_name: Annotated[
        str | None, Field(min_length=1, description="Needed where the entity does not exist yet.")
    ] = None
    aliases: list[str] | None = None
    tags: list[str] | None = None
    fields: JsonObject | None = None


class UpsertRequest(WireModel):
    """Entities to create or bring up to date."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.UPSERT]})

    items: Annotated[list[UpsertItem], Field(min_length=1, max_length=MAX_UPSERT)]


class UpsertResult(WireModel):
    """What became of one item, in the order of the request; a failed one changed nothing."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.UPSERT_RESULT]}
    )

    index: int
    status: Literal["created", "updated", "unchanged", "restored", "failed"]
    entity_id: str | None
    error: ErrorBody | None = None


class UpsertOutcome(WireModel):
    """What became of all items, and how many ended how."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.UPSERT_OUTCOME]})

    items: list[UpsertResult]
    created: int
    updated: int
    unchanged: int
    restored: int
    failed: int


_EITHER: Final[list[JsonValue]] = [
    {"required": ["ids"], "properties": {"ids": {"not": {"type": "null"}}}},
    {"required": ["filter"], "properties": {"filter": {"not": {"type": "null"}}}},
]
_NO_TAG: Final[JsonValue] = {"properties": {"add": {"maxItems": 0}, "remove": {"maxItems": 0}}}


class EntitySelection(WireModel):
    """Entities by their ids, or all that a filter finds."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SELECTION], "oneOf": _EITHER})

    ids: Annotated[list[str] | None, Field(max_length=MAX_SELECTED)] = None
    filter: EntityFilter | None = None
    dry_run: Annotated[bool, Field(description="Only count; change nothing.")] = False
    expected: Annotated[int | None, Field(ge=0, description="Refuse with 409 if another number matches by now.")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> EntitySelection:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give either ids or filter")
        return self


class TagRequest(EntitySelection):
    """Tags to add to and to remove from many entities."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TAG_REQUEST], "oneOf": _EITHER, "not": _NO_TAG})

    add: list[Annotated[str, Field(min_length=1)]] = []
    remove: list[Annotated[str, Field(min_length=1)]] = []


class BulkOutcome(WireModel):
    """How many entities were meant and how many changed; where they are many, `job_id` does it."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.BULK_OUTCOME]}
    )

    matched: int
    changed: int
    job_id: str | None = None
