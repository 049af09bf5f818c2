"""Which entities have exactly a name, as theirs or as an alias, without regard to case; found through the search."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import text

from faceforge_core.db.clauses import EVERYTHING, Clause, Wanted, clauses_of
from faceforge_core.db.search_text import fold, storable
from faceforge_core.db.statements import Prepared, prepare

from . import stored_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_core.db.engine import Reader

_prepared = lru_cache(maxsize=8)(lambda sql: prepare(text(sql)))

# The folded name is the first line of an entity's text, its aliases are lines of it; so may its tags be.
_IS_NAME = "substr(s.text || char(10), 1, length(:needle) + 1) = :needle || char(10)"
_MAY_BE_ALIAS = "e.aliases_json <> '[]' AND instr(s.text || char(10), char(10) || :needle || char(10)) > 0"


def named(reader: Reader, name: str) -> Iterator[str]:
    """The live entities with this name, in no order; each is looked for when it is asked for."""
    needle = storable(fold(name))
    conditions = clauses_of(reader, Wanted(needle=name))
    if not needle or not conditions:
        return
    for row in reader.each(_statement(conditions[0]), **conditions[0].params):
        names = (row["display_name"], *stored_json.load(row["aliases_json"]))
        if any(isinstance(one, str) and storable(fold(one)) == needle for one in names):
            yield row["entity_id"]


def _statement(condition: Clause) -> Prepared:
    return _prepared(
        " UNION ALL ".join(
            "SELECT e.entity_id, e.display_name, e.aliases_json "  # noqa: S608 - our own words
            f"FROM {source.joined} CROSS JOIN entities AS e ON e.entity_id = s.entity_id "
            f"WHERE {' AND '.join((*source.where, condition.check, f'({_IS_NAME} OR {_MAY_BE_ALIAS})'))}"
            for source in condition.sources or EVERYTHING.sources
        )
    )
