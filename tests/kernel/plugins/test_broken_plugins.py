"""The ways of a plugin to be broken, in a whole Core: each ends as that plugin's error, and everything else serves.

What `test_plugins_switch` shows of the machinery alone is shown here over HTTP, with pages, entities and jobs around.
"""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from faceforge_core.plugins.starting import CRASHED
from faceforge_core.testing import running_core

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from faceforge_core.testing import RunningCore

BAD = "broken.one"
HTML = {"Accept": "text/html"}
TOP = """\
from contextlib import contextmanager
from fastapi import APIRouter
from pydantic import BaseModel
from faceforge_sdk import *

router = APIRouter()
"""
GOOD = (
    TOP
    + """
@router.get("/hello")
def hello() -> str:
    return "mended"

@hookimpl
def register_routers(ctx):
    return [Router(router)]
"""
)


def nav(*items: str) -> str:
    return f"{TOP}\n@hookimpl\ndef register_nav_items(ctx):\n    return [{', '.join(items)}]\n"


def routes(code: str, value: str = "Router(router)") -> str:
    return f"{TOP}\n{code}\n@hookimpl\ndef register_routers(ctx):\n    return [{value}]\n"


def hook(code: str) -> str:
    return f"{TOP}\n@hookimpl\n{code}\n"


@dataclass(frozen=True)
class Way:
    """How a plugin is broken: its module, and what its error says."""

    code: str
    told: str
    manifest: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


