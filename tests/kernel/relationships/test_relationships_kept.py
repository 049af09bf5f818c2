"""Relationships: kept, found from both ends, hidden and brought back together with their ends."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceforge_core.catalog import relationships as module
from faceforge_sdk.errors import Conflict, InvalidInput, NotFound
from faceforge_sdk.models import RelationshipPatch, RelationshipQuery, TrashQuery

if TYPE_CHECKING:
    from collections.abc import Callable

NO_ID = "0" * 64
DIRECTIONS = ("any", "out", "in")


# --- One relationship


def test_what_is_created_reads_back_exactly(world: Any) -> None:
    ada, bob = world.people(2)
    made = world.relate(ada, bob, "mentor", since=1833, deep=[{"a": [None, 2**70]}])
    assert world.catalog.get(made.relationship_id) == made
    assert (made.src_entity_id, made.dst_entity_id, made.relationship_type) == (ada, bob, "mentor")
    assert made.fields == {"since": 1833, "deep": [{"a": [None, 2**70]}]}
    assert made.updated_at == made.created_at
    assert len(made.relationship_id) == 64


def test_both_ends_have_to_live(world: Any) -> None:
    ada, gone = world.people(2)
    world.trash(gone)
    for src, dst in ((ada, gone), (gone, ada), (ada, NO_ID), (NO_ID, NO_ID)):
        with pytest.raises(NotFound, match=dst if src == ada else src):
            world.relate(src, dst)
    assert world.ids(ada) == []
    assert world.told() == []


def test_an_entity_may_be_related_to_itself_and_the_same_twice(world: Any) -> None:
    ada, bob = world.people(2)
    self_relation = world.relate(ada, ada, "rival")
    twins = {world.relate(ada, bob).relationship_id for _ in range(2)}
    assert len(twins) == 2
    for direction in ("any", "out", "in"):
        assert world.ids(ada, direction=direction, type="rival") == [self_relation.relationship_id]
    assert set(world.ids(ada)) == {*twins, self_relation.relationship_id}


@pytest.mark.usefixtures("clock")
def test_a_patch_changes_only_what_it_names_and_says_when(world: Any) -> None:
    made = world.relate(*world.people(2), "friend", since=1)
    typed = world.catalog.update(made.relationship_id, RelationshipPatch(relationship_type="rival"))
    assert (typed.relationship_type, typed.fields, typed.created_at) == ("rival", {"since": 1}, made.created_at)
    assert typed.updated_at > made.updated_at
    emptied = world.catalog.update(made.relationship_id, RelationshipPatch(fields={}))
    assert (emptied.relationship_type, emptied.fields) == ("rival", {})
    assert world.catalog.get(made.relationship_id) == emptied


def test_every_change_is_told_with_its_ends_and_type(world: Any) -> None:
    made = world.relate(*world.people(2), "friend")
    world.catalog.update(made.relationship_id, RelationshipPatch(relationship_type="rival"))
    world.catalog.delete(made.relationship_id)
    world.catalog.restore(made.relationship_id)
    told = world.told()
    assert [event.type.partition(".")[2] for event in told] == ["created", "updated", "deleted", "restored"]
    assert {event.subject for event in told} == {made.relationship_id}
    ends = {"src_entity_id": made.src_entity_id, "dst_entity_id": made.dst_entity_id}
    assert [event.payload["relationship_type"] for event in told] == ["friend", "rival", "rival", "rival"]
    assert all(event.payload.items() >= ends.items() for event in told)
    assert told[1].payload["changed"] == ["relationship_type"]


# --- Hidden, deleted, brought back


def test_an_end_in_the_trash_hides_it_and_its_return_brings_it_back(world: Any) -> None:
    ada, bob, eve = world.people(3)
    kept, other = world.relate(ada, bob), world.relate(eve, ada)
    world.trash(bob)
    assert world.ids(ada) == [other.relationship_id]
    assert world.catalog.list(RelationshipQuery(entity_id=ada)).total == 1
    for ask in (world.catalog.get, lambda one: world.catalog.update(one, RelationshipPatch(fields={}))):
        with pytest.raises(NotFound):
            ask(kept.relationship_id)
    with pytest.raises(NotFound):
        world.ids(bob)
    world.bring_back(bob)
    assert set(world.ids(ada)) == {kept.relationship_id, other.relationship_id}
    assert world.catalog.get(kept.relationship_id) == kept


def test_one_deleted_by_itself_stays_deleted_when_its_end_returns(world: Any) -> None:
    ada, bob = world.people(2)
    before, meanwhile = world.relate(ada, bob), world.relate(ada, bob)
    world.catalog.delete(before.relationship_id)
    world.trash(bob)
    world.catalog.delete(meanwhile.relationship_id)  # hidden, and still there to be deleted
    world.bring_back(bob)
    assert world.ids(ada) == []
    assert world.catalog.trash(TrashQuery()).total == 2


def test_the_trash_shows_what_was_deleted_latest_first_and_gives_it_back(world: Any, clock: None) -> None:
    ada, bob = world.people(2)
    made = [world.relate(ada, bob, fields={"n": n}) for n in range(5)]
    for one in made:
        world.catalog.delete(one.relationship_id)
    page = world.catalog.trash(TrashQuery(limit=2))
    found = list(page.items)
    while page.next_cursor:
        page = world.catalog.trash(TrashQuery(limit=2, cursor=page.next_cursor))
        found += page.items
    assert [one.relationship_id for one in found] == [one.relationship_id for one in reversed(made)]
    assert page.total == 5
    assert all(one.deleted_at > one.created_at for one in found)
    assert world.catalog.restore(made[0].relationship_id) == made[0]
    assert world.ids(ada) == [made[0].relationship_id]
    assert world.catalog.trash(TrashQuery()).total == 4


def test_restoring_needs_both_ends_and_says_which_is_missing(world: Any) -> None:
    ada, bob = world.people(2)
    made = world.relate(ada, bob)
    world.catalog.delete(made.relationship_id)
    world.trash(bob)
    with pytest.raises(Conflict, match=bob) as refused:
        world.catalog.restore(made.relationship_id)
    assert refused.value.details == {"entity_id": bob}
    world.bring_back(bob)
    assert world.catalog.restore(made.relationship_id) == made


def test_only_what_is_there_can_be_read_deleted_or_brought_back(world: Any) -> None:
    made = world.relate(*world.people(2))
    with pytest.raises(NotFound, match="in the trash"):
        world.catalog.restore(made.relationship_id)
    world.catalog.delete(made.relationship_id)
    for ask in (world.catalog.get, world.catalog.delete):
        for unknown in (made.relationship_id, NO_ID, ""):
            with pytest.raises(NotFound):
                ask(unknown)


# --- Lists


def in_order(rows: list[Any], sort_order: str) -> list[Any]:
    by_id = sorted(rows, key=lambda row: row.id)
    return sorted(by_id, key=lambda row: row.at, reverse=sort_order == "desc")


def pages(world: Any, query: RelationshipQuery) -> tuple[list[str], list[str]]:
    """The whole list, by cursor and by offset; every page has to count it right."""
    by_cursor: list[str] = []
    by_offset: list[str] = []
    totals = set()
    page = world.catalog.list(query)
    while True:
        by_cursor += [one.relationship_id for one in page.items]
        totals.add(page.total)
        if page.next_cursor is None:
            break
        page = world.catalog.list(query.model_copy(update={"cursor": page.next_cursor}))
    while items := world.catalog.list(query.model_copy(update={"offset": len(by_offset)})).items:
        by_offset += [one.relationship_id for one in items]
    assert totals == {len(by_cursor)}
    return by_cursor, by_offset


@settings(max_examples=50)
@given(
    drawn=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from("ab"), st.integers(0, 3), st.booleans())
    ),
    trashed=st.sets(st.integers(1, 4)),
    limit=st.integers(1, 4),
)
def test_every_list_equals_a_filter_over_all_rows(
    old_world: Any, drawn: list[Any], trashed: set[int], limit: int
) -> None:
    people = old_world.people(5)
    rows = old_world.put(*((people[src], people[dst], *rest) for src, dst, *rest in drawn))
    gone = {people[index] for index in trashed}
    for entity_id in gone:
        old_world.trash(entity_id)
    shown = [row for row in rows if not row.deleted and not {row.src, row.dst} & gone]
    for direction, wanted_type, sort_order in itertools.product(DIRECTIONS, (None, "a"), ("desc", "asc")):
        wanted = [
            row.id
            for row in in_order(shown, sort_order)
            if people[0] in {"any": (row.src, row.dst), "out": (row.src,), "in": (row.dst,)}[direction]
            and wanted_type in {None, row.type}
        ]
        facts = {"direction": direction, "type": wanted_type, "sort_order": sort_order, "limit": limit}
        by_cursor, by_offset = pages(old_world, RelationshipQuery.model_validate({"entity_id": people[0], **facts}))
        assert by_cursor == by_offset == wanted, facts


def test_the_total_follows_every_change_and_can_be_left_out(world: Any) -> None:
    ada, bob = world.people(2)
    for expected in (1, 2, 3):
        world.relate(ada, bob)
        assert world.catalog.list(RelationshipQuery(entity_id=ada, limit=1)).total == expected
    assert world.catalog.list(RelationshipQuery(entity_id=ada, limit=1, offset=9)).total == 3
    assert world.catalog.list(RelationshipQuery(entity_id=ada, limit=1, total="none")).total is None
    assert world.catalog.list(RelationshipQuery(entity_id=ada, limit=1, type="rival")).total == 0


def test_a_cursor_of_another_order_is_refused(world: Any) -> None:
    ada, bob = world.people(2)
    for _ in range(3):
        world.relate(ada, bob)
    cursor = world.catalog.list(RelationshipQuery(entity_id=ada, limit=1)).next_cursor
    for foreign in (cursor, "nonsense"):
        with pytest.raises(InvalidInput):
            world.catalog.list(RelationshipQuery(entity_id=ada, limit=1, sort_order="asc", cursor=foreign))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("sort_order", ["desc", "asc"])
@pytest.mark.parametrize("place", [None, "value"])
def test_every_list_walks_indexes(
    assert_indexed: Callable[..., None], direction: Any, typed: bool, sort_order: str, place: Any
) -> None:
    shape = module._Shape(direction, typed, sort_order)
    assert_indexed(module._list_statement(shape, place).sql)
    assert_indexed(module._count_statement(shape).sql)


def test_a_list_of_both_directions_merges_two_walks_and_sorts_nothing(world: Any) -> None:
    plan = world.plan(module._list_statement(module._Shape("any", typed=True, sort_order="desc"), "value").sql)
    assert plan[0] == "MERGE (UNION ALL)"
    for side in ("src", "dst"):
        walk = f"SEARCH relationships USING INDEX ix_relationships_{side} ({side}_entity_id=? AND created_at<?)"
        assert walk in plan
    assert not [step for step in plan if "TEMP B-TREE" in step]


@pytest.mark.parametrize("sort_order", ["desc", "asc"])
@pytest.mark.parametrize("place", [None, "value"])
def test_the_trash_walks_an_index(assert_indexed: Callable[..., None], sort_order: str, place: Any) -> None:
    assert_indexed(module._trash_statement(sort_order, place).sql)
    assert_indexed(module._COUNT_TRASH.sql)


def test_a_page_of_a_hub_takes_as_long_as_any_page_however_deep(
    world: Any, hub: tuple[str, str], fastest: Callable[..., float]
) -> None:
    center, small = hub

    def page(entity_id: str, **query: Any) -> Any:
        return world.catalog.list(RelationshipQuery(entity_id=entity_id, limit=100, total="none", **query))

    deep = page(center)
    for _ in range(100):
        deep = page(center, cursor=deep.next_cursor)
    assert len(deep.items) == 100
    usual = fastest(lambda: page(small))
    assert fastest(lambda: page(center)) < 4 * usual
    assert fastest(lambda: page(center, cursor=deep.next_cursor)) < 4 * usual
