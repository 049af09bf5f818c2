"""Plugins over the wire (section 2 of the contract)."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {"plugin_id", "name", "version", "enabled", "discovered", "config", "config_schema"}
SCHEMA = {
    "type": "object",
    "required": ["size"],
    "properties": {"size": {"type": "integer", "minimum": 1}, "names": {"type": "array", "items": {"type": "string"}}},
    "additionalProperties": False,
}
CODE = """
from fastapi import APIRouter

from faceforge_sdk import Router, hookimpl


@hookimpl
def register_routers(ctx):
    router = APIRouter()

    @router.get("/hello")
    def hello() -> dict[str, object]:
        return {"config": dict(ctx.config)}

    return [Router(router)]
"""


@pytest.fixture
def put_plugin(faceforge) -> Any:
    """Puts a plugin's folder into the home of a running Core."""

    def put(plugin_id: str = "demo.plugin", *, code: str | None = None, **manifest: Any) -> Path:
        folder: Path = faceforge.home / "plugins" / plugin_id
        folder.mkdir()
        facts = {"id": plugin_id, "name": "Demo Plugin", "version": "0.1.0", **manifest}
        if code is not None:
            facts = {"entrypoints": {"python": "plugin"}, "api_version": 1, **facts}
            (folder / "plugin.py").write_text(code)
        (folder / "plugin.json").write_text(json.dumps(facts))
        return folder

    return put


@pytest.fixture
def row(fresh) -> Any:
    """A plugin's row in the list."""

    def find(plugin_id: str = "demo.plugin") -> dict[str, Any] | None:
        items = fresh.data("GET", "/v1/plugins")["items"]
        return next((item for item in items if item["plugin_id"] == plugin_id), None)

    return find


def test_a_folder_put_there_while_core_runs_is_in_the_next_list(put_plugin, row) -> None:
    assert row() is None
    put_plugin(capabilities=["ui"], config_schema={"type": "object"})
    found = row()
    assert set(found) >= KEYS
    assert {key: found[key] for key in KEYS} == {
        "plugin_id": "demo.plugin",
        "name": "Demo Plugin",
        "version": "0.1.0",
        "enabled": False,
        "discovered": True,
        "config": {},
        "config_schema": {"type": "object"},
    }


def test_a_manifest_needs_an_id_and_a_name_alone(put_plugin, row) -> None:
    put_plugin(version=None, config_schema=None)
    found = row()
    assert (found["version"], found["config_schema"], found["config"]) == (None, None, {})


@pytest.mark.parametrize("call", ["enable", "config"])
def test_a_folder_put_there_is_found_by_the_next_call_of_any_kind(fresh, put_plugin, call: str) -> None:
    put_plugin()
    if call == "enable":
        assert fresh.data("POST", "/v1/plugins/demo.plugin/enable")["enabled"] is True
    else:
        assert (
            fresh.data("GET", "/v1/plugins/demo.plugin/config").items()
            >= {
                "plugin_id": "demo.plugin",
                "config": {},
            }.items()
        )


def test_an_invalid_manifest_is_left_out(fresh, faceforge, row) -> None:
    for name, content in (("a", "{"), ("b", "{}"), ("c", '{"id": "x"}'), ("d", '{"name": "x"}'), ("e", "[]")):
        (faceforge.home / "plugins" / name).mkdir()
        (faceforge.home / "plugins" / name / "plugin.json").write_text(content)
    assert row("x") is None
    assert len(fresh.data("GET", "/v1/plugins")["ignored"]) == 5


def test_enable_and_disable_answer_with_the_plugin(fresh, put_plugin, row) -> None:
    put_plugin()
    enabled = fresh.data("POST", "/v1/plugins/demo.plugin/enable")
    assert (enabled["enabled"], enabled["state"]) == (True, "active")
    assert enabled == row()
    assert fresh.data("POST", "/v1/plugins/demo.plugin/enable")["enabled"] is True
    disabled = fresh.data("POST", "/v1/plugins/demo.plugin/disable")
    assert (disabled["enabled"], disabled["state"]) == (False, "disabled")
    assert disabled == row()
    assert fresh.data("POST", "/v1/plugins/demo.plugin/disable")["enabled"] is False


