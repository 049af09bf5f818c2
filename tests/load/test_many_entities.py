"""R05: lists of very many entities. What a page costs is counted in steps of SQLite, which no busy machine changes.

A million is a matter of ``FACEFORGE_TEST_ENTITIES=1000000``, and then of time as well: on one core of an ordinary
computer SQLite does thirty million steps and more a second, so that three hundred milliseconds are ten a row.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.catalog.entity_lists import EntityLists
from faceforge_core.db import sqlite
from faceforge_core.db.engine import Database
from faceforge_core.db.migrate import migrate
from faceforge_sdk.models import EntityQuery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection

COUNT = int(os.environ.get("FACEFORGE_TEST_ENTITIES", "20000"))
MILLION = 1_000_000
SECONDS = 0.3
GRAIN = 100

FILL = """
INSERT INTO entities (entity_id, display_name, tags_json, created_at, updated_at)
WITH RECURSIVE numbers (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM numbers WHERE n < ? - 1)
SELECT printf('%064x', n * 2654435761 % 4294967296),
       printf('Person %d%s', n, iif(n % 5000 = 777, ' Zyzzyva', '')), '["all"]',
       strftime('%Y-%m-%dT%H:%M:%fZ', 1767225600 + n * 0.037, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', 1767225600 + n * 0.037, 'unixepoch')
FROM numbers
"""
INDEX = (
    "INSERT INTO entity_search (seq, entity_id, text) SELECT rowid * 4, entity_id, lower(display_name) FROM entities",
    "INSERT INTO entity_tags (tag, seq) SELECT 'all', seq FROM entity_search",
    "INSERT INTO entity_fts (rowid, text) SELECT seq, text FROM entity_search",
    "UPDATE counters SET value = (SELECT count(*) FROM entities) WHERE name = 'entities'",
)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of so many entities, made by SQL alone."""
    folder = tmp_path_factory.mktemp("many")
    path = folder / "core.sqlite3"
    migrate(path, folder / "backups")
    connection = sqlite.connect(path)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    connection.execute(FILL, (COUNT,))
    for statement in INDEX:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.close()
    with Database(path) as database:
        yield database


class Cost:
    """What lists cost: in steps of SQLite's, and in seconds of this thread."""

    def __init__(self, database: Database) -> None:
        self._lists = EntityLists(database)
        self._database = database
        self.steps = 0
        self.seconds = 0.0

    def of(self, **query: Any) -> Any:
        """A page of two hundred; the cheapest of three, since others compute here too."""
        costs = []
        for _ in range(3):
            self._database.generation += 1  # totals are remembered until somebody writes
            self.steps, began = 0, time.thread_time()
            page = self._lists.list(EntityQuery.model_validate({"limit": 200, **query}))
            costs.append(time.thread_time() - began)
        self.seconds = min(costs)
        return page

    def count(self) -> int:
        self.steps += GRAIN
        return 0


@pytest.fixture
def cost(many: Database, monkeypatch: pytest.MonkeyPatch) -> Cost:
    cost = Cost(many)
    connect = sqlite.open_reader

    def counted(path: Any) -> Connection:
        connection = connect(path)
        connection.set_progress_handler(cost.count, GRAIN)
        return connection

    many._readers.close()
    many._readers._closed = False
    monkeypatch.setattr(sqlite, "open_reader", counted)
    return cost


@pytest.mark.parametrize("sort_by", ["created_at", "updated_at", "display_name"])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_r05_a_deep_page_walks_one_index_and_reads_the_rows_of_the_page_alone(
    cost: Cost, sort_by: str, sort_order: str
) -> None:
    page = cost.of(offset=COUNT - 500, sort_by=sort_by, sort_order=sort_order)

    assert (len(page.items), page.total) == (200, COUNT)
    assert 0 < cost.steps < 40 * COUNT + 20_000
    assert COUNT < MILLION or cost.seconds < SECONDS


def test_r05_behind_a_cursor_a_page_costs_the_same_at_any_depth(cost: Cost) -> None:
    first = cost.of()
    at_the_top = cost.steps
    deep = cost.of(offset=COUNT - 500)
    following = cost.of(cursor=deep.next_cursor)

    assert len(first.items) == len(following.items) == 200
    assert cost.steps < 2 * at_the_top + 10 * GRAIN
    assert COUNT < MILLION or cost.seconds < SECONDS


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "zyzzyva"}, COUNT // 5000 + (COUNT % 5000 > 777)),
        ({"q": "nobody is called so"}, 0),
        ({"q": "person", "total": "none"}, None),
        ({"q": "e", "total": "none"}, None),
    ],
)
def test_r05_what_is_found_costs_what_is_found_and_not_what_there_is(
    cost: Cost, query: dict[str, Any], found: int | None
) -> None:
    page = cost.of(**query)

    assert page.total == found
    assert len(page.items) == (200 if found is None else min(found, 200))
    assert cost.steps < 20_000 + 100 * (found or 200)
    assert COUNT < MILLION or cost.seconds < SECONDS


def test_r05_a_text_too_short_for_the_index_is_looked_for_once_through_all(cost: Cost) -> None:
    page = cost.of(q="zz", total="none")

    assert len(page.items) == min(200, COUNT // 5000 + (COUNT % 5000 > 777))
    assert cost.steps < 15 * COUNT + 20_000
    assert COUNT < MILLION or cost.seconds < SECONDS
