"""Rule 3: a built-in that was switched off leaves nothing behind: Core is what it is where it never existed."""

from __future__ import annotations

import dataclasses
import json
import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.routing import iter_route_contexts

from faceforge_core.plugins import discovery
from faceforge_core.plugins.discovery import BUILTIN_GROUP
from faceforge_core.plugins.generation import NAMES
from faceforge_core.testing import running_core
from faceforge_sdk import Router

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_core.testing import RunningCore

BUILTINS = Path(__file__).parents[2] / "builtin_plugins" / "faceforge_builtins"
MANIFESTS = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(BUILTINS.glob("*/plugin.json"))]
ESSENTIAL = {one["id"] for one in MANIFESTS if one.get("essential")}
OPTIONAL = [one["id"] for one in MANIFESTS if one["id"] not in ESSENTIAL]


@dataclasses.dataclass(frozen=True)
class Visible:
    """Everything that others can tell a Core's plugins by, apart from the list of plugins itself."""

    active: list[str]
    contributions: dict[str, list[tuple[str, str]]]
    folders: dict[str, list[str]]
    listening: set[str]
    routes: list[tuple[Any, ...]]
    page: str
    health: list[tuple[str, str | None]]

    @classmethod
    def of(cls, core: RunningCore) -> Visible:
        generation = core.kernel._generation
        routes = iter_route_contexts(core.kernel.live.app.routes)
        findings = core.client.get("/v1/system/health").json()["data"]["items"]
        return cls(
            active=[one.plugin_id for one in generation.active],
            contributions={kind.__name__: [_named(kind, one) for one in generation.all(kind)] for kind in NAMES},
            folders={
                "templates": sorted(generation.template_folders),
                "static": sorted(generation.static_folders),
                "locales": sorted(folder.parent.name for folder in generation.locale_folders),
            },
            listening=set(core.kernel._parts.dispatcher._deliveries),
            routes=[(one.path, tuple(sorted(one.methods or ())), one.name) for one in routes],
            page=core.client.get("/ui/keys", headers={"Accept": "text/html"}).text,
            health=[(one["name"], one["plugin_id"]) for one in findings],
        )


def _named(kind: type[Any], owned: Any) -> tuple[str, str]:
    name = NAMES[kind]
    value = owned.value
    said = value.prefix if isinstance(value, Router) else value.folder if name is None else getattr(value, name)
    return owned.plugin_id, str(said)


@contextmanager
def running(home: Path, *without: str) -> Iterator[RunningCore]:
    """A Core whose distribution does not have these built-ins."""
    modules = {f"faceforge_builtins.{plugin_id.removeprefix('faceforge.')}" for plugin_id in without}
    points = [
        point for point in discovery.declared_points() if point.group != BUILTIN_GROUP or point.module not in modules
    ]
    with ExitStack() as running:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(discovery, "declared_points", lambda: points)
            core = running.enter_context(running_core(home))
        yield core


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCore]:
    """A Core with everything, in which each test leaves everything on."""
    with running(tmp_path_factory.mktemp("whole") / "home") as whole:
        yield whole


@pytest.fixture(scope="module")
def bare_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that knows of no built-in but the essential ones, to be copied: making one takes longer than that."""
    home = tmp_path_factory.mktemp("bare") / "home"
    with running(home, *OPTIONAL):
        return home


@pytest.fixture(scope="module")
def whole(core: RunningCore) -> Visible:
    """What it looks like before anything was switched."""
    return Visible.of(core)


def test_there_are_built_ins_that_can_be_switched_off() -> None:
    assert len(OPTIONAL) > len(ESSENTIAL) > 0


@pytest.mark.parametrize("plugin_id", OPTIONAL)
def test_rule_3_a_disabled_built_in_leaves_a_core_that_never_had_it(
    core: RunningCore, whole: Visible, bare_home: Path, tmp_path: Path, plugin_id: str
) -> None:
    try:
        core.kernel.plugins.disable(plugin_id)
        switched_off = Visible.of(core)
    finally:
        assert core.kernel.plugins.enable(plugin_id).state == "active"

    with running(Path(shutil.copytree(bare_home, tmp_path / "home")), plugin_id) as other:
        never_there = Visible.of(other)
        assert plugin_id not in {row.plugin_id for row in other.kernel.plugins.list().items}

    for facet in dataclasses.fields(Visible):
        assert getattr(switched_off, facet.name) == getattr(never_there, facet.name), facet.name
    assert switched_off.active == [one for one in whole.active if one != plugin_id]
    assert {one.plugin_id for one in core.kernel._generation.active} == set(whole.active)


def test_rule_3_all_of_them_disabled_leave_the_core_of_the_essential_ones(
    core: RunningCore, whole: Visible, bare_home: Path
) -> None:
    try:
        for plugin_id in OPTIONAL:
            core.kernel.plugins.disable(plugin_id)
        switched_off, openapi = Visible.of(core), core.kernel.live.app.openapi()
    finally:
        for plugin_id in OPTIONAL:
            core.kernel.plugins.enable(plugin_id)

    with running(bare_home, *OPTIONAL) as bare:
        assert Visible.of(bare) == switched_off
        assert bare.kernel.live.app.openapi() == openapi  # made once: of each built-in the routes say the same
        assert set(switched_off.active) == ESSENTIAL
        assert bare.client.get("/v1/entities").status_code == 404
        assert bare.client.get("/v1/plugins").status_code == 200
    assert Visible.of(core) == whole