@pytest.mark.parametrize(
    ("method", "call"), [("POST", "enable"), ("POST", "disable"), ("GET", "config"), ("PUT", "config")]
)
def test_what_was_never_discovered_is_404(fresh, method: str, call: str) -> None:
    options = {"json": {"config": {}}} if method == "PUT" else {}
    fresh.error(method, f"/v1/plugins/nobody/{call}", 404, "not_found", **options)


def test_a_plugins_code_runs_once_it_is_enabled_and_no_longer_when_disabled(fresh, put_plugin) -> None:
    put_plugin(code=CODE)
    path = "/v1/plugins/demo.plugin/hello"
    fresh.error("GET", path, 404, "not_found")
    assert fresh.data("POST", "/v1/plugins/demo.plugin/enable")["state"] == "active"
    assert fresh.ask("GET", path).json() == {"config": {}}
    assert path in fresh.ask("GET", "/openapi.json").json()["paths"]
    fresh.data("POST", "/v1/plugins/demo.plugin/disable")
    fresh.error("GET", path, 404, "not_found")
    assert path not in fresh.ask("GET", "/openapi.json").json()["paths"]


def test_enabling_answers_200_also_when_the_code_does_not_run(fresh, put_plugin, row) -> None:
    put_plugin(code="raise RuntimeError('not today')")
    enabled = fresh.data("POST", "/v1/plugins/demo.plugin/enable")
    assert (enabled["enabled"], enabled["state"]) == (True, "error")
    assert "not today" in enabled["error"]["summary"]
    assert row() == enabled
    fresh.data("GET", "/v1/ping")


def test_enabling_answers_200_also_when_the_config_does_not_fit_yet(fresh, put_plugin) -> None:
    put_plugin(config_schema=SCHEMA)
    enabled = fresh.data("POST", "/v1/plugins/demo.plugin/enable")
    assert (enabled["enabled"], enabled["state"]) == (True, "error")
    fresh.data("PUT", "/v1/plugins/demo.plugin/config", json={"config": {"size": 1}})
    assert fresh.data("POST", "/v1/plugins/demo.plugin/enable")["state"] == "active"


def test_the_config_is_replaced_whole_and_answered_alike(fresh, put_plugin, row) -> None:
    put_plugin(config_schema=SCHEMA)
    path = "/v1/plugins/demo.plugin/config"
    for config in ({"size": 1, "names": ["é"]}, {"size": 2}):
        for answer in (fresh.data("PUT", path, json={"config": config}), fresh.data("GET", path)):
            assert (answer["plugin_id"], answer["config"]) == ("demo.plugin", config)
    assert row()["config"] == {"size": 2}


def test_without_a_schema_any_object_is_a_config(fresh, put_plugin) -> None:
    put_plugin()
    config = {"a": [1, None, {"b": 2.5}], "é": "ü"}
    path = "/v1/plugins/demo.plugin/config"
    assert fresh.data("PUT", path, json={"config": config})["config"] == config


def test_an_invalid_config_is_422_and_says_where_and_why(fresh, put_plugin) -> None:
    put_plugin(config_schema=SCHEMA)
    path = "/v1/plugins/demo.plugin/config"
    fresh.data("PUT", path, json={"config": {"size": 1}})
    body = {"config": {"size": 0, "names": ["a", 5], "odd": 1}}
    details = fresh.error("PUT", path, 422, "validation_error", json=body)["details"]
    assert set(details) == {"plugin_id", "errors"}
    assert details["plugin_id"] == "demo.plugin"
    assert all(set(problem) == {"path", "message", "schema_path", "validator"} for problem in details["errors"])
    found = {problem["validator"]: (problem["path"], problem["schema_path"]) for problem in details["errors"]}
    assert found["minimum"] == (["size"], ["properties", "size", "minimum"])
    assert found["type"] == (["names", 1], ["properties", "names", "items", "type"])
    assert found["additionalProperties"][1] == ["additionalProperties"]
    assert len(found) == 3
    assert fresh.data("GET", path)["config"] == {"size": 1}


@pytest.mark.parametrize("body", [{}, {"config": None}, {"config": []}, {"config": "x"}, []], ids=str)
def test_a_config_that_is_no_object_is_422(fresh, put_plugin, body: Any) -> None:
    put_plugin()
    fresh.error("PUT", "/v1/plugins/demo.plugin/config", 422, "validation_error", json=body)


