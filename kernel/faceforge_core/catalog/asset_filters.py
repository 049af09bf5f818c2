"""What a list of assets asks for, as conditions on the table of assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, exists

from faceforge_core.db.tables import SAID_FAMILY, entities, entity_assets
from faceforge_core.db.tables import assets as table
from faceforge_sdk.models import AssetQuery

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from faceforge_sdk.models import LinkedAssetQuery

FilterNames = tuple[str, ...]


class AssetFilters(NamedTuple):
    """The conditions that apply, by name, and the values of their parameters; equal for equal questions."""

    names: FilterNames
    values: tuple[str, ...]

    @classmethod
    def of(cls, query: AssetQuery | LinkedAssetQuery) -> AssetFilters:
        """What a query asks for."""
        asked = {"kind": query.kind, **_of_type(query.mime_type)}
        unbound: list[str] = []
        if isinstance(query, AssetQuery):
            asked |= {"created_after": query.created_after, "created_before": query.created_before}
            unbound = [] if query.linked is None else ["linked" if query.linked else "unlinked"]
        said = {name: value for name, value in asked.items() if value}
        return cls((*said, *unbound), tuple(said.values()))

    @property
    def params(self) -> dict[str, str]:
        """The parameters of a statement with these conditions."""
        return dict(zip(self.names, self.values, strict=False))  # conditions without a value come last


IMAGES = AssetFilters(("family",), ("image/",))


def conditions_of(names: FilterNames) -> list[ColumnElement[bool]]:
    """The conditions with these names."""
    return [_CONDITIONS[name] for name in names]


def _of_type(mime_type: str | None) -> dict[str, str | None]:
    if mime_type and mime_type.endswith("/*"):
        return {"family": mime_type.removesuffix("*")}
    return {"mime_type": mime_type}


_HAS_ENTITY: Any = exists().where(
    entity_assets.c.asset_id == table.c.asset_id,
    entity_assets.c.deleted_at.is_(None),
    entities.c.entity_id == entity_assets.c.entity_id,
    entities.c.deleted_at.is_(None),
)
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "kind": table.c.kind == bindparam("kind"),
    "mime_type": table.c.mime_type == bindparam("mime_type"),
    "family": bindparam("family") == SAID_FAMILY,
    "created_after": table.c.created_at >= bindparam("created_after"),
    "created_before": table.c.created_at < bindparam("created_before"),
    "linked": _HAS_ENTITY,
    "unlinked": ~_HAS_ENTITY,
}
