"""Assets and their links as they travel."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, WithJsonSchema

from . import examples
from .media import AssetFacts, Box, BoxText, LocalMoment, MediaGroup
from .wire import MAX_INT, TOKEN_TEXT, JsonObject, Moment, Paging, WireModel

_MEDIA_TYPE = WithJsonSchema(
    {"type": "string", "maxLength": 255, "pattern": r"^[!#$&^_.+A-Za-z0-9-]+/[!#$&^_.+A-Za-z0-9-]+$"}
)
"""Said here for clients; Core itself takes parameters as well, and explains what it refuses."""

_MANY_FORMATS = frozenset(
    (
        "text/plain",
        "application/json",
        "application/xml",
        "application/zip",
        "application/gzip",
        "application/x-ole-storage",
    )
)
_RECOGNISED = ("image/", "audio/", "video/", "font/", "application/octet-stream")


class Asset(WireModel):
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
        """What to treat it as: what its bytes are, else what was said; without parameters, empty if nobody knows.

        Where the bytes only tell what many formats are made of, such as XML or a ZIP, what was said is believed, except
        that it is a picture, a sound, a film or a font: these would have been recognised.
        """
        said = (self.mime_type or "").partition(";")[0].strip().lower()
        found = self.facts.media_type
        if found is None or (found in _MANY_FORMATS and said and not said.startswith(_RECOGNISED)):
            return said
        return found


class LinkedAsset(Asset):
    """An asset as one entity has it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LINKED_ASSET]})

    role: str | None
    linked_at: str


class TrashedAsset(Asset):
    """An asset in the trash; its bytes are still there."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TRASHED_ASSET]})

    deleted_at: str


class AssetPatch(WireModel):
    """Changes to an asset's description; the bytes never change."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ASSET_PATCH]})

    filename: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    kind: Annotated[str | None, TOKEN_TEXT, Field(min_length=1, max_length=100)] = None
    mime_type: Annotated[str | None, TOKEN_TEXT, Field(min_length=3, max_length=255), _MEDIA_TYPE] = None


_Q = Annotated[
    str | None,
    TOKEN_TEXT,
    Field(
        max_length=1000, description="Part of the file name or of a word read out of the file; case does not matter."
    ),
]
_SAID_TYPE = Annotated[
    str | None,
    TOKEN_TEXT,
    Field(max_length=255, description="As said when it came in: `image/png`, or a whole family: `image/*`."),
]
_TRUE_TYPE = Annotated[
    str | None,
    TOKEN_TEXT,
    Field(max_length=255, description="What its bytes are: `image/png`, or a whole family: `image/*`."),
]
_Pixels = Annotated[int | None, Field(ge=1, le=MAX_INT, description="In pixels, as it is to be shown.")]
_Seconds = Annotated[float | None, Field(ge=0, allow_inf_nan=False, description="In seconds.")]
_Pages = Annotated[int | None, Field(ge=1, le=MAX_INT)]
_Bytes = Annotated[int | None, Field(ge=0, le=MAX_INT, description="In bytes.")]


class AssetQuery(Paging):
    """Which assets to list, in which order; ties go by `asset_id` ascending, among facts as `sort_order` goes."""

    sort_by: Annotated[
        Literal[
            "created_at",
            "updated_at",
            "filename",
            "byte_size",
            "taken_at",
            "width",
            "height",
            "duration_seconds",
            "page_count",
        ],
        Field(description="By a fact, from `taken_at` on: the list holds only the files of which it is known."),
    ] = "created_at"
    q: _Q = None
    kind: Annotated[str | None, TOKEN_TEXT, Field(max_length=100)] = None
    mime_type: _SAID_TYPE = None
    media_type: _TRUE_TYPE = None
    media_group: Annotated[
        MediaGroup | None,
        Field(description="By what its bytes are; `other` is also what nobody recognised."),
    ] = None
    min_size: _Bytes = None
    max_size: _Bytes = None
    created_after: Annotated[Moment | None, Field(description="Created at this moment or later.")] = None
    created_before: Annotated[Moment | None, Field(description="Created earlier than this moment.")] = None
    taken_after: Annotated[LocalMoment | None, Field(description="Taken then or later, by the clock at the place.")] = (
        None
    )
    taken_before: Annotated[LocalMoment | None, Field(description="Taken earlier, by the clock at the place.")] = None
    min_width: _Pixels = None
    max_width: _Pixels = None
    min_height: _Pixels = None
    max_height: _Pixels = None
    shape: Annotated[
        Literal["landscape", "portrait", "square"] | None,
        Field(description="Wider than high, higher than wide, or even."),
    ] = None
    min_duration: _Seconds = None
    max_duration: _Seconds = None
    min_pages: _Pages = None
    max_pages: _Pages = None
    has_location: Annotated[bool | None, Field(description="Whether it says where it was taken.")] = None
    within: Annotated[
        BoxText | None,
        Field(
            description="Taken between `south,west,north,east`, in degrees; may cross the date line (west over east)."
        ),
    ] = None
    linked: Annotated[bool | None, Field(description="`true`: belongs to a live entity; `false`: belongs to none.")] = (
        None
    )

    @property
    def box(self) -> Box | None:
        """What `within` says."""
        return None if self.within is None else Box.of(self.within)


class LinkedAssetQuery(Paging):
    """Which of an entity's assets to list; the latest link first."""

    q: _Q = None
    kind: Annotated[str | None, TOKEN_TEXT, Field(max_length=100)] = None
    mime_type: _SAID_TYPE = None
    media_type: _TRUE_TYPE = None


class LinkRequest(WireModel):
    """What an asset is to an entity, in a word: portrait, voice, contract."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LINK]})

    role: Annotated[str | None, Field(max_length=200)] = None


class Linked(WireModel):
    """Whether the link was made (POST) or removed (DELETE) by this request."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LINKED]})

    linked: bool
