"""For the kernel's tests: databases at the present schema, a check of query plans, and commands as functions."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
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

    from faceforge_core.testing import RunningCore


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


@pytest.fixture
def run_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command's entry in this process, which takes a tenth of the time that a new Python needs to load it.

    ``run_here(main, *arguments, said="y\\n", cwd=folder, **environment)``: what a person would see of it, who has no
    other variables of ours. Each group of commands is started as a process of its own too, somewhere.
    """

    def run(
        main: Callable[[list[str]], int],
        *arguments: object,
        said: str = "",
        cwd: Path | None = None,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        words = [str(argument) for argument in arguments]
        with monkeypatch.context() as patched:
            for name in [name for name in os.environ if name.startswith(("FACEFORGE_", "XDG_"))]:
                patched.delenv(name)
            for name, value in environment.items():
                patched.setenv(name, value)
            patched.setattr(sys, "stdin", io.StringIO(said))
            if cwd is not None:
                patched.chdir(cwd)
            capsys.readouterr()
            try:
                code = main(words)
            except SystemExit as end:  # argparse's way to refuse
                code = end.code if isinstance(end.code, int) else 1
            printed = capsys.readouterr()
        return subprocess.CompletedProcess(words, code, printed.out, printed.err)

    return run


@pytest.fixture
def serve_core(start_core: Callable[..., RunningCore]) -> Callable[..., RunningCore]:
    """Starts Cores in this process that answer at a port, as one does that a person has started."""

    def serve(home: Path | None = None) -> RunningCore:
        core = start_core(home)
        assert core.address
        return core

    return serve
