"""The trash as a whole."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from . import examples
from .wire import WireModel

TrashKind = Literal["entities", "assets", "descriptors", "field-defs", "relationships"]
"""The kinds of things that the trash holds, as they stand in its addresses."""


class TrashSummary(WireModel):
    """How much lies in the trash. It is emptied after `keep_days` days; null: never by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TRASH_SUMMARY]})

    entities: int
    assets: int
    descriptors: int
    field_defs: int
    relationships: int
    keep_days: int | None


class PurgeRequest(WireModel):
    """What to remove from the trash for good; what this finds can't be brought back."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PURGE]})

    kinds: Annotated[list[TrashKind] | None, Field(description="Which kinds; without it all.")] = None
    older_than_days: Annotated[
        int | None, Field(ge=0, le=100_000, description="Only what was deleted so long ago; without it, the setting.")
    ] = None


class Purged(WireModel):
    """The thing is gone for good."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    purged: Literal[True] = True
