"""The list that a file is looked at in: the way back to it, and what stands beside the file there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from faceforge_sdk.errors import NotFound
from faceforge_sdk.forms import text_of

from .listing import PATH, Listing

if TYPE_CHECKING:
    from starlette.datastructures import FormData, ImmutableMultiDict

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Entity
    from faceforge_sdk.protocols import Neighbours

_ID = re.compile(r"[0-9a-f]{64}")
_MAX_QUERY = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """All assets as `listing` has them, or those of the entity `entity_id`."""

    listing: Listing
    entity_id: str = ""

    @classmethod
    def from_address(cls, values: ImmutableMultiDict[str, str]) -> Place:
        """Read the query string of an asset's page."""
        entity_id = values.get("entity", "")
        return cls(Listing.from_address(values), entity_id if _ID.fullmatch(entity_id) else "")

    @classmethod
    def posted(cls, form: FormData) -> Place:
        """What a form carries along as ``query``."""
        return cls.from_address(QueryParams(text_of(form, "query")[:_MAX_QUERY]))

    @property
    def query_string(self) -> str:
        """What the addresses of its assets' pages carry along."""
        return urlencode({"entity": self.entity_id}) if self.entity_id else self.listing.query_string

    def address(self, asset_id: str) -> str:
        """The page of one asset, seen from here."""
        query = self.query_string
        return f"{PATH}/{asset_id}?{query}" if query else f"{PATH}/{asset_id}"

    def beside(self, ctx: PluginContext, asset_id: str) -> Neighbours:
        """What stands before and behind an asset here."""
        if self.entity_id:
            return ctx.assets.beside_of_entity(self.entity_id, asset_id)
        return ctx.assets.beside(asset_id, self.listing.query(cursor=None))

    def entity(self, ctx: PluginContext) -> Entity | None:
        """Whose assets these are, if they are one's alone."""
        try:
            return ctx.entities.get(self.entity_id) if self.entity_id else None
        except NotFound:
            return None