WAYS = {
    # While its code is loaded
    "syntax error": Way("def broken(:\n", "SyntaxError: invalid syntax"),
    "no text at all": Way("\x00", "SyntaxError"),
    "missing module": Way("import a_module_that_nobody_has\n", "No module named 'a_module_that_nobody_has'"),
    "missing name": Way("from faceforge_sdk import Nonsense\n", "cannot import name 'Nonsense'"),
    "missing file": Way("from .absent import thing\n", "No module named"),
    "missing entry point": Way("", "No module named", {"entrypoints": {"python": "elsewhere"}}),
    "missing object": Way("", "has no attribute 'Thing'", {"entrypoints": {"python": "plugin:Thing"}}),
    "a class that wants arguments": Way(
        "class Thing:\n    def __init__(self, wanted): ...\n",
        "missing 1 required positional argument: 'wanted'",
        {"entrypoints": {"python": "plugin:Thing"}},
    ),
    "raises while it is imported": Way("raise RuntimeError('not today')\n", "RuntimeError: not today"),
    "ends the process politely": Way("import sys\nsys.exit(3)\n", "SystemExit: 3"),
    "endless recursion": Way("def f():\n    f()\nf()\n", "RecursionError: maximum recursion depth exceeded"),
    "an error that cannot be told": Way(
        "class Mute(Exception):\n    def __str__(self):\n        raise ValueError('mute')\nraise Mute\n", "Mute"
    ),
    "an error in words that are no text": Way(
        "raise ValueError('half \\ud83d of a smile')\n", "half \ufffd of a smile"
    ),
    "an error of ten million letters": Way("raise ValueError('x' * 10_000_000)\n", "ValueError: xxx"),
    "an error from a thousand places": Way(
        "def f(n):\n    return g(n - 1)\ndef g(n):\n    return f(n) if n else 1 / 0\nf(400)\n", "ZeroDivisionError"
    ),
    "a group of errors": Way("raise BaseExceptionGroup('several', [KeyError('a'), SystemExit(1)])\n", "several"),
    # What its hooks are
    "unknown hook": Way(hook("def register_router(ctx):\n    return []"), "There is no hook 'register_router'."),
    "wrong argument": Way(
        hook("def register_routers(context):\n    return []"),
        "register_routers has no argument 'context'; it gets ctx.",
    ),
    "async hook": Way(hook("async def register_routers(ctx):\n    return []"), "hooks are plain functions, not async"),
    # What its hooks do
    "a migration that reaches for what is not its own": Way(
        hook("def register_migrations():\n    return [Migrations('migrations')]"),
        "0001_names.sql:1: This statement of a plugin is refused, because it would read the table entities",
        files={"migrations/0001_names.sql": "CREATE TABLE {prefix}names AS SELECT display_name FROM entities;"},
    ),
    "a migration that forgets the prefix": Way(
        hook("def register_migrations():\n    return [Migrations('migrations')]"),
        "it would create the table names: CREATE TABLE names (a); (names of a plugin's own begin with {prefix})",
        files={"migrations/0001_names.sql": "CREATE TABLE names (a);"},
    ),
    "a migration that SQLite does not understand": Way(
        hook("def register_migrations():\n    return [Migrations('migrations')]"),
        "0001_names.sql:3: SQLite can't run this statement",
        files={
            "migrations/0001_names.sql": "CREATE TABLE {prefix}names (name TEXT);\n\nCREATE TABEL {prefix}more (a);"
        },
    ),
    "a job without a model of its own": Way(
        hook("def register_job_handlers(ctx):\n    return [JobHandler('a.job', BaseModel, print)]"),
        "JobHandler.input_model is BaseModel itself",
    ),
    "a hook raises": Way(hook("def register_routers(ctx):\n    return [][0]"), "IndexError: list index out of range"),
    "a hook gives nothing": Way(
        hook("def register_routers(ctx): ..."), "register_routers returned nothing, not a list of Router"
    ),
    "a hook gives one thing": Way(
        hook("def register_nav_items(ctx):\n    return NavItem('a', 'A', '/ui/a')"), "returned NavItem, not a list"
    ),
    "a hook gives junk": Way(hook("def register_nav_items(ctx):\n    return [object()]"), "not a NavItem"),
    "a hook gives what another gives": Way(
        hook("def register_event_handlers(ctx):\n    return [router]"),
        "register_event_handlers returned an APIRouter among its values, not an EventHandler.",
    ),
    "a handler that nobody would await": Way(
        hook(
            "def register_event_handlers(ctx):\n    async def handle(events): ...\n"
            "    return [EventHandler('a', 'asset.stored', handle)]"
        ),
        "register_event_handlers: EventHandler.handle is async; it runs on a thread, so make it a plain function.",
    ),
    "a panel that nobody would await": Way(
        f"{TOP}\nclass Loader:\n    async def load(self, entity_id):\n        return {{}}\n"
        "@hookimpl\ndef register_entity_panels(ctx):\n    return [EntityPanel('a', 'A', 'a.html', Loader().load)]\n",
        "EntityPanel.load is async",
    ),
    "a job whose model is a dictionary": Way(
        hook("def register_job_handlers(ctx):\n    return [JobHandler('a.job', dict, print)]"),
        "JobHandler.input_model is not a model of pydantic's.",
    ),
    "a generator raises half-way": Way(
        hook("def register_nav_items(ctx):\n    yield NavItem('a', 'A', '/ui/a')\n    raise OSError('half-way')"),
        "OSError: half-way",
    ),
    "a field of another type": Way(nav("NavItem('a', None, '/ui/a')"), "NavItem.title is not str"),
    "one name twice": Way(nav(*["NavItem('a', 'A', '/ui/a')"] * 2), "the NavItem 'a', which broken.one already"),
    "a built-in's name": Way(nav("NavItem('entities', 'Mine', '/ui/mine')"), "which faceforge.ui_entities already"),
    "a provider without a name": Way(
        f"{TOP}\nclass Nameless:\n    name = ''\n"
        "    key_for = put = open = stat = local_path = delete = available = print\n"
        "@hookimpl\ndef register_storage_providers(ctx):\n    return [Nameless()]\n",
        "name is not a text",
    ),
    "a provider that nobody would await": Way(
        f"{TOP}\nclass Late:\n    name = 'late'\n"
        "    key_for = put = open = local_path = delete = available = print\n"
        "    async def stat(self, key): ...\n"
        "@hookimpl\ndef register_storage_providers(ctx):\n    return [Late()]\n",
        "register_storage_providers: Late.stat is async; make it a plain method.",
    ),
    "a lifespan that fails": Way(
        hook("@contextmanager\ndef lifespan(ctx):\n    open('/nowhere/at/all')\n    yield"), "FileNotFoundError"
    ),
    "a lifespan that is none": Way(hook("def lifespan(ctx):\n    yield"), "is @contextmanager missing?"),
    # What its routes are
    "a response model that is none": Way(f"{TOP}\n@router.get('/x', response_model=5)\ndef x(): ...\n", "Error"),
    "a model without a schema": Way(
        routes("class Odd(BaseModel):\n    f: type(lambda: 0)\n@router.post('/x')\ndef x(odd: Odd): ..."),
        "function is nothing that JSON can be read into or made of",
    ),
    "a type that only the type checker knows": Way(
        "from __future__ import annotations\n" + routes("@router.get('/x')\ndef x() -> Envelope[Thing]: ..."),
        "the types of x (plugin.py, line 9) name Thing, which its module does not have",
    ),
    "a prefix that leads out": Way(routes("", "Router(router, prefix='/../..')"), "not of the form '/name/name'"),
    "an area that is none": Way(routes("", "Router(router, area='admin')"), "'v1' or 'ui', not 'admin'"),
    "a router that is none": Way(routes("", "Router(object())"), "Router.router is not APIRouter"),
    # What it says of itself
    "written for another SDK": Way(GOOD, "version 99 of the SDK", {"api_version": 99}),
    "written for another Core": Way(GOOD, "It works with Core >=7", {"core_compat": ">=7"}),
    "settings that do not fit": Way(
        GOOD,
        "does not fit the plugin's schema",
        {"config_schema": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}}},
    ),
}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCore]:
    """One Core for all: what one broken plugin leaves behind, the next ones would meet."""
    with running_core(tmp_path_factory.mktemp("broken") / "home", raise_server_exceptions=False) as found:
        yield found


