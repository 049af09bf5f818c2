"""A house: the plugin machinery over a real database and real folders, with small stand-ins for the rest of Core."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import threading
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import importlib_metadata
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from faceforge_core.catalog.plugin_data import PluginDataCatalog
from faceforge_core.db.engine import Database
from faceforge_core.db.keepers import Keepers
from faceforge_core.db.plugin_steps import PluginSteps
from faceforge_core.home import Home
from faceforge_core.plugins.configuration import Configurations
from faceforge_core.plugins.discovery import BUILTIN_GROUP, PACKAGE_GROUP, Discovery
from faceforge_core.plugins.forgetting import Forgetting
from faceforge_core.plugins.generation import NAMES, Generation
from faceforge_core.plugins.markers import Markers
from faceforge_core.plugins.placing import Places
from faceforge_core.plugins.records import Records
from faceforge_core.plugins.service import PluginService
from faceforge_core.plugins.starting import Surroundings
from faceforge_core.plugins.switch import Switch
from faceforge_core.testing import wait_for
from faceforge_core.web.live import LiveRoutes
from faceforge_core.web.routes import build_app, try_router
from faceforge_sdk import PluginContext, Router
from faceforge_sdk.testing import fake_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import httpx


class House:
    """What a test switches plugins in; `start` and `restart` as Core does."""

    def __init__(self, root: Path, put_database: Callable[[Path], None], put_on_path: Callable[[Path], None]) -> None:
        self.root = root
        self.events: list[str] = []
        self.safe_mode = False
        self.drains = True
        self.unservable = ""
        self.settings = FakeSettings()
        self._put_on_path = put_on_path
        self._points: list[importlib_metadata.EntryPoint] = []
        self._packages = 0
        self.live = LiveRoutes(FastAPI())
        (root / "plugins").mkdir(parents=True)
        put_database(self.database_path)

    # --- What there is to find

    def plugin(self, plugin_id: str, *, manifest: dict[str, Any] | None = None, **modules: str) -> Path:
        """A plugin folder with these modules; it has code if there is a module ``plugin``."""
        facts: dict[str, Any] = {"id": plugin_id, "name": plugin_id.title(), "api_version": 1}
        if "plugin" in modules:
            facts["entrypoints"] = {"python": "plugin"}
        folder = self.root / "plugins" / plugin_id
        self._write(folder, {**facts, **(manifest or {})}, modules)
        return folder

    def builtin(self, plugin_id: str, *, code: str, **manifest: Any) -> None:
        facts = {"id": plugin_id, "name": plugin_id, "api_version": 1, **manifest}
        self._point(BUILTIN_GROUP, facts, {"__init__": code})

    def package(self, plugin_id: str, code: str, *, manifest: dict[str, Any] | None = None, **modules: str) -> str:
        """An installed package; returns its import name."""
        facts = {"id": plugin_id, "name": plugin_id, "api_version": 1, "entrypoints": {"python": "__init__"}}
        return self._point(PACKAGE_GROUP, {**facts, **(manifest or {})}, {"__init__": code, **modules})

    def _point(self, group: str, facts: dict[str, Any], modules: Mapping[str, str]) -> str:
        self._packages += 1
        name = f"packaged_{self.root.name.replace('-', '_')}_{self._packages}"
        self._points = [point for point in self._points if point.name != facts["id"]]
        self._points.append(importlib_metadata.EntryPoint(facts["id"], name, group))
        self._write(self.root / "site" / name, facts, modules)
        self._put_on_path(self.root / "site")
        return name

    def _write(self, folder: Path, manifest: Mapping[str, Any], modules: Mapping[str, str]) -> None:
        folder.mkdir(parents=True)
        (folder / "plugin.json").write_text(json.dumps(manifest), encoding="utf-8")
        for name, code in modules.items():
            (folder / f"{name}.py").write_text(code, encoding="utf-8")

    @staticmethod
    def remove(folder: Path) -> None:
        shutil.rmtree(folder)

    # --- Life

    @property
    def database_path(self) -> Path:
        return self.root / "core.sqlite3"

    def start(self) -> None:
        self.database = Database(self.database_path)
        self.records = Records(self.database)
        configurations = Configurations(self.records, self.settings)
        steps = PluginSteps(self.database)
        self.switch = Switch(
            Discovery(self.root / "plugins", entry_points=self._points),
            self.records,
            configurations,
            Markers(self.root / "tmp"),
            Surroundings(
                context=self._context,
                migrate=steps.migrate,
                try_router=try_router,
                on_swap=self._serve,
                drain=self._drain,
                announce=lambda event_type, plugin_id, _payload: self.events.append(f"{event_type} {plugin_id}"),
                core_version="0.2.0",
                safe_mode=self.safe_mode,
            ),
        )
        data, keepers = PluginDataCatalog(self.database), Keepers(self.database)
        forgetting = Forgetting(Home.at(self.root), steps, data, self.records, keepers)
        places = Places(self.root / "plugins", self.root / "tmp")
        self.plugins = PluginService(self.switch, self.records, configurations, forgetting, places)
        self.switch.start()

    def close(self) -> None:
        if hasattr(self, "switch"):
            self.switch.close()
            self.database.close()

    def restart(self) -> None:
        self.close()
        self.start()

    def _context(self, plugin_id: str, config: Mapping[str, Any]) -> PluginContext:
        return fake_context(plugin_id=plugin_id, config=config, data_dir=self.root / "data")

    def _serve(self, generation: Generation) -> None:
        if any(one.plugin_id == self.unservable for one in generation.active):
            raise RuntimeError(f"{self.unservable} can't be served")
        self.live.app = build_app(generation.all(Router), generation.static_folders)

    def _drain(self, plugin_id: str, _seconds: float) -> bool:
        if (self.root / "trace").exists():
            with (self.root / "trace").open("a") as trace:
                trace.write(f"drain {plugin_id}\n")
        return self.drains

    # --- What a test looks at

    @property
    def generation(self) -> Generation:
        return self.switch.generation

    def get(self, path: str) -> httpx.Response:
        return TestClient(self.live).get(path)

    def contributions(self) -> dict[str, int]:
        return {kind.__name__: len(self.generation.all(kind)) for kind in NAMES}

    def trace(self) -> list[str]:
        return (self.root / "trace").read_text().splitlines()

    def modules(self, plugin_id: str) -> list[str]:
        """Modules in `sys.modules` that come from the plugin's folder."""
        folder = str(self.root / "plugins" / plugin_id)
        return [
            name
            for name, module in list(sys.modules.items())
            if str(getattr(module, "__file__", "")).startswith(folder)
        ]

    @staticmethod
    def wait_until(holds: Callable[[], bool]) -> None:
        """For what another thread does soon."""
        wait_for(holds)

    def sql(self, statement: str) -> None:
        with closing(sqlite3.connect(self.database_path)) as connection, connection:
            connection.execute(statement)
        connection.close()


class FakeSettings:
    """Stands for `core.json`."""

    def __init__(self) -> None:
        self.sections: dict[str, dict[str, Any]] = {}

    def section(self, config_path: str) -> dict[str, Any]:
        return dict(self.sections.get(config_path, {}))

    def update_section(self, config_path: str, value: dict[str, Any]) -> None:
        self.sections[config_path] = dict(value)


@pytest.fixture
def make_house(
    tmp_path_factory: pytest.TempPathFactory,
    put_database: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[], House]]:
    houses: list[House] = []

    def make() -> House:
        root = tmp_path_factory.mktemp("house")
        houses.append(House(root, put_database, lambda folder: monkeypatch.syspath_prepend(str(folder))))
        return houses[-1]

    yield make
    for house in houses:
        house.close()


@pytest.fixture
def house(make_house: Callable[[], House]) -> House:
    return make_house()


@pytest.fixture
def second_house(make_house: Callable[[], House]) -> House:
    return make_house()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A module ``test_gate`` that a plugin's code can import to meet the test."""
    module = SimpleNamespace(entered=threading.Event(), go=threading.Event())
    monkeypatch.setitem(sys.modules, "test_gate", module)
    return module
