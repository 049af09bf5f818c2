"""The plugins over HTTP, on a real Core."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

DEMO = {
    "id": "demo.plugin",
    "name": "Demo Plugin",
    "version": "0.1.0",
    "capabilities": ["ui"],
    "config_schema": {
        "type": "object",
        "properties": {"example_flag": {"type": "boolean"}, "password": {"type": "string", "writeOnly": True}},
    },
}
ROUTES = """
from fastapi import APIRouter
from faceforge_sdk import Router, hookimpl

@hookimpl
def register_routers(ctx):
    router = APIRouter()

    @router.api_route("/{path:path}", methods=["GET", "POST", "PUT"])
    def grab(path: str):
        return {"grabbed": path}

    return [Router(router)]
"""


def write(faceforge: Any, manifest: dict[str, Any], **modules: str) -> Path:
    folder: Path = faceforge.kernel.home.plugins_dir / manifest["id"]
    folder.mkdir()
    (folder / "plugin.json").write_text(json.dumps(manifest), encoding="utf-8")
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    return folder


def rows(client: Any) -> dict[str, Any]:
    return {row["plugin_id"]: row for row in client.get("/v1/plugins").json()["data"]["items"]}


def test_a_manifest_of_v019_is_listed_as_then_and_with_what_is_new(faceforge: Any, client: Any) -> None:
    write(faceforge, DEMO)
    assert rows(client)["demo.plugin"] == {
        "plugin_id": "demo.plugin",
        "name": "Demo Plugin",
        "version": "0.1.0",
        "enabled": False,
        "discovered": True,
        "config": {},
        "config_schema": DEMO["config_schema"],
        "source": "folder",
        "state": "disabled",
        "error": None,
        "essential": False,
        "capabilities": ["ui"],
        "permissions": [],
        "contributions": {},
        "restart_required": False,
        "config_secrets_set": [],
        "description": None,
    }


def test_enable_and_disable_answer_with_the_row(faceforge: Any, client: Any) -> None:
    write(faceforge, DEMO)
    enabled = client.post("/v1/plugins/demo.plugin/enable")
    assert enabled.status_code == 200
    assert (enabled.json()["data"]["enabled"], enabled.json()["data"]["state"]) == (True, "active")
    disabled = client.post("/v1/plugins/demo.plugin/disable").json()
    assert disabled["ok"]
    assert (disabled["data"]["enabled"], disabled["data"]["state"]) == (False, "disabled")


def test_enabling_answers_200_with_the_truth_when_the_plugin_fails(faceforge: Any, client: Any) -> None:
    manifest = {"id": "bad.one", "name": "Bad", "api_version": 1, "entrypoints": {"python": "plugin"}}
    write(faceforge, manifest, plugin="raise RuntimeError('boom')")
    answer = client.post("/v1/plugins/bad.one/enable")
    assert answer.status_code == 200
    row = answer.json()["data"]
    assert (row["enabled"], row["state"], row["error"]["summary"]) == (True, "error", "RuntimeError: boom")
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "enable"), ("POST", "disable"), ("GET", "config"), ("PUT", "config")]
)
def test_an_unknown_plugin_is_not_found(client: Any, method: str, path: str) -> None:
    answer = client.request(method, f"/v1/plugins/no.such/{path}", json={"config": {}} if method == "PUT" else None)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_configuration_is_put_and_read(faceforge: Any, client: Any) -> None:
    write(faceforge, DEMO)
    answer = client.put("/v1/plugins/demo.plugin/config", json={"config": {"example_flag": True, "password": "p"}})
    data = {
        "plugin_id": "demo.plugin",
        "config": {"example_flag": True, "password": None},
        "config_secrets_set": ["password"],
    }
    assert answer.json() == {"ok": True, "data": data, "error": None}
    assert client.get("/v1/plugins/demo.plugin/config").json()["data"] == data


def test_p05_a_configuration_that_does_not_fit_is_422_with_places_and_without_values(
    faceforge: Any, client: Any
) -> None:
    write(faceforge, DEMO)
    answer = client.put("/v1/plugins/demo.plugin/config", json={"config": {"password": ["Hunter2"]}})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "validation_error"
    assert error["details"]["plugin_id"] == "demo.plugin"
    [problem] = error["details"]["errors"]
    assert set(problem) == {"path", "message", "schema_path", "validator"}
    assert "Hunter2" not in answer.text


@pytest.mark.parametrize("body", [{"config": [1]}, {"config": "text"}, {"config": None}, {}, []])
def test_p05_a_configuration_that_is_no_object_is_422(faceforge: Any, client: Any, body: Any) -> None:
    write(faceforge, DEMO)
    assert client.put("/v1/plugins/demo.plugin/config", json=body).status_code == 422


def test_p03_a_schema_that_refers_to_the_network_is_422(faceforge: Any, client: Any) -> None:
    write(faceforge, {**DEMO, "config_schema": {"$ref": "http://127.0.0.1:9/x.json"}})
    assert client.put("/v1/plugins/demo.plugin/config", json={"config": {}}).status_code == 422


def test_ignored_manifests_are_shown_with_their_reason(faceforge: Any, client: Any) -> None:
    folder = write(faceforge, DEMO)
    (folder / "plugin.json").write_text("{")
    [ignored] = client.get("/v1/plugins").json()["data"]["ignored"]
    assert ignored["path"] == str(folder / "plugin.json")
    assert "Not valid JSON" in ignored["reason"]


def test_p08_nobody_can_stand_before_the_switch(faceforge: Any, client: Any) -> None:
    manifest = {"id": "greedy.one", "name": "Greedy", "api_version": 1, "entrypoints": {"python": "plugin"}}
    write(faceforge, manifest, plugin=ROUTES)
    assert client.post("/v1/plugins/greedy.one/enable").json()["data"]["state"] == "active"
    assert client.get("/v1/plugins/greedy.one/mine").json() == {"grabbed": "mine"}
    assert client.get("/v1/plugins/greedy.one/config").json()["ok"]
    assert client.put("/v1/plugins/greedy.one/config", json={"config": {"a": 1}}).json()["ok"]
    assert client.post("/v1/plugins/greedy.one/enable").json()["ok"]
    assert client.post("/v1/plugins/greedy.one/disable").json()["data"]["state"] == "disabled"
    assert client.get("/v1/plugins/greedy.one/mine").status_code == 404


@pytest.mark.parametrize("name", ["system_api", "plugins_api", "storage_fs", "ui_shell"])
def test_an_essential_built_in_answers_409(client: Any, name: str) -> None:
    answer = client.post(f"/v1/plugins/faceforge.{name}/disable")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "conflict"


def test_every_built_in_is_active(client: Any) -> None:
    states = {name: (row["state"], row["error"]) for name, row in rows(client).items()}
    assert set(states.values()) == {("active", None)}


def test_two_cores_in_one_process_keep_their_plugins_apart(start_core: Any, tmp_path: Path) -> None:
    first, second = start_core(tmp_path / "first"), start_core(tmp_path / "second")
    write(first, DEMO)
    first.client.post("/v1/plugins/demo.plugin/enable")
    assert "demo.plugin" not in rows(second.client)
    assert rows(first.client)["demo.plugin"]["state"] == "active"