@pytest.fixture(scope="module")
def anna(core: RunningCore) -> str:
    answer = core.client.post("/v1/entities", json={"display_name": "Anna"})
    return str(answer.json()["data"]["entity_id"])


@pytest.fixture
def put(core: RunningCore) -> Iterator[Any]:
    """Writes the plugin's folder; it is switched off and removed in the end."""
    folder = core.home / "plugins" / BAD

    def write(code: str, *, manifest: Mapping[str, Any] | None = None, **files: str) -> Path:
        facts = {"id": BAD, "name": "Broken", "api_version": 1, "entrypoints": {"python": "plugin"}}
        texts = {"plugin.py": code, "plugin.json": json.dumps({**facts, **(manifest or {})}), **files}
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    yield write
    core.client.post(f"/v1/plugins/{BAD}/disable")
    shutil.rmtree(folder)


@pytest.fixture
def all_serve(core: RunningCore, anna: str) -> Any:
    """Fails unless API, pages and plugin list answer, and Anna can be written to."""

    def check() -> None:
        for path in ("/v1/entities", f"/v1/entities/{anna}", "/v1/plugins", "/v1/jobs", "/v1/storage"):
            answer = core.client.get(path)
            assert answer.status_code == 200, (path, answer.text[:500])
        for path in ("/ui/entities", f"/ui/entities/{anna}", "/ui/jobs"):
            page = core.client.get(path, headers=HTML)
            assert page.status_code == 200, (path, page.text[:500])
        assert core.client.patch(f"/v1/entities/{anna}", json={"display_name": "Anna"}).status_code == 200

    return check


def switch(core: RunningCore, to: str) -> dict[str, Any]:
    answer = core.client.post(f"/v1/plugins/{BAD}/{to}")
    assert answer.status_code == 200, answer.text[:500]
    row: dict[str, Any] = answer.json()["data"]
    return row