def test_schemas_are_read_as_of_2020_12(fresh, put_plugin) -> None:
    """`prefixItems` is that draft's own."""
    put_plugin(config_schema={"properties": {"pair": {"prefixItems": [{"type": "string"}, {"type": "integer"}]}}})
    path = "/v1/plugins/demo.plugin/config"
    fresh.data("PUT", path, json={"config": {"pair": ["a", 1]}})
    body = {"config": {"pair": ["a", "b"]}}
    (problem,) = fresh.error("PUT", path, 422, "validation_error", json=body)["details"]["errors"]
    assert (problem["path"], problem["validator"]) == (["pair", 1], "type")


def test_wish_and_config_survive_a_restart(start_core, api_of, faceforge, put_plugin) -> None:
    put_plugin(code=CODE, config_schema=SCHEMA)
    before = api_of(faceforge.client)
    before.data("PUT", "/v1/plugins/demo.plugin/config", json={"config": {"size": 7}})
    before.data("POST", "/v1/plugins/demo.plugin/enable")
    faceforge.kernel.close()
    after = api_of(start_core(faceforge.home).client)
    assert after.ask("GET", "/v1/plugins/demo.plugin/hello").json() == {"config": {"size": 7}}
    (row,) = (item for item in after.data("GET", "/v1/plugins")["items"] if item["plugin_id"] == "demo.plugin")
    assert (row["enabled"], row["state"], row["config"]) == (True, "active", {"size": 7})


def test_a_plugin_that_is_gone_from_the_disk_stays_listed(start_core, api_of, faceforge, put_plugin) -> None:
    folder = put_plugin()
    before = api_of(faceforge.client)
    before.data("PUT", "/v1/plugins/demo.plugin/config", json={"config": {"a": 1}})
    before.data("POST", "/v1/plugins/demo.plugin/enable")
    shutil.rmtree(folder)
    faceforge.kernel.close()
    after = api_of(start_core(faceforge.home).client)
    (row,) = (item for item in after.data("GET", "/v1/plugins")["items"] if item["plugin_id"] == "demo.plugin")
    assert (row["discovered"], row["enabled"], row["config"], row["version"]) == (False, True, {"a": 1}, "0.1.0")
    assert after.data("GET", "/v1/plugins/demo.plugin/config")["config"] == {"a": 1}
    after.error("POST", "/v1/plugins/demo.plugin/enable", 404, "not_found")


def test_keys_seen_in_the_wild_are_accepted_in_a_manifest(fresh, put_plugin, row) -> None:
    put_plugin(
        core_compat=">=0.1.0",
        permissions=["entities:read"],
        routes_prefix="/demo",
        job_types=["demo.job"],
        entrypoints={"core": "server.py", "desktop": "app.js"},
        author="somebody",
    )
    assert row()["permissions"] == ["entities:read"]
    assert fresh.data("POST", "/v1/plugins/demo.plugin/enable")["state"] == "active"


def test_code_without_an_api_version_is_not_run(fresh, put_plugin) -> None:
    """Section 5, 21: manifests of v0.1.9 may name a module that was never meant to be run."""
    put_plugin(code="raise RuntimeError", api_version=None)
    assert fresh.data("POST", "/v1/plugins/demo.plugin/enable")["state"] == "active"


def test_core_compat_counts_at_enable(fresh, put_plugin) -> None:
    """Section 5, 21."""
    put_plugin(core_compat=">=99", code=CODE)
    enabled = fresh.data("POST", "/v1/plugins/demo.plugin/enable")
    assert (enabled["enabled"], enabled["state"]) == (True, "error")
    assert "99" in enabled["error"]["summary"]


def test_an_essential_built_in_can_not_be_disabled(fresh) -> None:
    for plugin_id in ("faceforge.plugins_api", "faceforge.system_api", "faceforge.storage_fs", "faceforge.ui_shell"):
        fresh.error("POST", f"/v1/plugins/{plugin_id}/disable", 409, "conflict")


def test_switching_off_an_interface_answers_in_the_envelope(fresh) -> None:
    fresh.data("POST", "/v1/plugins/faceforge.entities_api/disable")
    fresh.error("GET", "/v1/entities", 404, "not_found")
    fresh.data("POST", "/v1/plugins/faceforge.entities_api/enable")
    fresh.data("GET", "/v1/entities")
