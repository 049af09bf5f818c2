"""Databases for the kernel's tests: a fresh one at the present schema, and a check of query plans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.catalog.field_defs import FieldDefCatalog
from faceforge_core.catalog.field_types import FieldTypes
from faceforge_core.catalog.links import LinkCatalog
from faceforge_core.catalog.service import EntityService
from faceforge_core.db import sqlite
from faceforge_core.db.engine import Database
from faceforge_core.events import EventLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def database_path(tmp_path: Path, put_database: Callable[[Path], None]) -> Path:
    """A fresh database at the present schema, not opened."""
    path = tmp_path / "core.sqlite3"
    put_database(path)
    return path


@pytest.fixture
def database(database_path: Path) -> Iterator[Database]:
    """The engine over `database_path`."""
    with Database(database_path) as database:
        yield database


@pytest.fixture
def events(database: Database) -> EventLog:
    return EventLog(database)


@pytest.fixture
def make_entities() -> Callable[[Database, EventLog], EntityService]:
    """Makes the service of entities, in a house where no plugin defines a type of fields."""

    def make(database: Database, events: EventLog) -> EntityService:
        types = FieldTypes(lambda: (), lambda _owned, check: check())
        return EntityService(database, events, FieldDefCatalog(database, events, types), LinkCatalog(database, events))

    return make


@pytest.fixture
def entities(database: Database, events: EventLog, make_entities: Any) -> EntityService:
    """The entities of `database`."""
    made: EntityService = make_entities(database, events)
    return made


@pytest.fixture
def assert_indexed(database_path: Path) -> Callable[..., None]:
    """Fails for a query that reads a whole table or sorts what an index could have ordered.

    An index that is read in order is none of both: ``SCAN entities USING INDEX …`` stops at the LIMIT. `few` names
    tables, by the alias they have in the query, that never hold many rows.
    """

    def check(sql: str, *, few: tuple[str, ...] = ()) -> None:
        connection = sqlite.connect(database_path)
        try:
            plan = [str(row["detail"]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", _nulls(sql))]
        finally:
            connection.close()
        scans = [step for step in plan if re.match(r"SCAN \w+$", step) and step.split()[1] not in few]
        # The last term alone may be sorted: ties of the order opposite to the index.
        sorts = [step for step in plan if step == "USE TEMP B-TREE FOR ORDER BY"]
        assert not scans + sorts, plan

    return check


def _nulls(sql: str) -> list[None]:
    return [None] * sql.count("?")
