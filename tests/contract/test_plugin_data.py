"""What plugins keep about entities and assets over HTTP, and the end of all that a plugin kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

NO_ID = "0" * 64
PLUGIN = "faceforge.storage_routing"
OTHER = "faceforge.thumbnails"
PALETTE = {"palette": ["#1e90ff", {"x": [1.5, None, True, 2**70]}], "ünï": "小龙"}


@pytest.fixture(params=["entities", "assets"])
def subject(request: pytest.FixtureRequest, api: Any) -> str:
    """The address of an entity, and of an asset."""
    thing = api.entity()["entity_id"] if request.param == "entities" else api.upload()["asset_id"]
    return f"/v1/{request.param}/{thing}"


@pytest.fixture
def keep(api: Any, subject: str) -> Callable[..., Any]:
    def put(data: Any, plugin_id: str = PLUGIN) -> Any:
        return api.data("PUT", f"{subject}/plugin-data/{plugin_id}", json={"data": data})

    return put


def test_data_is_kept_for_each_plugin_by_itself(api: Any, subject: str, keep: Any) -> None:
    assert api.data("GET", f"{subject}/plugin-data") == {}
    assert keep(PALETTE) == {"plugin_id": PLUGIN, "data": PALETTE}
    keep({"n": 1}, OTHER)
    assert api.data("GET", f"{subject}/plugin-data/{PLUGIN}") == {"plugin_id": PLUGIN, "data": PALETTE}
    assert api.data("GET", f"{subject}/plugin-data") == {PLUGIN: PALETTE, OTHER: {"n": 1}}
    keep({})
    assert api.data("GET", f"{subject}/plugin-data") == {PLUGIN: {}, OTHER: {"n": 1}}
    assert api.data("DELETE", f"{subject}/plugin-data/{PLUGIN}") == {"deleted": True}
    assert api.data("GET", f"{subject}/plugin-data") == {OTHER: {"n": 1}}


def test_what_is_not_kept_is_not_found(api: Any, subject: str, keep: Any) -> None:
    keep({"n": 1}, OTHER)
    for method in ("GET", "DELETE"):
        error = api.error(method, f"{subject}/plugin-data/{PLUGIN}", 404, "not_found")
        assert error["message"].startswith(f"The plugin '{PLUGIN}' keeps nothing about this ")
    nobodys = api.error("PUT", f"{subject}/plugin-data/nobody", 404, "not_found", json={"data": {}})
    assert nobodys["message"] == "There is no plugin 'nobody'."


@pytest.mark.parametrize("kind", ["entities", "assets"])
def test_a_subject_that_is_not_there_is_not_found(api: Any, kind: str) -> None:
    address = f"/v1/{kind}/{NO_ID}/plugin-data"
    api.error("GET", address, 404, "not_found")
    api.error("GET", f"{address}/{PLUGIN}", 404, "not_found")
    api.error("PUT", f"{address}/{PLUGIN}", 404, "not_found", json={"data": {}})
    api.error("DELETE", f"{address}/{PLUGIN}", 404, "not_found")


@pytest.mark.parametrize(
    "body", ['{"data": [1]}', '{"data": "x"}', "{}", '{"data": {"a": NaN}}', '{"data": {"a": "\\u0000"}}']
)
def test_what_is_no_object_is_refused(api: Any, subject: str, body: str) -> None:
    options = {"content": body, "headers": {"content-type": "application/json"}}
    api.error("PUT", f"{subject}/plugin-data/{PLUGIN}", 422, "validation_error", **options)
    assert api.data("GET", f"{subject}/plugin-data") == {}


def test_an_object_has_a_bound(api: Any, subject: str, keep: Any) -> None:
    most = 256 * 1024 - len('{"a":""}')
    keep({"a": "x" * most})
    error = api.error(
        "PUT", f"{subject}/plugin-data/{PLUGIN}", 413, "payload_too_large", json={"data": {"a": "x" * (most + 1)}}
    )
    assert "at most 262144 are kept" in error["message"]
    assert len(api.data("GET", f"{subject}/plugin-data")[PLUGIN]["a"]) == most


def test_the_trash_hides_it_and_only_a_purge_ends_it(api: Any, subject: str, keep: Any, house: Any, rows: Any) -> None:
    keep(PALETTE)
    _, _, kind, thing = subject.split("/")
    api.data("DELETE", subject)
    for method in ("GET", "DELETE"):
        api.error(method, f"{subject}/plugin-data/{PLUGIN}", 404, "not_found")
    api.error("GET", f"{subject}/plugin-data", 404, "not_found")
    api.error("PUT", f"{subject}/plugin-data/{PLUGIN}", 404, "not_found", json={"data": {}})
    api.data("POST", f"{subject}/restore")
    assert api.data("GET", f"{subject}/plugin-data") == {PLUGIN: PALETTE}
    api.data("DELETE", subject)
    api.data("DELETE", f"/v1/trash/{kind}/{thing}")
    assert rows(house.home, "SELECT * FROM plugin_data WHERE subject_id = ?", thing) == []


def test_keeping_data_leaves_the_entity_and_the_events_alone(api: Any, house: Any, rows: Any) -> None:
    entity = api.entity()
    told = "SELECT count(*) AS n FROM events WHERE subject = ?"
    before = rows(house.home, told, entity["entity_id"])
    api.data("PUT", f"/v1/entities/{entity['entity_id']}/plugin-data/{PLUGIN}", json={"data": PALETTE})
    assert api.data("GET", f"/v1/entities/{entity['entity_id']}") == entity
    assert rows(house.home, told, entity["entity_id"]) == before


# --- The end of it


KEEPER = """
from faceforge_sdk import Migrations, hookimpl