@pytest.mark.parametrize("name", WAYS)
def test_a_plugin_that_cannot_be_activated_is_its_own_error_until_it_is_mended(
    core: RunningCore, put: Any, all_serve: Any, name: str
) -> None:
    way = WAYS[name]
    put(way.code, manifest=way.manifest, **way.files)
    serving = core.kernel.live.app

    row = switch(core, "enable")

    assert (row["state"], row["enabled"], row["contributions"]) == ("error", True, {})
    assert way.told in row["error"]["summary"]
    assert len(row["error"]["summary"]) <= 1000
    assert len(row["error"]["traceback"] or "") <= 20_000
    all_serve()
    assert core.kernel.live.app is serving

    assert switch(core, "disable")["state"] == "disabled"
    put(GOOD)
    assert switch(core, "enable")["state"] == "active"
    assert core.client.get(f"/v1/plugins/{BAD}/hello").json() == "mended"


# --- Broken later: what it does once it is active -------------------------------------------------------------------


def panel(load: str = "lambda entity_id: {}") -> str:
    return hook(f"def register_entity_panels(ctx):\n    return [EntityPanel('broken', 'Broken', 'x.html', {load})]")


def open_tab(core: RunningCore, anna: str) -> str:
    page = core.client.get(f"/ui/entities/{anna}?tab=broken", headers=HTML)
    assert page.status_code == 200
    return page.text


PANELS = {
    "load raises": (panel("lambda entity_id: 1 / 0"), "<p>hello</p>"),
    "load exits": (panel("lambda entity_id: exit(1)"), "<p>hello</p>"),
    "load gives junk": (panel("lambda entity_id: 5"), "<p>hello</p>"),
    "the template is missing": (panel(), None),
    "the template is no template": (panel(), "{% if %}{{ nothing"),
    "the template wants more": (panel(), "{{ what_nobody_gives.at_all }}"),
    "the template includes itself": (panel(), "{% include 'x.html' %}"),
}


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_that_fails_three_times_is_the_end_of_its_plugin_and_not_of_the_page(
    core: RunningCore, put: Any, all_serve: Any, anna: str, name: str
) -> None:
    code, template = PANELS[name]
    put(code, **({} if template is None else {"templates/x.html": template}))
    assert switch(core, "enable")["state"] == "active"

    for _ in range(3):
        page = open_tab(core, anna)
        assert "could not be shown" in page
        assert f"<code>{BAD}</code>" in page
    row = core.wait_for(lambda: one if (one := core.kernel.plugins.get(BAD)).state == "error" else None)

    assert row.enabled
    assert "3 calls in a row failed" in row.error.summary
    core.wait_for(lambda: "Broken" not in open_tab(core, anna))
    all_serve()


ROUTES = {
    "raises": "raise RuntimeError('secret')",
    "raises what no server expects": "raise BaseExceptionGroup('secret', [SystemExit(1)])",
    "answers with what it did not promise": "return {'secret': 1}",
    "answers with what is no JSON": "return 'secret \\ud83d'",
}


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_that_fails_is_an_error_of_that_request_alone(
    core: RunningCore, put: Any, all_serve: Any, name: str
) -> None:
    typed = "list[int]" if "promise" in name else "str"
    put(routes(f"@router.get('/x')\ndef x() -> {typed}:\n    {ROUTES[name]}\n"))
    assert switch(core, "enable")["state"] == "active"

    answer = core.client.get(f"/v1/plugins/{BAD}/x")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert f"/v1/plugins/{BAD}/x" in core.client.get("/openapi.json").json()["paths"]
    all_serve()


def test_a_storage_provider_and_a_rule_that_fail_cost_no_upload(core: RunningCore, put: Any, all_serve: Any) -> None:
    put(
        f"{TOP}\nclass Hole:\n    name = 'hole'\n    def available(self):\n        raise OSError('gone')\n"
        "    key_for = put = open = stat = local_path = delete = available\n"
        "@hookimpl\ndef register_storage_providers(ctx):\n    return [Hole()]\n"
        "@hookimpl\ndef register_storage_rules(ctx):\n"
        "    return [StorageRule('broken.a', lambda upload: 1 / 0, order=1),\n"
        "            StorageRule('broken.b', lambda upload: 'hole', order=2)]\n"
    )
    assert switch(core, "enable")["state"] == "active"
    answer = core.client.post("/v1/assets/upload", files={"file": ("a.txt", b"kept all the same", "text/plain")})
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["storage_provider"] == "fs"
    all_serve()


