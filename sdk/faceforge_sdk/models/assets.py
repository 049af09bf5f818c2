"""Assets and their links as they travel."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from . import examples
from .media import AssetFacts
from .wire import TOKEN_TEXT, JsonObject, Moment, Paging

_MEDIA_TYPE = WithJsonSchema(
    {"type": "string", "maxLength": 255, "pattern": r"^[!#$&^_.+A-Za-z0-9-]+/[!#$&^_.+A-Za-z0-9-]+$"}
)
"""Said here for clients; Core itself takes parameters as well, and explains what it refuses."""


class Asset(BaseModel):
    """A file. `asset_id` and `content_hash` are the SHA-256 of its bytes; `meta.metadata` lists what is known of it.

    `mime_type` is what was said when it came in, `facts.media_type` what its bytes are.
    """

    model_config = ConfigDict(
        frozen=True, json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.ASSET]}
    )

    asset_id: str
    kind: str
    filename: str | None
    content_hash: str
    byte_size: int
    mime_type: str | None
    storage_provider: str
    storage_key: str
    meta: JsonObject
    created_at: str
    updated_at: str
    facts: AssetFacts = AssetFacts()

    @property
    def media_type(self) -> str:
        """What its bytes are, else what was said; lower case, without parameters, and empty if nobody knows."""
        return (self.facts.media_type or self.mime_type or "").partition(";")[0].strip().lower()


class LinkedAsset(Asset):
    """An asset as one entity has it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LINKED_ASSET]})

    role: str | None
    linked_at: str


class TrashedAsset(Asset):
    """An asset in the trash; its bytes are still there."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TRASHED_ASSET]})

    deleted_at: str


class AssetPatch(BaseModel):
    """Changes to an asset's description; the bytes never change."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ASSET_PATCH]})

    filename: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    kind: Annotated[str | None, TOKEN_TEXT, Field(min_length=1, max_length=100)] = None
    mime_type: Annotated[str | None, TOKEN_TEXT, Field(min_length=3, max_length=255), _MEDIA_TYPE] = None


class AssetQuery(Paging):
    """Which assets to list, in which order; ties go by `asset_id` ascending."""

    sort_by: Literal["created_at", "updated_at", "filename", "byte_size"] = "created_at"
    kind: Annotated[str | None, TOKEN_TEXT, Field(max_length=100)] = None
    mime_type: Annotated[
        str | None, TOKEN_TEXT, Field(max_length=255, description="`image/png`, or a whole family: `image/*`.")
    ] = None
    created_after: Annotated[Moment | None, Field(description="Created at this moment or later.")] = None
    created_before: Annotated[Moment | None, Field(description="Created earlier than this moment.")] = None
    linked: Annotated[bool | None, Field(description="`true`: belongs to a live entity; `false`: belongs to none.")] = (
        None
    )


class LinkedAssetQuery(Paging):
    """Which of an entity's assets to list; the latest link first."""

    kind: Annotated[str | None, TOKEN_TEXT, Field(max_length=100)] = None
    mime_type: Annotated[
        str | None, TOKEN_TEXT, Field(max_length=255, description="`image/png`, or a whole family: `image/*`.")
    ] = None


class LinkRequest(BaseModel):
    """What an asset is to an entity, in a word: portrait, voice, contract."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LINK]})

    role: Annotated[str | None, Field(max_length=200)] = None


class Linked(BaseModel):
    """Whether the link was made (POST) or removed (DELETE) by this request."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LINKED]})

    linked: bool
