"""Saved views of the list: names for addresses, kept in the home so that every browser has them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk.protocols import PluginDatabase, TableWriter

MOST_VIEWS = 100
MAX_NAME = 100
_REMOVED_KEPT = 20

_LIVE = "SELECT view_id, name, query FROM {prefix}views WHERE NOT removed ORDER BY place"
_COUNT = "SELECT count(*) FROM {prefix}views WHERE NOT removed"
_REPLACE = "DELETE FROM {prefix}views WHERE name = :name AND NOT removed"
_ADD = "INSERT INTO {prefix}views (view_id, name, query) VALUES (:view_id, :name, :query)"
_MARK = "UPDATE {prefix}views SET removed = :removed WHERE view_id = :view_id"
_FORGET = """
DELETE FROM {prefix}views WHERE removed AND place NOT IN (
    SELECT place FROM {prefix}views WHERE removed ORDER BY view_id = :latest DESC, place DESC LIMIT :kept
)
"""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A name, and the query string of the list it stands for."""

    view_id: str
    name: str
    query: str


class SavedViews:
    """The views, in the order in which they were saved. A removed one waits to be brought back."""

    def __init__(self, db: PluginDatabase) -> None:
        self._db = db

    def all(self) -> Sequence[SavedView]:
        """Those that are not removed."""
        with self._db.read() as tables:
            return [SavedView(*row) for row in tables.all(_LIVE)]

    def save(self, name: str, query: str) -> SavedView:
        """Keep a view; one of the same name is replaced. Raises `InvalidInput`, `Conflict` when there are too many."""
        name = name.strip()
        if not name or len(name) > MAX_NAME or "\0" in name:
            raise InvalidInput(f"A view needs a name of at most {MAX_NAME} characters.")
        view = SavedView(secrets.token_hex(32), name, query)

        def work(tables: TableWriter) -> None:
            tables.run(_REPLACE, name=name)
            if tables.value(_COUNT) >= MOST_VIEWS:
                raise Conflict(f"There are {MOST_VIEWS} views already; remove one first.")
            tables.run(_ADD, view_id=view.view_id, name=name, query=query)

        self._db.write(work)
        return view

    def remove(self, view_id: str) -> None:
        """Take a view away; `restore` brings it back. Raises `NotFound`."""

        def work(tables: TableWriter) -> None:
            _mark(tables, view_id, removed=True)
            tables.run(_FORGET, latest=view_id, kept=_REMOVED_KEPT)

        self._db.write(work)

    def restore(self, view_id: str) -> None:
        """Bring a removed view back. Raises `NotFound`, and `Conflict` if another one has its name by now."""
        self._db.write(lambda tables: _mark(tables, view_id, removed=False))


def _mark(tables: TableWriter, view_id: str, *, removed: bool) -> None:
    if not tables.run(_MARK, view_id=view_id, removed=int(removed)):
        raise NotFound("There is no such view.")
