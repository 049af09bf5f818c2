"""Types of relationships to suggest: in use and usual ones, found without looking at every relationship."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from faceforge_core.catalog import relation_types
from faceforge_core.catalog.relation_types import RelationTypes
from faceforge_core.db.statements import prepare
from faceforge_sdk.models import RelationshipPatch, RelationTypeQuery
from faceforge_sdk.models.relationships import USUAL_RELATION_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable


def suggested(world: Any, query: str = "", limit: int = 20) -> list[str]:
    return list(world.catalog.types(RelationTypeQuery(query=query, limit=limit)))


def test_before_anybody_has_used_a_type_the_usual_ones_are_suggested(world: Any) -> None:
    assert suggested(world) == sorted(USUAL_RELATION_TYPES)
    assert suggested(world, "FAM") == ["family"]
    assert suggested(world, limit=2) == ["child", "coworker"]


def test_what_begins_with_the_query_comes_first_then_alphabetically(world: Any) -> None:
    ada, bob = world.people(2)
    for name in ("Pen friend", "zzz friend", "best friend", "Friend of a friend", "ex"):
        world.relate(ada, bob, name)
    expected = ["friend", "Friend of a friend", "best friend", "Pen friend", "zzz friend"]
    assert suggested(world, " FRIEND ") == expected
    assert suggested(world, "friend", limit=3) == expected[:3]
    assert suggested(world, "nobody says this") == []
    assert suggested(world, "%") == suggested(world, "_") == []


def test_spellings_that_differ_in_case_are_one_and_the_first_in_use_stands(world: Any) -> None:
    ada, bob = world.people(2)
    for name in ("MENTOR", "mentor", "Straße", "STRASSE"):
        world.relate(ada, bob, name)
    assert suggested(world, "mentor") == ["MENTOR"]
    assert suggested(world, "stras") == ["Straße"]


def test_only_types_of_live_relationships_between_live_entities_are_suggested(world: Any) -> None:
    ada, bob, eve = world.people(3)
    deleted, hidden = world.relate(ada, bob, "x deleted"), world.relate(ada, eve, "x hidden")
    world.relate(ada, bob, "x live")
    assert suggested(world, "x ") == ["x deleted", "x hidden", "x live"]
    world.catalog.delete(deleted.relationship_id)
    world.trash(eve)
    assert suggested(world, "x ") == ["x live"]
    world.bring_back(eve)
    assert suggested(world, "x ") == ["x hidden", "x live"]
    world.catalog.update(hidden.relationship_id, RelationshipPatch(relationship_type="x other"))
    assert suggested(world, "x ") == ["x live", "x other"]


def test_blank_types_of_old_homes_are_not_suggested(world: Any) -> None:
    ada, bob = world.people(2)
    world.put((ada, bob, ""), (ada, bob, "  "), (ada, bob, " padded "))
    assert suggested(world, limit=200) == sorted([*USUAL_RELATION_TYPES, "padded"])


def test_they_are_found_by_jumps_through_the_index(assert_indexed: Callable[..., None], world: Any) -> None:
    assert_indexed(relation_types._USED.sql, few=("used",))
    jump = "SEARCH relationships USING COVERING INDEX idx_relationships_type (relationship_type>?)"
    assert jump in world.plan(relation_types._USED.sql)


def test_finding_them_is_quicker_than_looking_at_every_relationship(
    world: Any, hub: tuple[str, str], fastest: Callable[..., float]
) -> None:
    scan = prepare(text("SELECT DISTINCT relationship_type FROM relationships WHERE +relationship_type != ''"))
    with world.database.read() as reader:
        looking_at_all = fastest(lambda: reader.all(scan))
        assert len(reader.all(scan)) == 8

    def suggest() -> Any:
        return RelationTypes(world.database).suggest("type", 20)

    assert len(suggest()) == 7
    assert fastest(suggest) < looking_at_all


def test_they_are_looked_up_once_until_the_next_change(world: Any, monkeypatch: Any) -> None:
    ada, bob = world.people(2)
    world.relate(ada, bob, "rival")
    assert suggested(world, "riv") == ["rival"]
    with monkeypatch.context() as patch:
        patch.setattr(world.database, "read", None)
        assert suggested(world, "RIVAL") == ["rival"]
    world.relate(ada, bob, "riveter")
    assert suggested(world, "riv") == ["rival", "riveter"]
