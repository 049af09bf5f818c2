"""What files say about themselves, in terms that all kinds of files share."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from . import examples
from .wire import TOKEN_TEXT, WireModel, moment_of


class AssetFacts(WireModel):
    """What was read out of a file's bytes; null is what it does not say, and all of it until it was read.

    `taken_at` is what the clock at the place showed (``YYYY-MM-DDTHH:MM:SS.mmm``, no zone), and `taken_offset` how far
    that place was ahead of UTC then (``+02:00``), where the file says so: people look for the morning of a day as it
    was there. Width and height are in pixels, as the picture is to be shown, after turning it by `orientation` (EXIF's
    1 to 8). Latitude and longitude are in degrees, north and east positive.
    """

    model_config = ConfigDict(
        frozen=True, json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.FACTS]}
    )

    media_type: Annotated[str | None, Field(max_length=255)] = None
    width: Annotated[int | None, Field(ge=1)] = None
    height: Annotated[int | None, Field(ge=1)] = None
    orientation: Annotated[int | None, Field(ge=1, le=8)] = None
    duration_seconds: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    page_count: Annotated[int | None, Field(ge=1)] = None
    taken_at: Annotated[
        str | None, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$", description="The clock at the place.")
    ] = None
    taken_offset: Annotated[str | None, Field(pattern=r"^[+-]\d\d:\d\d$", description="How far ahead of UTC.")] = None
    latitude: Annotated[float | None, Field(ge=-90, le=90)] = None
    longitude: Annotated[float | None, Field(ge=-180, le=180)] = None

    def over(self, other: AssetFacts) -> AssetFacts:
        """What this says, and what `other` says where this says nothing.

        Values that mean something together stay together: width with height and orientation, the moment with its
        offset, latitude with longitude.
        """
        said = other.model_dump()
        for group in _TOGETHER:
            own = {name: getattr(self, name) for name in group}
            if own[group[0]] is not None:
                said |= own
        return AssetFacts.model_construct(**said)


_TOGETHER = (
    ("media_type",),
    ("width", "height", "orientation"),
    ("duration_seconds",),
    ("page_count",),
    ("taken_at", "taken_offset"),
    ("latitude", "longitude"),
)


def _local(text: str) -> str:
    """The moment as `AssetFacts.taken_at` has it."""
    try:
        moment = moment_of(text)
    except ValueError as error:
        raise ValueError("no local date or time like 2024, 2024-05-01 or 2024-05-01T10:30:00") from error
    if moment.tzinfo is not None:
        raise ValueError("a moment by the clock at the place has no offset and no Z")
    return moment.isoformat(timespec="milliseconds")


_LOCAL_MOMENT = WithJsonSchema(
    {
        "type": "string",
        "maxLength": 40,
        "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,3})?)?)?)?)?$",
        "examples": ["2024-05-01"],
    }
)

LocalMoment = Annotated[str, TOKEN_TEXT, Field(max_length=40), AfterValidator(_local), _LOCAL_MOMENT]
"""A year, month, day or time in ISO 8601, by the clock at the place; what is left out is the beginning."""


class Box(NamedTuple):
    """A part of the earth between two latitudes and two longitudes, from `west` eastwards to `east`, in degrees."""

    south: float
    west: float
    north: float
    east: float

    @classmethod
    def of(cls, text: str) -> Box:
        """Read ``south,west,north,east``. Raises ValueError for what is no such box."""
        try:
            box = cls(*map(float, text.split(",")))
        except (TypeError, ValueError) as error:
            raise ValueError("four numbers are wanted: south,west,north,east") from error
        if not -90 <= box.south <= box.north <= 90:
            raise ValueError("latitudes go from -90 to 90, the southern one first")
        if not (-180 <= box.west <= 180 and -180 <= box.east <= 180):
            raise ValueError("longitudes go from -180 to 180")
        return box


def _box(text: str) -> str:
    Box.of(text)
    return text


_LATITUDE = "-?(90([.]0{1,9})?|[0-8]?[0-9]([.][0-9]{1,9})?)"
_LONGITUDE = "-?(180([.]0{1,9})?|(1[0-7][0-9]|[0-9]{1,2})([.][0-9]{1,9})?)"
_BOX = WithJsonSchema(
    {
        "type": "string",
        "maxLength": 100,
        "pattern": f"^{_LATITUDE},{_LONGITUDE},{_LATITUDE},{_LONGITUDE}$",
        "examples": ["47.2,5.8,55.1,15.1"],
    }
)
BoxText = Annotated[str, TOKEN_TEXT, Field(max_length=100), AfterValidator(_box), _BOX]
"""A `Box` as queries carry it."""


MediaGroup = Literal["picture", "video", "audio", "document", "model", "archive", "other"]
"""What people call a kind of file."""

FAMILIES: Final[dict[MediaGroup, str]] = {"picture": "image/", "video": "video/", "audio": "audio/"}
"""The groups that are one family of media types each."""

MIXED_GROUPS: Final[dict[MediaGroup, tuple[str, ...]]] = {
    "document": (
        "application/epub+zip",
        "application/msword",
        "application/pdf",
        "application/postscript",
        "application/rtf",
        "application/vnd.ms-excel*",
        "application/vnd.ms-outlook",
        "application/vnd.ms-powerpoint*",
        "application/vnd.ms-visio*",
        "application/vnd.ms-word*",
        "application/vnd.oasis.opendocument.*",
        "application/vnd.openxmlformats-officedocument.*",
        "application/x-fictionbook+xml",
        "application/x-ole-storage",
        "application/x-subrip",
        "text/*",
    ),
    "model": ("application/x-blender", "model/*"),
    "archive": (
        "application/gzip",
        "application/java-archive",
        "application/vnd.rar",
        "application/x-7z-compressed",
        "application/x-bzip2",
        "application/x-tar",
        "application/x-xz",
        "application/zip",
        "application/zstd",
    ),
}
"""The media types of the others, each whole or its beginning with ``*``; ``other`` is what is left."""


def media_group(media_type: str | None) -> MediaGroup:
    """The group of what a file's bytes are."""
    said = media_type or ""
    for group, family in FAMILIES.items():
        if said.startswith(family):
            return group
    for group, types in MIXED_GROUPS.items():
        if any(said.startswith(one[:-1]) if one.endswith("*") else said == one for one in types):
            return group
    return "other"
