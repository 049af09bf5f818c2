"""The built-in of entities, put into a home as a stranger's folder under another id, keeps the whole contract.

So it uses nothing that a stranger's plugin could not use. The tests are those of `test_entities`, one by one.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.routing import compile_path

import faceforge_builtins

from .test_entities import *  # noqa: F403  # each test of that file, over the fixtures below

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_core.testing import RunningCore

PREFIX = "/v1/plugins/stranger.entities"


class Moved:
    """A client that asks the folder plugin for whatever the built-in answers elsewhere, and others as ever."""

    def __init__(self, core: RunningCore, folder: Path) -> None:
        core.kernel.plugins.disable("faceforge.entities_api")
        assert core.client.get("/v1/entities").status_code == 404
        assert core.install_plugin(folder).plugin_id == "stranger.entities"
        self.core = core
        paths = core.client.get("/openapi.json").json()["paths"]
        self._moved = [compile_path(path.removeprefix(PREFIX))[0] for path in paths if path.startswith(PREFIX)]

    def request(self, method: str, path: str, **options: Any) -> Any:
        moved = any(pattern.match(path) for pattern in self._moved)
        return self.core.client.request(method, f"{PREFIX}{path}" if moved else path, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in's folder, with a manifest that says only what a stranger's may say."""
    package = Path(next(iter(faceforge_builtins.__path__)), "entities_api")
    copy = tmp_path_factory.mktemp("folders") / "entities"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__", "plugin.json"))
    manifest = {"id": "stranger.entities", "name": "Entities", "api_version": 1, "entrypoints": {"python": "__init__"}}
    (copy / "plugin.json").write_text(json.dumps(manifest))
    return copy


@pytest.fixture(scope="module")
def api(house: RunningCore, folder: Path, api_of: Callable[[Any], Any]) -> Any:
    """Speaks to `house`, in which the folder stands for the built-in."""
    return api_of(Moved(house, folder))


@pytest.fixture
def fresh(faceforge: RunningCore, folder: Path, api_of: Callable[[Any], Any]) -> Any:
    """Speaks to such a Core of this test's own."""
    return api_of(Moved(faceforge, folder))


def test_the_folder_answers_and_nobody_else(api: Any, house: RunningCore) -> None:
    entity_id = api.entity("Ada")["entity_id"]
    assert house.client.get(f"/v1/entities/{entity_id}").status_code == 404
    assert house.client.get(f"{PREFIX}/v1/entities/{entity_id}").json()["data"]["display_name"] == "Ada"
    rows = {row["plugin_id"]: row["state"] for row in api.data("GET", "/v1/plugins")["items"]}
    assert (rows["faceforge.entities_api"], rows["stranger.entities"]) == ("disabled", "active")
