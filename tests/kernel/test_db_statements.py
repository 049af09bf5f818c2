"""Prepared statements: what they bind, what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, insert, select, update

from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import counters

if TYPE_CHECKING:
    from faceforge_core.db.engine import Database

ADD = prepare(insert(counters))


@pytest.fixture
def filled(database: Database) -> Database:
    database.write(lambda tx: tx.run_many(ADD, [{"name": name, "value": at} for at, name in enumerate("abcd", 10)]))
    return database


def test_an_insert_takes_every_column_and_literals_stay(filled: Database) -> None:
    bump = prepare(update(counters).where(counters.c.name == bindparam("of")).values(value=counters.c.value + 5))
    assert filled.write(lambda tx: tx.run(bump, of="a")) == 1
    with filled.read() as reader:
        assert reader.value(prepare(select(counters.c.value).where(counters.c.name == "a"))) == 15


@pytest.mark.parametrize("names", [[], ["a"], ["a", "c", "x"]])
def test_a_list_of_any_length_is_bound(filled: Database, names: list[str]) -> None:
    expanding = select(counters.c.name).where(counters.c.name.in_(bindparam("names", expanding=True)))
    with filled.read() as reader:
        spread = {row[0] for row in reader.all(prepare(expanding), names=names)}
    assert spread == set(names) & set("abcd")


def test_values_that_a_statement_does_not_take_or_misses_are_refused(filled: Database) -> None:
    one = prepare(select(counters.c.value).where(counters.c.name == bindparam("name")))
    with filled.read() as reader:
        for params in ({}, {"nam": "a"}, {"name": "a", "more": 1}):
            with pytest.raises(TypeError, match="takes"):
                reader.one(one, **params)


def test_defaults_of_pythons_are_refused() -> None:
    table = Table("t", MetaData(), Column("a", Integer), Column("b", Integer, default=5))
    with pytest.raises(TypeError, match="default"):
        prepare(insert(table).values(a=bindparam("a"))).sql.strip()