def test_a_job_that_ends_the_process_politely_is_a_failed_job(core: RunningCore, put: Any, all_serve: Any) -> None:
    put(
        f"{TOP}\nclass Nothing(BaseModel): ...\n@hookimpl\ndef register_job_handlers(ctx):\n"
        "    class Mute(BaseException):\n        def __str__(self): raise ValueError\n"
        "    def mute(job): raise Mute\n"
        "    return [JobHandler('broken.exit', Nothing, lambda job: exit(1)),\n"
        "            JobHandler('broken.mute', Nothing, mute)]\n"
    )
    assert switch(core, "enable")["state"] == "active"
    for job_type, said in (("broken.exit", "SystemExit: 1"), ("broken.mute", "Mute")):
        job = core.run_job(job_type)
        assert (job.status, job.error.message if job.error else None) == ("failed", said)
    all_serve()


def test_a_health_check_that_fails_is_a_finding(core: RunningCore, put: Any, all_serve: Any) -> None:
    put(
        f"{TOP}\n@hookimpl\ndef register_health_checks(ctx):\n"
        "    return [HealthCheck('broken.a', lambda: 1 / 0), HealthCheck('broken.b', lambda: 'fine')]\n"
    )
    assert switch(core, "enable")["state"] == "active"
    findings = {one["name"]: one for one in core.client.get("/v1/system/health").json()["data"]["items"]}
    assert [findings[name]["status"] for name in ("broken.a", "broken.b")] == ["error", "error"]
    assert findings["database"]["status"] == "ok"
    all_serve()


def test_an_event_handler_that_always_fails_holds_nobody_up(core: RunningCore, put: Any, all_serve: Any) -> None:
    put(
        f"{TOP}\ndef fail(events):\n    raise SystemExit\n@hookimpl\ndef register_event_handlers(ctx):\n"
        "    def note(events):\n        ctx.data_dir.mkdir(parents=True, exist_ok=True)\n"
        "        (ctx.data_dir / events[-1].type).touch()\n"
        "    return [EventHandler('broken.fail', '*', fail), EventHandler('broken.note', 'entity.*', note)]\n"
    )
    assert switch(core, "enable")["state"] == "active"
    core.client.post("/v1/entities", json={"display_name": "News"})
    core.wait_for((core.kernel.home.plugin_data_dir / BAD / "entity.created").exists)
    all_serve()


def test_a_language_that_cannot_be_read_stays_english(core: RunningCore, put: Any, all_serve: Any) -> None:
    put("", manifest={"entrypoints": {}}, **{"locales/fr.po": "these are no messages", "locales/!!.po": ""})
    assert switch(core, "enable")["state"] == "active"
    page = core.client.get("/ui/entities", headers={**HTML, "Accept-Language": "fr, !!;q=0.5"})
    assert page.status_code == 200
    assert "Entities" in page.text
    all_serve()


