"""Filters find exactly what a plain reading of the values finds, whichever way the search goes."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import bindparam, insert

from faceforge_core.db import facts, search, search_index
from faceforge_core.db.fact_values import PRESENT, indexed_values
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import entities
from faceforge_core.db.transactions import Reader
from faceforge_sdk.models import FactFilter
from faceforge_sdk.models.filters import fact_filters

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.db.statements import Prepared

ADD = prepare(
    insert(entities).values(
        entity_id=bindparam("entity_id"),
        display_name=bindparam("name"),
        created_at=bindparam("at"),
        updated_at=bindparam("updated"),
    )
)
TAGS = ("red", "Red", "blue", "green")
NAMES = ("Ada", "Grace Hopper", "ada lovelace", "Zoë", "中文")
VALUES: tuple[Any, ...] = (
    36, 36.0, 37, -1, 0.5, 2**70, "36", "blue", "Blue", "", "1900", "1900-05-03", "1901", "1899-12-31", True, False,
    None, ["blue", 36], [], ["blue", "blue"], {"a": 1}, [["deep"]], "x" * 400, "x" * 399 + "y",
)  # fmt: skip
ASKED = ("36", "37", "36.0", "-1", "blue", "Blue", "1900", "1900-05", "1900-05-03", "true", "x" * 400, "zzz", "")


@dataclass
class Thing:
    entity_id: str
    name: str
    created_at: str
    updated_at: str
    tags: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def seq(self) -> int:
        return search.sequence_of(self.created_at, self.entity_id)


def some_things(rng: random.Random, number: int) -> list[Thing]:
    return [
        Thing(
            entity_id=rng.randbytes(32).hex(),
            name=rng.choice(NAMES),
            created_at=f"2026-03-01T00:00:00.{rng.randrange(60):03}Z",
            updated_at=f"2026-03-02T00:00:00.{rng.randrange(60):03}Z",
            tags=rng.sample(TAGS, k=rng.randint(0, 3)),
            fields={key: rng.choice(VALUES) for key in rng.sample(("age", "born", "eye"), k=rng.randint(0, 3))},
        )
        for _ in range(number)
    ]


def enter(database: Database, things: list[Thing]) -> None:
    def work(tx: Transaction) -> None:
        for one in things:
            tx.run(ADD, entity_id=one.entity_id, name=one.name, at=one.created_at, updated=one.updated_at)
            text = search.entity_text(one.name, [], one.tags, one.fields)
            seq = search.index_entity(tx, one.seq, one.entity_id, text, one.tags)
            facts.index_fields(tx, seq, one.fields)

    database.write(work)


def holds(one: Thing, wanted: search.Wanted) -> bool:
    text = search.entity_text(one.name, [], one.tags, one.fields)
    return (
        wanted.needle.casefold() in text
        and set(wanted.tags) <= set(one.tags)
        and (not wanted.any_tags or bool(set(wanted.any_tags) & set(one.tags)))
        and not set(wanted.not_tags) & set(one.tags)
        and (wanted.from_seq is None or one.seq >= wanted.from_seq)
        and (wanted.to_seq is None or one.seq < wanted.to_seq)
        and all_hold(one.fields, wanted.facts)
    )


def fact_holds(value: Any, condition: FactFilter) -> bool:
    """The grammar, said again without a database."""
    items = items_of(value)
    if condition.comparison == "exists":
        return bool(items) == condition.wanted
    return any(item_holds(item, condition) for item in items)


def items_of(value: Any) -> list[Any]:
    return [item for item in (value if isinstance(value, list) else [value]) if item is not None]


def all_hold(fields: dict[str, Any], wanted: tuple[FactFilter, ...]) -> bool:
    """One item has to lie between all bounds of its key."""
    bounds = [one for one in wanted if one.comparison not in {"eq", "exists"}]
    alone = [one for one in wanted if one not in bounds]
    return all(fact_holds(fields.get(one.key), one) for one in alone) and all(
        any(all(item_holds(item, one) for one in bounds if one.key == key) for item in items_of(fields.get(key)))
        for key in {one.key for one in bounds}
    )


def item_holds(item: Any, condition: FactFilter) -> bool:
    asked, number = condition.value, number_in(condition.value)
    if isinstance(item, bool):
        item = "true" if item else "false"
    if isinstance(item, dict | list):
        return False
    if condition.comparison == "eq":
        return item == (asked if isinstance(item, str) else number)
    compare: Callable[[Any, Any], bool] = {
        "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b, "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b,
    }[condition.comparison]  # fmt: skip
    if not isinstance(item, str):
        return number is not None and compare(item, number)
    is_date = len(asked) >= 4 and asked[:4].isdigit() and set(asked) <= set("0123456789-")
    if (number is not None and not is_date) or len(item) > 256:
        return False
    if is_date and condition.comparison in {"gt", "lte"} and item.startswith(asked):
        return condition.comparison == "lte"
    return compare(item, asked)


def number_in(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def some_wanted(rng: random.Random) -> search.Wanted:
    def sometimes(make: Callable[[], Any], otherwise: Any) -> Any:
        return make() if rng.random() < 0.35 else otherwise

    def moment() -> int:
        return search.first_sequence_of(f"2026-03-01T00:00:00.{rng.randrange(60):03}Z")

    def conditions() -> tuple[FactFilter, ...]:
        comparison = rng.choice(("eq", "gt", "gte", "lt", "lte", "exists"))
        asked = rng.choice(("true", "false")) if comparison == "exists" else rng.choice(ASKED)
        return (FactFilter("field", rng.choice(("age", "born", "eye", "unknown")), comparison, asked),)

    return search.Wanted(
        needle=sometimes(lambda: rng.choice(("a", "ada", "hopper", "blue", "zoë")), ""),
        tags=sometimes(lambda: tuple(rng.sample(TAGS, k=rng.randint(1, 2))), ()),
        any_tags=sometimes(lambda: tuple(rng.sample(TAGS, k=rng.randint(1, 3))), ()),
        not_tags=sometimes(lambda: (rng.choice(TAGS),), ()),
        from_seq=sometimes(moment, None),
        to_seq=sometimes(moment, None),
        facts=sometimes(conditions, ()) + sometimes(conditions, ()),
    )


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


def in_order(things: list[Thing], sort_by: str, descending: bool) -> list[str]:
    keys: dict[str, Callable[[Thing], Any]] = {
        "created_at": lambda one: one.created_at,
        "updated_at": lambda one: one.updated_at,
        "display_name": lambda one: one.name.encode(),
    }
    ordered = sorted(sorted(things, key=lambda one: one.entity_id), key=keys[sort_by], reverse=descending)
    return [one.entity_id for one in ordered]


@pytest.mark.parametrize("few", [0, 3, 2000])
@pytest.mark.parametrize("settled", [True, False])
def test_filters_equal_a_plain_reading(
    database: Database, rng: random.Random, monkeypatch: pytest.MonkeyPatch, few: int, settled: bool
) -> None:
    monkeypatch.setattr(search, "FEW", few)
    things = some_things(rng, 120)
    enter(database, things)
    while settled and database.write(search_index.ENTITY_TEXTS.index_pending):
        pass
    hits = 0
    for _ in range(250):
        wanted = some_wanted(rng)
        sort_by, descending = rng.choice(("created_at", "updated_at", "display_name")), rng.random() < 0.5
        expected = in_order([one for one in things if holds(one, wanted)], sort_by, descending)
        with database.read() as reader:
            found = search.find(reader, wanted, limit=1000, sort_by=sort_by, descending=descending)  # type: ignore[arg-type]  # one of the three
            assert [hit.entity_id for hit in found] == expected, wanted
            assert search.count(reader, wanted) == len(expected), wanted
        hits += len(expected)
    assert hits > 500


@pytest.mark.parametrize("few", [0, 2000])
@pytest.mark.parametrize("sort_by", ["created_at", "updated_at", "display_name"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_behind_a_row_are_the_whole(
    database: Database, rng: random.Random, monkeypatch: pytest.MonkeyPatch, few: int, sort_by: Any, descending: bool
) -> None:
    monkeypatch.setattr(search, "FEW", few)
    things = {one.entity_id: one for one in some_things(rng, 120)}
    enter(database, list(things.values()))
    wanted = search.Wanted(any_tags=("red", "blue"), facts=fact_filters({"field.age.exists": "true"}))
    expected = in_order([one for one in things.values() if holds(one, wanted)], sort_by, descending)
    pages: list[str] = []
    after = None
    with database.read() as reader:
        while page := search.find(reader, wanted, limit=5, after=after, sort_by=sort_by, descending=descending):
            pages += [hit.entity_id for hit in page]
            last = things[page[-1].entity_id]
            key = {"created_at": last.created_at, "updated_at": last.updated_at, "display_name": last.name}[sort_by]
            by_age = sort_by == "created_at" and descending
            after = search.After(page[-1].seq if by_age else key, last.entity_id)
    assert pages == expected
    assert len(pages) > 10


def test_changed_values_are_followed(database: Database, rng: random.Random) -> None:
    things = some_things(rng, 30)
    enter(database, things)
    for one in things:
        before, one.fields = one.fields, some_things(rng, 1)[0].fields
        database.write(lambda tx, one=one, before=before: facts.reindex_fields(tx, one.seq, before, one.fields))
    for key in ("age", "born", "eye"):
        for asked in ASKED:
            wanted = search.Wanted(facts=(FactFilter("field", key, "eq", asked),))
            with database.read() as reader:
                found = {hit.entity_id for hit in search.find(reader, wanted, limit=100)}
            assert found == {one.entity_id for one in things if holds(one, wanted)}, (key, asked)


def test_what_is_indexed_of_a_value() -> None:
    assert indexed_values(None) == []
    assert indexed_values([1, None, "a", 1]) == [1, "a"]
    assert indexed_values({"a": 1}) == indexed_values([[1], {"b": 2}]) == [PRESENT]
    assert indexed_values(True) == ["true"]
    assert indexed_values(2**63) == [float(2**63)]
    assert indexed_values(10**400) == [float("inf")]
    assert indexed_values("x" * 256) == ["x" * 256]
    (long,) = indexed_values("x" * 257)
    assert isinstance(long, bytes)
    assert indexed_values("a\0b") == ["a\ufffdb"]


@pytest.mark.parametrize(
    ("parameters", "conditions"),
    [
        ({"field.age": "36"}, [("field", "age", "eq", "36")]),
        ({"field.age.gte": "36", "tag": "x"}, [("field", "age", "gte", "36")]),
        ({"descriptor.a.b": ["x", "y"]}, [("descriptor", "a.b", "eq", "x"), ("descriptor", "a.b", "eq", "y")]),
        ({"field.size.lt.eq": "5"}, [("field", "size.lt", "eq", "5")]),
        ({"field.lt": "5"}, [("field", "lt", "eq", "5")]),
        ({"descriptor.x.exists": "false"}, [("descriptor", "x", "exists", "false")]),
        ({"field.happy": True}, [("field", "happy", "eq", "true")]),
    ],
)  # fmt: skip
def test_the_names_of_parameters_say_what_is_compared(parameters: dict[str, Any], conditions: list[Any]) -> None:
    found = fact_filters(parameters)
    assert [(one.space, one.key, one.comparison, one.value) for one in found] == conditions


@pytest.mark.parametrize(
    "parameters", [{"field.": "1"}, {"field.x.exists": "maybe"}, {"field.x": "y" * 2001}, {"field.x": {}}]
)
def test_a_condition_that_makes_no_sense_is_refused_by_name(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"field\."):
        fact_filters(parameters)


@pytest.mark.parametrize("few", [0, 2000])
@pytest.mark.parametrize(
    ("wanted", "sorted_after"),
    [
        (search.Wanted(tags=("red", "blue")), False),
        (search.Wanted(tags=("red",), not_tags=("blue",)), False),
        (search.Wanted(facts=(FactFilter("field", "age", "eq", "36"),)), False),
        (search.Wanted(facts=(FactFilter("field", "eye", "eq", "blue"),), tags=("red",)), False),
        (search.Wanted(from_seq=5, to_seq=9), False),
        (search.Wanted(needle="ada", tags=("red",)), False),
        (search.Wanted(facts=(FactFilter("field", "age", "gt", "36"),)), True),
        (search.Wanted(any_tags=("red", "blue")), True),
    ],
)
def test_no_filter_needs_a_scan_and_only_few_rows_are_ever_sorted(
    database: Database, rng: random.Random, assert_indexed: Callable[..., None], monkeypatch: pytest.MonkeyPatch,
    few: int, wanted: search.Wanted, sorted_after: bool,
) -> None:  # fmt: skip
    enter(database, some_things(rng, 60))
    statements: list[str] = []
    really = Reader.all

    asked = threading.get_ident()

    def note(reader: Reader, statement: Prepared, **params: Any) -> list[Any]:
        if threading.get_ident() == asked:  # the writer's own work may come between
            statements.append(statement.sql)
        return really(reader, statement, **params)

    monkeypatch.setattr(Reader, "all", note)
    monkeypatch.setattr(search, "FEW", few)
    with database.read() as reader:
        search.find(reader, wanted, limit=50)
    (sql,) = [one for one in statements if "OFFSET" in one]
    if sorted_after and few:
        assert "DISTINCT" in sql
        return
    walked = ("p", "s") if "FROM entity_search AS s" in sql else ("p",)
    assert_indexed(sql, few=walked)
