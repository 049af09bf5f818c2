"""People in a database, what relates them, and the catalog that is asked about it."""

from __future__ import annotations

import itertools
import time
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from sqlalchemy import bindparam, insert, update

from faceforge_core.catalog import relationships as module
from faceforge_core.catalog.relationships import RelationshipCatalog
from faceforge_core.db.engine import Database
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import entities, relationships
from faceforge_core.events import EventLog
from faceforge_sdk.models import RelationshipDraft, RelationshipQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faceforge_sdk.events import Event
    from faceforge_sdk.models import Relationship

HUB = 20_000

_ADD_ENTITY = prepare(insert(entities).values(entity_id=bindparam("id"), display_name=bindparam("name")))
_SET_DELETED = prepare(
    update(entities).where(entities.c.entity_id == bindparam("id")).values(deleted_at=bindparam("deleted_at"))
)
_ADD = prepare(insert(relationships))


class Row(NamedTuple):
    """A relationship in the table; `at` is its time of creation in milliseconds."""

    src: str
    dst: str
    type: str = "friend"
    at: int = 0
    deleted: bool = False
    id: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        created_at = f"2026-11-23T10:{self.at // 60_000:02}:{self.at // 1000 % 60:02}.{self.at % 1000:03}Z"
        return {
            "relationship_id": self.id,
            "src_entity_id": self.src,
            "dst_entity_id": self.dst,
            "relationship_type": self.type,
            "fields_json": "{}",
            "created_at": created_at,
            "updated_at": None,
            "deleted_at": created_at if self.deleted else None,
        }


class World:
    """A database, and the catalog over it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.events = EventLog(database)
        self.catalog = RelationshipCatalog(database, self.events)

    def people(self, number: int) -> list[str]:
        """The ids of so many new live entities."""
        ids = [token_hex(32) for _ in range(number)]
        rows = [{"id": one, "name": f"Person {one[:6]}"} for one in ids]
        self.database.write(lambda tx: tx.run_many(_ADD_ENTITY, rows))
        return ids

    def trash(self, entity_id: str) -> None:
        """Put an entity into the trash."""
        self._set_deleted(entity_id, "2026-11-23T12:00:00.000Z")

    def bring_back(self, entity_id: str) -> None:
        """Restore an entity."""
        self._set_deleted(entity_id, None)

    def relate(self, src: str, dst: str, relationship_type: str = "friend", **fields: Any) -> Relationship:
        """A new relationship, made by the catalog."""
        draft = RelationshipDraft(
            src_entity_id=src, dst_entity_id=dst, relationship_type=relationship_type, fields=fields
        )
        return self.catalog.create(draft)

    def put(self, *rows: tuple[Any, ...]) -> list[Row]:
        """Relationships as (source, destination, type, milliseconds, deleted), written past the catalog."""
        made = [Row(*row)._replace(id=token_hex(32)) for row in rows]
        self.database.write(lambda tx: tx.run_many(_ADD, [row.columns for row in made]))
        return made

    def ids(self, entity_id: str, **query: Any) -> list[str]:
        """What the catalog lists."""
        page = self.catalog.list(RelationshipQuery(entity_id=entity_id, **query))
        return [one.relationship_id for one in page.items]

    def told(self) -> list[Event]:
        """The events of relationships, oldest first."""
        with self.database.read() as reader:
            return self.events.after(reader, 0, "relationship.*")

    def plan(self, sql: str) -> list[str]:
        """How SQLite answers a query."""
        with self.database.read() as reader:
            rows = reader._connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?"))
            return [str(row["detail"]) for row in rows]

    def _set_deleted(self, entity_id: str, moment: str | None) -> None:
        self.database.write(lambda tx: tx.run(_SET_DELETED, id=entity_id, deleted_at=moment))


@pytest.fixture
def world(database: Database) -> World:
    """A world of this test's own."""
    return World(database)


@pytest.fixture(scope="module")
def old_world(tmp_path_factory: pytest.TempPathFactory, put_database: Callable[[Path], None]) -> Iterator[World]:
    """One world for all examples of a property, each with people of its own."""
    path = tmp_path_factory.mktemp("relationships") / "core.sqlite3"
    put_database(path)
    with Database(path) as database:
        yield World(database)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is a millisecond later."""
    ticks = (f"2026-11-23T10:00:{n // 1000:02}.{n % 1000:03}Z" for n in itertools.count())
    monkeypatch.setattr(module, "now", lambda: next(ticks))


@pytest.fixture
def hub(world: World) -> tuple[str, str]:
    """One with very many relationships, to the same few hundred people, and one with 200."""
    center, small, *others = world.people(502)
    half = range(HUB // 2)
    world.put(
        *((center, others[n % 500], f"type {n % 7}", n) for n in half),
        *((others[n % 500], center, f"type {n % 7}", n) for n in half),
        *((small, others[n], "friend", n) for n in range(200)),
    )
    return center, small


@pytest.fixture
def fastest() -> Callable[[Callable[[], object]], float]:
    """The shortest of several runs, in seconds."""

    def measure(work: Callable[[], object]) -> float:
        def once() -> float:
            began = time.perf_counter()
            work()
            return time.perf_counter() - began

        return min(once() for _ in range(7))

    return measure
