"""The types of relationships to suggest: those in use and the usual ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Integer, func, literal_column, select

from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import relationships as table
from faceforge_sdk.models.relationships import USUAL_RELATION_TYPES

from .memo import Memo
from .relationship_rows import SHOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import CTE

    from faceforge_core.db.engine import Database
    from faceforge_core.db.statements import Prepared

MOST_TYPES = 10_000
"""So many different ones are looked at: whoever has more uses the type for something else."""

_ROWID = literal_column("relationships.rowid", Integer)


def _each_once() -> CTE:
    """The different types, by a jump through the index from each to the next (a loose index scan)."""
    each = select(func.min(table.c.relationship_type).label("name")).cte("used", recursive=True)
    following = select(func.min(table.c.relationship_type)).where(table.c.relationship_type > each.c.name)
    return each.union_all(select(following.scalar_subquery()).where(each.c.name.is_not(None)))


def _used() -> Prepared:
    """The types, and a number that grows with the age of their use; null for those that no live relationship has."""
    used = _each_once()
    this = table.c.relationship_type == used.c.name
    first = select(_ROWID).select_from(table).where(this, *SHOWN).order_by(_ROWID).limit(1).correlate(used)
    number = first.scalar_subquery().label("first")
    return prepare(select(used.c.name, number).where(used.c.name.is_not(None)).limit(MOST_TYPES))


_USED = _used()


class RelationTypes:
    """Types in use by live relationships merged with the usual ones, without regard to case.

    Of several spellings the one that was used first stands, and one in use before a usual one: it is what finds the
    relationships.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: Memo[Sequence[str]] = Memo(lambda: database.generation)

    def suggest(self, query: str, limit: int) -> Sequence[str]:
        """Up to `limit` types that contain `query`: those that begin with it first, then alphabetically."""
        wanted = query.strip().casefold()
        matching = [name for name in self._known.get("all", self._merged) if wanted in name.casefold()]
        return sorted(matching, key=lambda name: not name.casefold().startswith(wanted))[:limit]

    def _merged(self) -> Sequence[str]:
        with self._database.read() as reader:
            rows = [row for row in reader.all(_USED) if row["first"] is not None]
        in_use = [row["name"].strip() for row in sorted(rows, key=lambda row: int(row["first"]))]
        by_key: dict[str, str] = {}
        for name in (*in_use, *USUAL_RELATION_TYPES):
            by_key.setdefault(name.casefold(), name)
        return [by_key[key] for key in sorted(by_key) if key]
