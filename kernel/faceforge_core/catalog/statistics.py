"""What the library holds, in numbers: counted along indexes, and not anew for everybody who looks."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select

from faceforge_core.clock import now
from faceforge_core.db import counters
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import MEDIA_FAMILY, SAID_FAMILY, assets, entities
from faceforge_sdk.models import AssetStatistics, EntityStatistics, FamilyCount, MonthCount

from .memo import CostlyMemo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Table

    from faceforge_core.db.engine import Database, Reader

MONTHS: Final = 12


class _Families:
    """Counts the live assets of each family that stands in one index; a grouping would read the rows as well."""

    def __init__(self, family: ColumnElement[Any], *conditions: ColumnElement[bool]) -> None:
        live = (assets.c.deleted_at.is_(None), *conditions)
        self.following = prepare(select(func.min(family)).where(*live, bindparam("after") < family))
        self.counting = prepare(select(func.count()).select_from(assets).where(*live, bindparam("family") == family))

    def count(self, reader: Reader) -> Iterator[FamilyCount]:
        family = ""
        while (found := reader.value(self.following, after=family)) is not None:
            family = str(found)
            yield FamilyCount(family=family.rstrip("/"), assets=int(reader.value(self.counting, family=family)))


def _created_in(table: Table) -> Prepared:
    created = table.c.created_at
    within = (created >= bindparam("from"), created < bindparam("until"))
    return prepare(select(func.count()).select_from(table).where(table.c.deleted_at.is_(None), *within))


FAMILIES_READ = _Families(MEDIA_FAMILY, assets.c.media_type.is_not(None))
FAMILIES_SAID = _Families(SAID_FAMILY)
ASSETS_IN = _created_in(assets)
ENTITIES_IN = _created_in(entities)


class Statistics:
    """Numbers that may lag behind by seconds where a library is large and being written to."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._assets: CostlyMemo[AssetStatistics] = CostlyMemo(lambda: database.generation)
        self._entities: CostlyMemo[EntityStatistics] = CostlyMemo(lambda: database.generation)

    def assets(self) -> AssetStatistics:
        """The live assets by family, the largest first, and of the last `MONTHS` months by month."""
        return self._assets.get(now()[:7], self._count_assets)

    def entities(self) -> EntityStatistics:
        """The live entities of the last `MONTHS` months by month."""
        return self._entities.get(now()[:7], self._count_entities)

    def _count_assets(self) -> AssetStatistics:
        with self._database.read() as reader:
            total = counters.current(reader, counters.ASSETS)
            return AssetStatistics(total=total, families=_families(reader, total), months=_months(reader, ASSETS_IN))

    def _count_entities(self) -> EntityStatistics:
        with self._database.read() as reader:
            total = counters.current(reader, counters.ENTITIES)
            return EntityStatistics(total=total, months=_months(reader, ENTITIES_IN))


def _families(reader: Reader, total: int) -> list[FamilyCount]:
    """By what the bytes are; by what was said of them where no file was read yet, as after an upgrade."""
    found = [*FAMILIES_READ.count(reader)] or [*FAMILIES_SAID.count(reader)]
    unknown = total - sum(one.assets for one in found)
    if unknown > 0:
        found.append(FamilyCount(family="", assets=unknown))
    return sorted(found, key=lambda one: (-one.assets, one.family))


def _months(reader: Reader, statement: Prepared) -> list[MonthCount]:
    borders = _last_months(now()[:7])
    return [
        MonthCount(month=month, created=int(reader.value(statement, **{"from": month, "until": following})))
        for month, following in pairwise(borders)
    ]


def _last_months(current: str) -> list[str]:
    """The last `MONTHS` months up to `current` (``2026-03``), and the one after it."""
    year, month = (int(part) for part in current.split("-"))
    last = 12 * year + month - 1
    return [f"{index // 12:04}-{index % 12 + 1:02}" for index in range(last - MONTHS + 1, last + 2)]
