"""The graph around an entity: the nearest first, every edge between those shown, and bounds that a hub keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceforge_core.catalog import graph as module
from faceforge_core.db.transactions import Reader
from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import GraphQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_sdk.models import Graph


def graph_of(world: Any, entity_id: str, **query: Any) -> Graph:
    graph: Graph = world.catalog.graph(entity_id, GraphQuery(**query))
    return graph


def nodes_of(graph: Graph) -> list[tuple[str, int]]:
    return [(node.entity_id, node.distance) for node in graph.nodes]


def edges_of(graph: Graph) -> list[str]:
    return [edge.relationship_id for edge in graph.edges]


def newest_first(rows: list[Any]) -> list[Any]:
    return sorted(sorted(rows, key=lambda row: row.id), key=lambda row: row.at, reverse=True)


def expected_graph(
    rows: list[Any], start: str, depth: int, limit: int
) -> tuple[list[tuple[str, int]], list[str], bool]:
    """Nodes, edges and whether something is left out, by following every relationship there is."""
    distances = {start: 0}
    for distance in range(1, depth + 1):
        level = {node for node, at in distances.items() if at == distance - 1}
        for row in newest_first(rows):
            for near, far in (row.src, row.dst), (row.dst, row.src):
                if near in level:
                    distances.setdefault(far, distance)
    shown = dict(list(distances.items())[:limit])
    edges = [row.id for row in newest_first(rows) if row.src in shown and row.dst in shown]
    return list(shown.items()), edges, len(shown) < len(distances)


@settings(max_examples=60)
@given(
    drawn=st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from("ab"), st.integers(0, 5), st.booleans()),
        max_size=25,
    ),
    trashed=st.sets(st.integers(1, 7), max_size=2),
    limit=st.integers(1, 9),
)
def test_every_graph_equals_one_made_by_following_all_rows(
    old_world: Any, drawn: list[Any], trashed: set[int], limit: int
) -> None:
    people = old_world.people(8)
    rows = old_world.put(*((people[src], people[dst], *rest) for src, dst, *rest in drawn))
    gone = {people[index] for index in trashed}
    for entity_id in gone:
        old_world.trash(entity_id)
    shown = [row for row in rows if not row.deleted and not {row.src, row.dst} & gone]
    for wanted_type in (None, "a"):
        followed = [row for row in shown if wanted_type in {None, row.type}]
        for depth in (1, 2, 3):
            graph = graph_of(old_world, people[0], depth=depth, limit=limit, type=wanted_type)
            found = (nodes_of(graph), edges_of(graph), graph.truncated)
            assert found == expected_graph(followed, people[0], depth, limit), (wanted_type, depth)


def test_nodes_carry_their_names_and_edges_all_there_is_to_know(world: Any) -> None:
    ada, bob = world.people(2)
    made = world.relate(bob, ada, "mentor", since=1833)
    graph = graph_of(world, ada)
    assert graph.entity_id == ada
    assert [node.display_name for node in graph.nodes] == [f"Person {ada[:6]}", f"Person {bob[:6]}"]
    assert graph.edges == [made]


def test_an_entity_alone_is_a_graph_of_one(world: Any) -> None:
    ada, *_ = world.people(3)
    graph = graph_of(world, ada, depth=3)
    assert (nodes_of(graph), graph.edges, graph.truncated) == ([(ada, 0)], [], False)


def test_only_a_live_entity_has_one(world: Any) -> None:
    ada, *_ = world.people(1)
    world.trash(ada)
    for entity_id in (ada, "0" * 64, ""):
        with pytest.raises(NotFound):
            graph_of(world, entity_id)


def test_the_way_leads_through_no_entity_in_the_trash(world: Any) -> None:
    ada, between, far = world.people(3)
    world.put((ada, between), (between, far))
    assert [distance for _, distance in nodes_of(graph_of(world, ada, depth=3))] == [0, 1, 2]
    world.trash(between)
    assert nodes_of(graph_of(world, ada, depth=3)) == [(ada, 0)]


# --- Bounds


def test_a_graph_takes_few_queries_however_many_nodes_it_has(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    center, *near = world.people(21)
    far = world.people(100)
    world.put(*((center, one) for one in near), *((near[n % 20], one) for n, one in enumerate(far)))
    asked: list[str] = []
    everything = Reader.all

    def counted(self: Reader, statement: Any, **params: Any) -> Any:
        asked.append(statement.sql)
        return everything(self, statement, **params)

    monkeypatch.setattr(Reader, "all", counted)
    graph = graph_of(world, center, depth=3)
    assert len(graph.nodes) == 121
    assert len(asked) <= 2 * 3 + 3


@pytest.mark.parametrize("direction", ["out", "in"])
@pytest.mark.parametrize("typed", [False, True])
def test_a_step_walks_the_index_of_each_node_and_sorts_nothing(
    assert_indexed: Callable[..., None], world: Any, direction: Any, typed: bool
) -> None:
    sql = module._look_statement(direction, typed).sql.replace("__[POSTCOMPILE_ids]", "?, ?")
    assert_indexed(sql)
    plan = world.plan(sql)
    side = {"out": "src", "in": "dst"}[direction]
    assert f"SEARCH relationships USING INDEX ix_relationships_{side} ({side}_entity_id=?)" in plan
    assert not [step for step in plan if "TEMP B-TREE" in step]


def test_of_too_many_neighbours_those_with_the_newest_relationships_are_shown(world: Any) -> None:
    center, *others = world.people(31)
    world.put(*((center, one, "friend", n) for n, one in enumerate(others)))
    graph = graph_of(world, center, limit=11)
    assert [node for node, _ in nodes_of(graph)] == [center, *others[:-11:-1]]
    assert len(graph.edges) == 10
    assert graph.truncated


def test_a_graph_that_is_full_exactly_is_not_truncated(world: Any) -> None:
    center, *others = world.people(6)
    world.put(*((center, one) for one in others))
    assert not graph_of(world, center, depth=3, limit=6).truncated
    assert graph_of(world, center, depth=3, limit=5).truncated


def test_more_relationships_than_are_looked_at_are_said_to_be_missing(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOKED_AT_AT_LEAST", 5)
    ada, bob = world.people(2)
    several = world.put(*((ada, bob, "friend", n) for n in range(20)))
    whole = graph_of(world, ada)
    assert (len(whole.edges), whole.truncated) == (20, False)
    cut = graph_of(world, ada, limit=2)  # with so little room eight are looked at, and one more to know
    assert nodes_of(cut) == [(ada, 0), (bob, 1)]
    assert edges_of(cut) == [row.id for row in reversed(several[-9:])]
    assert cut.truncated


def test_the_edges_of_a_neighbour_with_very_many_are_found_from_the_other_end(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOKED_AT_AT_LEAST", 5)
    monkeypatch.setattr(module, "_LOOKED_AT_PER_NODE_SHOWN", 1)
    leaf, center, *others = world.people(40)
    oldest = world.put((center, leaf, "mentor", 0))
    world.put(*((center, one, "friend", n + 1) for n, one in enumerate(others)))
    graph = graph_of(world, leaf, limit=5)
    assert nodes_of(graph) == [(leaf, 0), (center, 1)]
    assert edges_of(graph) == [oldest[0].id]
    assert not graph.truncated


def test_of_too_many_edges_those_that_lead_to_a_node_stay_and_then_the_newest(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_EDGES", 4)
    ada, bob, eve = world.people(3)
    (leading,) = world.put((ada, eve, "friend", 0))
    several = world.put(*((ada, bob, "friend", n) for n in range(1, 10)))
    graph = graph_of(world, ada)
    assert edges_of(graph) == [row.id for row in reversed(several[-3:])] + [leading.id]
    assert graph.truncated


def test_the_graph_of_a_hub_takes_about_as_long_as_that_of_anybody(
    world: Any, hub: tuple[str, str], fastest: Callable[..., float]
) -> None:
    center, small = hub
    graph = graph_of(world, center, limit=100)
    assert len(graph.nodes) == 100
    assert graph.truncated
    usual = fastest(lambda: graph_of(world, small, limit=100))
    assert fastest(lambda: graph_of(world, center, limit=100)) < 10 * usual
    assert fastest(lambda: graph_of(world, center, limit=100, type="none of these")) < 40 * usual
