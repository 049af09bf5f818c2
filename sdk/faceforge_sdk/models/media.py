"""What files say about themselves, in terms that all kinds of files share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from . import examples


class AssetFacts(BaseModel):
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