def test_static_files_and_templates_never_lead_out_of_the_plugins_folder(
    core: RunningCore, put: Any, all_serve: Any, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    folder = put("", manifest={"entrypoints": {}}, **{"static/fine.txt": "fine"})
    (folder / "static" / "link.txt").symlink_to(tmp_path / "secret.txt")
    assert switch(core, "enable")["state"] == "active"
    assert core.client.get(f"/ui/static/{BAD}/fine.txt").text == "fine"
    for path in ("link.txt", "%2e%2e/plugin.json", "..%2fplugin.json", "%2e%2e%5cplugin.json", "/etc/passwd"):
        assert core.client.get(f"/ui/static/{BAD}/{path}").status_code == 404, path

    switch(core, "disable")
    shutil.rmtree(folder / "static")
    for name in ("static", "templates", "locales"):
        (folder / name).symlink_to(tmp_path)
    assert switch(core, "enable")["state"] == "active"
    assert core.client.get(f"/ui/static/{BAD}/secret.txt").status_code == 404
    assert BAD not in core.kernel._generation.template_folders
    all_serve()


def test_settings_that_no_longer_fit_keep_the_plugin_out_until_they_do(
    core: RunningCore, put: Any, all_serve: Any
) -> None:
    def schema(kind: str) -> dict[str, Any]:
        return {"config_schema": {"type": "object", "properties": {"size": {"type": kind}}}}

    put(GOOD, manifest=schema("string"))
    address = f"/v1/plugins/{BAD}/config"
    assert core.client.put(address, json={"config": {"size": "large"}}).status_code == 200
    assert switch(core, "enable")["state"] == "active"
    switch(core, "disable")
    put(GOOD, manifest=schema("integer"))

    row = switch(core, "enable")

    assert row["state"] == "error"
    assert "size" in row["error"]["summary"] or "integer" in row["error"]["summary"]
    assert "large" not in row["error"]["summary"]
    all_serve()
    assert core.client.put(address, json={"config": {"size": 5}}).status_code == 200
    assert core.kernel.plugins.get(BAD).state == "active"


def test_a_lifespan_that_fails_to_end_is_disabled_all_the_same(core: RunningCore, put: Any, all_serve: Any) -> None:
    put(hook("@contextmanager\ndef lifespan(ctx):\n    yield\n    raise SystemExit('never')") + GOOD)
    assert switch(core, "enable")["state"] == "active"
    row = switch(core, "disable")
    assert (row["state"], row["restart_required"], row["enabled"]) == ("disabled", True, False)
    assert core.client.get(f"/v1/plugins/{BAD}/hello").status_code == 404
    all_serve()


def test_code_that_never_comes_to_an_end_is_given_up(
    core: RunningCore, put: Any, all_serve: Any, gate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceforge_core.plugins.starting.START_SECONDS", 0.2)
    put(
        hook(
            "@contextmanager\ndef lifespan(ctx):\n    import test_gate\n    test_gate.entered.set()\n"
            "    test_gate.go.wait(120)\n    yield\n    test_gate.left.set()"
        )
    )
    gate.left = threading.Event()

    row = switch(core, "enable")

    assert (row["state"], row["restart_required"]) == ("error", True)
    assert row["error"]["summary"] == "It did not come to an end of starting within 0.2 s."
    assert gate.entered.wait(60)
    all_serve()
    assert core.kernel._parts.switch._markers.left(BAD), "the next start skips it"
    gate.go.set()
    assert gate.left.wait(60), "what comes too late is left at once"
    put(GOOD)
    monkeypatch.undo()
    assert switch(core, "enable")["state"] == "active"
    assert not core.kernel._parts.switch._markers.left(BAD)


def test_a_core_stops_although_a_plugin_left_a_thread_that_never_ends(start_process: Any, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "plugins" / "thready"
    folder.mkdir(parents=True)
    manifest = {"id": BAD, "name": "Broken", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(
        f"import threading\nthreading.Thread(target=threading.Event().wait).start()\n{GOOD}"
    )
    core = start_process(tmp_path / "home")
    client = core.client()
    assert client.post(f"/v1/plugins/{BAD}/enable").json()["data"]["state"] == "active"
    assert client.get(f"/v1/plugins/{BAD}/hello").json() == "mended"
    assert core.stop() == 0


def test_a_core_whose_process_a_plugin_ends_is_back_without_it(start_process: Any, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "plugins" / "deadly"
    folder.mkdir(parents=True)
    manifest = {"id": BAD, "name": "Broken", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text("import os\nos._exit(9)\n")
    core = start_process(tmp_path / "home")
    with pytest.raises(httpx.HTTPError):
        core.client().post(f"/v1/plugins/{BAD}/enable")
    assert core.process.wait(60) == 9

    client = start_process(tmp_path / "home").client()
    [row] = [one for one in client.get("/v1/plugins").json()["data"]["items"] if one["plugin_id"] == BAD]
    assert (row["enabled"], row["state"], row["error"]["summary"]) == (True, "error", CRASHED)
    assert client.get("/v1/entities").status_code == 200
    (folder / "plugin.py").write_text(GOOD)
    assert client.post(f"/v1/plugins/{BAD}/enable").json()["data"]["state"] == "active"
