"""The stand-in for relationships keeps the promises that a plugin can see."""

from __future__ import annotations

from typing import Any

import pytest

from faceforge_sdk.errors import Conflict, NotFound
from faceforge_sdk.models import (
    EntityDraft,
    GraphQuery,
    RelationshipDraft,
    RelationshipPatch,
    RelationshipQuery,
    RelationTypeQuery,
    TrashQuery,
)
from faceforge_sdk.testing import fake_context


@pytest.fixture
def ctx() -> Any:
    return fake_context()


@pytest.fixture
def people(ctx: Any) -> list[str]:
    return [ctx.entities.create(EntityDraft(display_name=name)).entity_id for name in ("Anna", "Berta", "Carla")]


def relate(ctx: Any, src: str, dst: str, relationship_type: str = "friend") -> Any:
    draft = RelationshipDraft(src_entity_id=src, dst_entity_id=dst, relationship_type=relationship_type)
    return ctx.relationships.create(draft)


def test_they_are_listed_from_both_ends_changed_and_filtered(ctx: Any, people: list[str]) -> None:
    anna, berta, carla = people
    first, second = relate(ctx, anna, berta), relate(ctx, carla, anna, "rival")
    assert ctx.relationships.list(RelationshipQuery(entity_id=anna)).items == [second, first]
    assert ctx.relationships.list(RelationshipQuery(entity_id=anna, sort_order="asc")).items == [first, second]
    assert ctx.relationships.list(RelationshipQuery(entity_id=anna, direction="out")).items == [first]
    assert ctx.relationships.list(RelationshipQuery(entity_id=anna, type="rival")).items == [second]
    changed = ctx.relationships.update(first.relationship_id, RelationshipPatch(fields={"since": 1}))
    assert ctx.relationships.get(first.relationship_id) == changed
    assert (changed.relationship_type, changed.fields) == ("friend", {"since": 1})
    with pytest.raises(NotFound):
        relate(ctx, anna, "nobody")
    with pytest.raises(NotFound):
        ctx.relationships.list(RelationshipQuery(entity_id="nobody"))


def test_they_hide_with_an_end_and_come_back_from_the_trash(ctx: Any, people: list[str]) -> None:
    anna, berta, _ = people
    one = relate(ctx, anna, berta)
    ctx.entities.delete(berta)
    assert ctx.relationships.list(RelationshipQuery(entity_id=anna)).total == 0
    with pytest.raises(NotFound):
        ctx.relationships.get(one.relationship_id)
    ctx.relationships.delete(one.relationship_id)
    assert ctx.relationships.trash(TrashQuery()).total == 1
    with pytest.raises(Conflict):
        ctx.relationships.restore(one.relationship_id)
    ctx.entities.restore(berta)
    assert ctx.relationships.restore(one.relationship_id) == one
    for ask in (ctx.relationships.restore, ctx.relationships.delete):
        with pytest.raises(NotFound):
            ask("none")


def test_types_in_use_are_merged_with_the_usual_ones(ctx: Any, people: list[str]) -> None:
    relate(ctx, people[0], people[1], "FRIEND")
    relate(ctx, people[0], people[1], "best friend")
    assert ctx.relationships.types(RelationTypeQuery(query="friend")) == ["FRIEND", "best friend"]
    assert ctx.relationships.types(RelationTypeQuery(limit=3)) == ["best friend", "child", "coworker"]


def test_a_graph_goes_step_by_step(ctx: Any, people: list[str]) -> None:
    anna, berta, carla = people
    near, far = relate(ctx, anna, berta), relate(ctx, carla, berta, "rival")
    graph = ctx.relationships.graph(anna, GraphQuery(depth=2))
    assert [(node.display_name, node.distance) for node in graph.nodes] == [("Anna", 0), ("Berta", 1), ("Carla", 2)]
    assert (graph.edges, graph.truncated) == ([far, near], False)
    assert len(ctx.relationships.graph(anna, GraphQuery()).nodes) == 2
    assert ctx.relationships.graph(anna, GraphQuery(depth=3, limit=2)).truncated
    assert len(ctx.relationships.graph(anna, GraphQuery(depth=3, type="rival")).nodes) == 1
