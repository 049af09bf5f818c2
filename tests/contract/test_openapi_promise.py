"""The description of the API as a promise: committed, compared with what is served, and never taken back.

docs/openapi.json is what this code serves: its diff shows every change of the API to whoever reviews it.
docs/openapi-promised.json is what the last release served: clients are written by it. Only scripts/openapi.py --promise
moves it, at a release, and refuses to if one would break. Between releases new operations may still change.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
COMMAND = "python scripts/openapi.py (with the Python in .venv)"

_ENTITY = "entity_id display_name aliases tags fields created_at updated_at"
_ASSET = (
    "asset_id kind filename content_hash byte_size mime_type storage_provider storage_key meta created_at updated_at"
)
_PLUGIN = "plugin_id name version enabled discovered config config_schema"
V019 = {
    "GET /v1/system/info": "version faceforge_home paths",
    "GET /v1/entities": "items total limit offset",
    "POST /v1/entities": _ENTITY,
    "GET /v1/entities/{entity_id}": _ENTITY,
    "PATCH /v1/entities/{entity_id}": _ENTITY,
    "DELETE /v1/entities/{entity_id}": "deleted",
    "POST /v1/assets/upload": _ASSET,
    "GET /v1/assets/{asset_id}": _ASSET,
    "GET /v1/assets/{asset_id}/download": "",
    "POST /v1/entities/{entity_id}/assets/{asset_id}": "linked",
    "DELETE /v1/entities/{entity_id}/assets/{asset_id}": "linked",
    "GET /v1/plugins": "items",
    "POST /v1/plugins/{plugin_id}/enable": _PLUGIN,
    "POST /v1/plugins/{plugin_id}/disable": _PLUGIN,
    "GET /v1/plugins/{plugin_id}/config": "plugin_id config",
    "PUT /v1/plugins/{plugin_id}/config": "plugin_id config",
    "GET /v1/ping": "pong",
}
"""v0.1.9's operations and the keys of `data` in their answers (section 2 of its contract)."""

V019_PARAMETERS = {
    "GET /v1/entities": "limit offset sort_by sort_order q tag",
    "POST /v1/assets/upload": "kind",
}


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def incompatible_changes() -> Any:
    return load("openapi_changes").incompatible_changes


@pytest.fixture(scope="module")
def served(api) -> dict[str, Any]:
    document: dict[str, Any] = api.ask("GET", "/openapi.json").json()
    document["info"]["version"] = "0"
    return document


def committed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / name).read_text(encoding="utf-8"))
    return found


def test_the_committed_description_is_the_one_that_is_served(served) -> None:
    before = committed("openapi.json")
    differing = sorted(
        {
            path
            for path in served["paths"].keys() | before["paths"].keys()
            if served["paths"].get(path) != before["paths"].get(path)
        }
    )
    assert served == before, (
        f"The API's description is not what docs/openapi.json says (at {', '.join(differing) or 'its shapes'}). If the "
        f"change is meant, run {COMMAND}, look at the diff and commit it."
    )


def test_what_was_promised_is_kept(served, incompatible_changes) -> None:
    broken = incompatible_changes(committed("openapi-promised.json"), served)
    assert not broken, (
        "Clients of the last release would break:\n"
        + "\n".join(broken)
        + "\nKeep the old way beside the new one. Where a major version shall break it, say so in CHANGELOG.md and run "
        "python scripts/openapi.py --promise --break."
    )


def properties_of(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"].get(name, schema)
    return found


@pytest.mark.parametrize("place", V019)
def test_v019s_operations_answer_with_all_that_they_did(served, place: str) -> None:
    method, _, path = place.partition(" ")
    operation = served["paths"][path][method.lower()]
    if V019[place]:
        envelope = properties_of(served, operation["responses"]["200"]["content"]["application/json"]["schema"])
        assert set(envelope["required"]) == {"ok", "data", "error"}
        data = properties_of(served, envelope["properties"]["data"])
        assert set(V019[place].split()) <= set(data["required"])
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    assert set(V019_PARAMETERS.get(place, "").split()) <= names


def test_the_script_writes_what_is_served_and_promises_only_what_breaks_nothing(
    served, incompatible_changes, run_module, tmp_path, monkeypatch, capsys
) -> None:
    command = [sys.executable, "-m", "openapi", "--docs", str(tmp_path), "--promise"]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    done = run_module(
        command, capture_output=True, text=True, timeout=120, check=False, env=environment, cwd=ROOT / "scripts"
    )
    assert (done.returncode, done.stdout) == (0, "")
    today, promised = tmp_path / "openapi.json", tmp_path / "openapi-promised.json"
    assert json.loads(today.read_bytes()) == served
    assert promised.read_bytes() == today.read_bytes()
    assert b"\r" not in today.read_bytes()

    script = load("openapi")
    monkeypatch.setattr(script, "describe", lambda: served)  # as it was found to do; it takes long
    more = json.loads(today.read_bytes())
    more["paths"]["/v1/oracle"] = {"get": {"operationId": "ask", "responses": {}}}
    promised.write_text(json.dumps(more), encoding="utf-8")
    for arguments in ((), ("--promise",)):
        today.unlink()
        assert script.main(["--docs", str(tmp_path), *arguments]) == 1
        assert capsys.readouterr().out == "Breaks a promise: GET /v1/oracle is gone.\n"
        assert json.loads(today.read_bytes()) == served
        assert json.loads(promised.read_bytes()) == more
    assert script.main(["--docs", str(tmp_path), "--promise", "--break"]) == 0
    assert json.loads(promised.read_bytes()) == served
