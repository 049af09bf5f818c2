"""What a plugin keeps about entities and assets, as its code sees it: in Core and in the stand-in for tests alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.catalog import plugin_data
from faceforge_core.catalog.plugin_data import PluginDataCatalog
from faceforge_sdk.errors import InvalidInput, NotFound, PayloadTooLarge
from faceforge_sdk.models import EntityDraft
from faceforge_sdk.testing import fake_context

if TYPE_CHECKING:
    from collections.abc import Callable


class CoreHouse:
    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.entities = request.getfixturevalue("entities")
        self.data = PluginDataCatalog(request.getfixturevalue("database")).of_plugin("demo")


class FakeHouse:
    def __init__(self, _request: pytest.FixtureRequest) -> None:
        ctx = fake_context(plugin_id="demo")
        self.entities, self.data = ctx.entities, ctx.plugin_data


@pytest.fixture(params=[CoreHouse, FakeHouse], ids=["core", "fake"])
def home(request: pytest.FixtureRequest) -> Any:
    return request.param(request)


@pytest.fixture
def anna(home: Any) -> str:
    return str(home.entities.create(EntityDraft(display_name="Anna")).entity_id)


def test_data_is_kept_replaced_and_removed(home: Any, anna: str) -> None:
    assert home.data.get("entity", anna) is None
    home.data.put("entity", anna, {"a": [1, "x"], "b": None})
    home.data.put("entity", anna, {"a": (2,)})
    assert home.data.get("entity", anna) == {"a": [2]}
    assert home.data.delete("entity", anna) is True
    assert home.data.delete("entity", anna) is False
    assert home.data.get("entity", anna) is None


def test_what_was_handed_over_can_be_changed_without_changing_what_is_kept(home: Any, anna: str) -> None:
    given: dict[str, Any] = {"a": [1]}
    home.data.put("entity", anna, given)
    given["a"].append(2)
    assert home.data.get("entity", anna) == {"a": [1]}


def test_plugins_see_what_the_others_keep_and_write_their_own(home: Any, anna: str) -> None:
    home.data.put("entity", anna, {"mine": 1})
    home.data.of_plugin("other").put("entity", anna, {"theirs": 2})
    assert home.data.everyones("entity", anna) == {"demo": {"mine": 1}, "other": {"theirs": 2}}
    assert home.data.get("entity", anna) == {"mine": 1}


@pytest.mark.parametrize("data", [{"a": float("nan")}, {"a": {1, 2}}, {"a": "\ud800"}, {"a": "\0"}, {"a": 10**5000}])
def test_what_json_does_not_know_is_refused(home: Any, anna: str, data: Any) -> None:
    with pytest.raises(InvalidInput):
        home.data.put("entity", anna, data)
    assert home.data.get("entity", anna) is None


def test_an_object_that_holds_itself_or_is_too_deep_is_refused(home: Any, anna: str) -> None:
    endless: dict[str, Any] = {}
    endless["self"] = endless
    deep: dict[str, Any] = {}
    for _ in range(70):
        deep = {"a": deep}
    for data in (endless, deep):
        with pytest.raises(InvalidInput):
            home.data.put("entity", anna, data)


def test_an_object_has_a_bound(home: Any, anna: str) -> None:
    with pytest.raises(PayloadTooLarge):
        home.data.put("entity", anna, {"a": "x" * 256 * 1024})


def test_a_subject_that_is_not_live_has_no_data(home: Any, anna: str) -> None:
    home.data.put("entity", anna, {"a": 1})
    home.entities.delete(anna)
    for work in (home.data.get, home.data.delete, home.data.everyones):
        with pytest.raises(NotFound):
            work("entity", anna)
    with pytest.raises(NotFound):
        home.data.put("entity", anna, {})
    with pytest.raises(NotFound):
        home.data.get("asset", anna)
    assert home.data.subjects("entity") == []
    home.entities.restore(anna)
    assert home.data.get("entity", anna) == {"a": 1}


def test_the_subjects_of_a_plugin_come_in_pages(home: Any) -> None:
    ids = sorted(home.entities.create(EntityDraft(display_name=str(number))).entity_id for number in range(5))
    for entity_id in ids:
        home.data.put("entity", entity_id, {})
        home.data.of_plugin("other").put("entity", entity_id, {})
    home.data.of_plugin("other").delete("entity", ids[0])
    home.entities.delete(ids[1])
    assert home.data.subjects("entity", limit=2) == [ids[0], ids[2]]
    assert home.data.subjects("entity", ids[2]) == ids[3:]
    assert home.data.subjects("entity", ids[4]) == []
    assert home.data.subjects("asset") == []


def test_every_query_goes_through_an_index(assert_indexed: Callable[..., None]) -> None:
    statements = [plugin_data._GET, plugin_data._ALL, plugin_data._DELETE, plugin_data._UPDATE, plugin_data._OF_PLUGIN]
    statements += [plugin_data._subjects(kind) for kind in plugin_data._SUBJECTS]
    statements += [plugin_data._lives(kind) for kind in plugin_data._SUBJECTS]
    for statement in statements:
        assert_indexed(statement.sql)
