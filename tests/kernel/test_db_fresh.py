"""A new database, made at once: what the steps would have made of nothing."""

from __future__ import annotations

import importlib.util
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from faceforge_core.db import fresh, migrate, sqlite
from faceforge_core.db.driver import sqlite3
from faceforge_core.db.history import upgrade

if TYPE_CHECKING:
    from types import ModuleType

WRITER = Path(__file__).parents[2] / "scripts" / "schema.py"


@pytest.fixture
def schema() -> ModuleType:
    """``scripts/schema.py``, as a module."""
    spec = importlib.util.spec_from_file_location("faceforge_script_schema", WRITER)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def everything_in(path: Path) -> list[str]:
    with closing(sqlite.connect(path)) as connection:
        return sorted(fresh.script_of(connection).split(";\n\n"))


def test_the_script_is_what_the_steps_make(schema: ModuleType) -> None:
    assert fresh.SCRIPT.read_text(encoding="utf-8") == schema.script(), "Run `python scripts/schema.py`."


def test_a_database_made_at_once_holds_what_one_made_step_by_step_holds(tmp_path: Path) -> None:
    at_once, by_steps = tmp_path / "at_once.sqlite3", tmp_path / "by_steps.sqlite3"
    for path in (at_once, by_steps):
        sqlite.make_private(path)
    fresh.make(at_once, before_commit=lambda _: None)
    upgrade(by_steps, migrate.KERNEL)
    assert everything_in(at_once) == everything_in(by_steps)


def test_what_breaks_off_leaves_an_empty_database_that_the_next_start_makes(tmp_path: Path) -> None:
    path = tmp_path / "core.sqlite3"
    sqlite.make_private(path)

    def full(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(sqlite3.OperationalError, match="full"):
        fresh.make(path, before_commit=full)
    assert everything_in(path) == ["\n"]
    assert migrate.migrate(path, tmp_path / "backups").from_version == "none"
