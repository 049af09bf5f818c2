"""The picture that stands for an entity: the one that was chosen, else the newest that is linked to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import assets, entities, entity_assets
from faceforge_sdk.errors import InvalidInput

from .entity_rows import EntityRows, live_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.models import Entity

_IS_PICTURE = func.substr(func.coalesce(assets.c.media_type, assets.c.mime_type), 1, len("image/")) == "image/"
"""By what its bytes are, and by what was said of it until they are read."""
_PICTURES: Any = (
    select(entity_assets.c.asset_id)
    .join(assets, assets.c.asset_id == entity_assets.c.asset_id)
    .where(
        entity_assets.c.entity_id == bindparam("entity"),
        entity_assets.c.deleted_at.is_(None),
        assets.c.deleted_at.is_(None),
        _IS_PICTURE,
    )
)
_PICTURE = prepare(_PICTURES.where(entity_assets.c.asset_id == bindparam("asset")))
_CHOSEN = select(entities.c.cover_asset_id).where(entities.c.entity_id == bindparam("entity")).scalar_subquery()
_COVER = prepare(
    select(
        func.coalesce(
            _PICTURES.where(entity_assets.c.asset_id == _CHOSEN).scalar_subquery(),
            _PICTURES.order_by(entity_assets.c.created_at.desc(), entity_assets.c.asset_id).limit(1).scalar_subquery(),
        )
    )
)


class CoverCatalog:
    """Chooses and finds covers."""

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._rows = EntityRows(events)

    def choose(self, entity_id: str, asset_id: str | None, *, expected_revision: int | None = None) -> Entity:
        """Choose a linked picture, or leave it to Core again; what is chosen already stays as it is.

        Raises `NotFound` for the entity, `PreconditionFailed` for another revision, and `InvalidInput` for an asset
        that is not linked to it or no picture.
        """

        def work(tx: Transaction) -> Entity:
            before = live_at(tx, entity_id, expected_revision)
            if before.cover_asset_id == asset_id:
                return before
            if asset_id is not None and tx.one(_PICTURE, entity=entity_id, asset=asset_id) is None:
                raise InvalidInput(f"The asset {asset_id[:80]!r} is no picture that is linked to this entity.")
            return self._rows.change(tx, before, {"cover_asset_id": asset_id})

        return self._database.write(work)

    def of(self, entity_ids: Sequence[str]) -> Mapping[str, str]:
        """For each entity that has one: the asset id of its cover. A chosen one that is gone or unlinked is none."""
        with self._database.read() as reader:
            found = {entity_id: reader.value(_COVER, entity=entity_id) for entity_id in entity_ids}
        return {entity_id: asset_id for entity_id, asset_id in found.items() if asset_id is not None}
