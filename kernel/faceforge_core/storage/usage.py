"""How much lies where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from faceforge_core.catalog.memo import CostlyMemo
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import assets as table
from faceforge_core.storage.providers import is_available
from faceforge_sdk.models import ProviderUsage, StorageUsage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_core.db.engine import Database
    from faceforge_core.storage.providers import ProviderRegistry

_BY_PROVIDER = prepare(
    select(
        table.c.storage_provider,
        func.count().label("assets"),
        func.coalesce(func.sum(table.c.byte_size), 0).label("size"),
    ).group_by(table.c.storage_provider)
)


class Usage:
    """Adds up what the rows say, along their index."""

    def __init__(self, database: Database, registry: ProviderRegistry) -> None:
        self._database = database
        self._registry = registry
        self._held: CostlyMemo[Mapping[str, tuple[int, int]]] = CostlyMemo(lambda: database.generation)

    def read(self, *, displaced: int) -> StorageUsage:
        """What every provider holds: those that plugins offer now, and those that rows still name."""
        held = self._held.get("providers", self._add_up)
        offered = {owned.value.name: owned.value for owned in self._registry.providers()}
        return StorageUsage(
            providers=[
                ProviderUsage(
                    name=name,
                    active=name in offered,
                    available=name in offered and is_available(offered[name]),
                    assets=held.get(name, (0, 0))[0],
                    total_bytes=held.get(name, (0, 0))[1],
                )
                for name in sorted({*offered, *held})
            ],
            displaced=displaced,
        )

    def _add_up(self) -> Mapping[str, tuple[int, int]]:
        with self._database.read() as reader:
            return {row["storage_provider"]: (row["assets"], row["size"]) for row in reader.all(_BY_PROVIDER)}