@hookimpl
def register_migrations():
    return [Migrations()]
"""


@pytest.fixture
def keeper(faceforge: Any) -> str:
    """A plugin that keeps something of every kind, enabled; its id."""
    folder = faceforge.kernel.home.plugins_dir / "keeper"
    (folder / "migrations").mkdir(parents=True)
    manifest = {
        "id": "demo-keeper",
        "name": "Keeper",
        "api_version": 1,
        "entrypoints": {"python": "plugin"},
        "config_schema": {"type": "object", "properties": {"size": {"type": "integer", "default": 1}}},
    }
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(KEEPER)
    (folder / "migrations" / "0001_rows.sql").write_text(
        "CREATE TABLE {prefix}rows (a); CREATE TABLE {prefix}more (a);"
    )
    row = faceforge.kernel.plugins.enable("demo-keeper")
    assert row.state == "active", row.error
    files = faceforge.kernel.home.data_dir_of("demo-keeper")
    (files / "deep").mkdir(parents=True)
    (files / "deep" / "file").touch()
    return "demo-keeper"


def tables_of(rows: Any, faceforge: Any) -> list[str]:
    return [row["name"] for row in rows(faceforge.home, "SELECT name FROM sqlite_master WHERE name GLOB 'ph_demo*'")]


def test_all_that_a_plugin_kept_is_removed_when_it_is_disabled(
    fresh: Any, faceforge: Any, keeper: str, rows: Any
) -> None:
    fresh.data("PUT", f"/v1/plugins/{keeper}/config", json={"config": {"size": 7}})
    kept, trashed = (fresh.entity()["entity_id"] for _ in range(2))
    for entity_id in (kept, trashed):
        for plugin_id in (keeper, PLUGIN):
            fresh.data("PUT", f"/v1/entities/{entity_id}/plugin-data/{plugin_id}", json={"data": {"n": 1}})
    fresh.data("DELETE", f"/v1/entities/{trashed}")

    error = fresh.error("DELETE", f"/v1/plugins/{keeper}/data", 409, "conflict")
    assert error["message"] == "The plugin demo-keeper is enabled: disable it before what it keeps is removed."
    assert len(tables_of(rows, faceforge)) == 2

    fresh.data("POST", f"/v1/plugins/{keeper}/disable")
    assert fresh.data("GET", f"/v1/entities/{kept}/plugin-data") == {PLUGIN: {"n": 1}, keeper: {"n": 1}}
    removed = fresh.data("DELETE", f"/v1/plugins/{keeper}/data")
    assert removed == {"plugin_id": keeper, "tables": 2, "subjects": 2, "files": 1}
    assert tables_of(rows, faceforge) == []
    assert rows(faceforge.home, "SELECT DISTINCT plugin_id FROM plugin_data") == [{"plugin_id": PLUGIN}]
    assert not faceforge.kernel.home.data_dir_of(keeper).exists()
    assert fresh.data("GET", f"/v1/plugins/{keeper}/config")["config"] == {}

    assert fresh.data("POST", f"/v1/plugins/{keeper}/enable")["state"] == "active"
    assert len(tables_of(rows, faceforge)) == 2


def test_a_plugin_that_is_gone_can_be_forgotten_and_then_nobody_knows_it(
    fresh: Any, faceforge: Any, keeper: str, rows: Any
) -> None:
    fresh.data("POST", f"/v1/plugins/{keeper}/disable")
    folder = faceforge.kernel.home.plugins_dir / "keeper"
    folder.rename(faceforge.home / "away")
    assert keeper in [row["plugin_id"] for row in fresh.data("GET", "/v1/plugins")["items"]]
    assert fresh.data("DELETE", f"/v1/plugins/{keeper}/data")["tables"] == 2
    assert keeper not in [row["plugin_id"] for row in fresh.data("GET", "/v1/plugins")["items"]]
    fresh.error("DELETE", f"/v1/plugins/{keeper}/data", 404, "not_found")
    assert tables_of(rows, faceforge) == []


def test_what_came_with_core_and_what_was_never_there_is_not_forgotten(fresh: Any) -> None:
    fresh.data("POST", f"/v1/plugins/{OTHER}/disable")
    fresh.error("DELETE", f"/v1/plugins/{OTHER}/data", 409, "conflict")
    fresh.error("DELETE", "/v1/plugins/nobody/data", 404, "not_found")
