"""What `faceforge plugins check` finds, one kind after the other: where, how bad, and what it says."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.cli.plugin_checks import check, trial
from faceforge_core.cli.plugin_checks.json_lines import lines_of
from faceforge_core.cli.plugin_checks.trial import try_out
from faceforge_sdk.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).parents[3] / "examples"
MANIFEST = """{
  "id": "demo.checked",
  "name": "Checked",
  "version": "1.0",
  "api_version": 1,
  "entrypoints": {"python": "plugin"}
}
"""
HOOK = "from faceforge_sdk import hookimpl\n\n\n@hookimpl\n"
NAV = HOOK.replace("hookimpl\n\n", "NavItem, hookimpl\n\n", 1)


def manifest(old: str, new: str) -> str:
    assert old in MANIFEST
    return MANIFEST.replace(old, new)


def schema(text: str) -> str:
    return manifest('"api_version": 1,', f'"api_version": 1,\n  "config_schema": {text},')


@pytest.fixture(autouse=True)
def _patience(prepared_trials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine starts no plugin quickly; that is told only where it is asked for."""
    monkeypatch.setattr(trial, "SLOW_SECONDS", 3600.0)


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """A plugin's folder with these files, over what is right."""

    def write(files: dict[str, str]) -> Path:
        folder = tmp_path / "checked"
        right = {"plugin.json": MANIFEST, "plugin.py": HOOK + "def register_nav_items(ctx):\n    return []\n"}
        for name, text in {**right, **files}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", errors="surrogateescape")
        return folder

    return write


# What is other than right -> what is said of it, as compilers say it.
SEEN: dict[str, tuple[dict[str, str], str]] = {
    "manifest that is no JSON": ({"plugin.json": '{\n  "id": oops\n}'}, "plugin.json:2: error: Not valid JSON"),
    "manifest that is a list": ({"plugin.json": "[]"}, "plugin.json:1: error: The manifest is not a JSON object."),
    "misspelt key": (
        {"plugin.json": manifest("entrypoints", "entrypoint")},
        "plugin.json:6: error: 'entrypoint' means nothing. Did you mean 'entrypoints'?",
    ),
    "key in another spelling": (
        {"plugin.json": manifest("api_version", "apiVersion")},
        "plugin.json:5: error: 'apiVersion' means nothing. Did you mean 'api_version'?",
    ),
    "missing name": (
        {"plugin.json": manifest('  "name": "Checked",\n', "")},
        "plugin.json:1: error: name: Field required",
    ),
    "wrong type": (
        {"plugin.json": manifest('"1.0"', "1.0")},
        "plugin.json:4: error: version: Input should be a valid string",
    ),
    "wrong item of a list": (
        {"plugin.json": manifest('"1.0",', '"1.0",\n  "capabilities": [\n    "ui",\n    5\n  ],')},
        "plugin.json:7: error: capabilities.1: Input should be a valid string",
    ),
    "id of a built-in": (
        {"plugin.json": manifest("demo.checked", "faceforge.thumbnails")},
        "plugin.json:2: error: id: names that begin with 'faceforge.'",
    ),
    "id under which no code runs": (
        {"plugin.json": manifest("demo.checked", "My Plugin")},
        "plugin.json:2: error: id: code runs only under lower-case words",
    ),
    "id with a slash": ({"plugin.json": manifest("demo.checked", "demo/checked")}, "plugin.json:2: error: id: "),
    "no version": (
        {"plugin.json": manifest('  "version": "1.0",\n', "")},
        "plugin.json:1: warning: There is no version",
    ),
    "code without api_version": (
        {"plugin.json": manifest('  "api_version": 1,\n', "")},
        "plugin.json:5: error: entrypoints.python counts only with",
    ),
    "api_version of tomorrow": (
        {"plugin.json": manifest("1,", "99,")},
        "plugin.json:5: error: api_version: this Core has version",
    ),
    "module that is not there": (
        {"plugin.json": manifest('"plugin"', '"plugins"')},
        "plugin.json:6: error: entrypoints.python: there is no plugins.py. Did you mean 'plugin'?",
    ),
    "core_compat that is no range": (
        {"plugin.json": manifest('"1.0",', '"1.0",\n  "core_compat": "new ones",')},
        "plugin.json:5: error: core_compat 'new ones' is not a range",
    ),
    "core_compat without this Core": (
        {"plugin.json": manifest('"1.0",', '"1.0",\n  "core_compat": ">=99",')},
        "plugin.json:5: warning: core_compat leaves out this Core",
    ),
    "key of built-ins": (
        {"plugin.json": manifest('"1.0",', '"1.0",\n  "essential": true,')},
        "plugin.json:5: warning: 'essential' counts for built-ins only.",
    ),
    "schema that is none": (
        {"plugin.json": schema('{\n    "properties": {\n      "a": {"type": "txt"}\n    }\n  }')},
        "plugin.json:8: error: config_schema is no valid JSON Schema 2020-12: properties/a/type",
    ),
    "pattern that can hang": (
        {"plugin.json": schema('{"pattern": "(?=a)"}')},
        "plugin.json:6: error: config_schema: The pattern",
    ),
    "secret that is shown": (
        {"plugin.json": schema('{\n    "properties": {\n      "api_key": {"type": "string"}\n    }\n  }')},
        "plugin.json:8: warning: config_schema: api_key looks like a secret",
    ),
    "default that does not fit": (
        {"plugin.json": schema('{\n    "properties": {\n      "n": {"type": "integer", "default": "x"}\n    }\n  }')},
        'plugin.json:8: error: config_schema: the default "x" of n does not fit',
    ),
    "syntax": ({"plugin.py": "a = 1\ndef (\n"}, "plugin.py:2: error: "),
    "syntax of a test": ({"test_plugin.py": "def ("}, "test_plugin.py:1: error: "),
    "hook that is none": (
        {"plugin.py": HOOK + "def register_routes(ctx):\n    return []\n"},
        "plugin.py:5: error: There is no hook 'register_routes'. Did you mean 'register_routers'?",
    ),
    "hook that is like no other": (
        {"plugin.py": HOOK + "def paint(ctx):\n    return []\n"},
        "plugin.py:5: error: There is no hook 'paint'.",
    ),
    "hook under a second name": (
        {
            "plugin.py": HOOK.replace("@hookimpl", '@hookimpl(specname="register_navitems")')
            + "def mine(ctx):\n    return []\n"
        },
        "plugin.py:5: error: There is no hook 'register_navitems'. Did you mean 'register_nav_items'?",
    ),
    "hook that is not marked": (
        {"plugin.py": "def register_routers(ctx):\n    return []\n"},
        "plugin.py:1: warning: register_routers is not marked with @hookimpl",
    ),
    "unknown argument": (
        {"plugin.py": HOOK + "def register_routers(context):\n    return []\n"},
        "plugin.py:5: error: register_routers has no argument 'context'; it gets ctx.",
    ),
    "default in a hook": (
        {"plugin.py": HOOK + "def register_routers(ctx=None):\n    return []\n"},
        "plugin.py:5: error: register_routers: hooks have no parameters with defaults.",
    ),
    "keyword-only in a hook": (
        {"plugin.py": HOOK + "def register_routers(ctx, *, more):\n    return []\n"},
        "plugin.py:5: error: register_routers: hooks have no keyword-only",
    ),
    "async hook": (
        {"plugin.py": HOOK + "async def register_routers(ctx):\n    return []\n"},
        "plugin.py:5: error: register_routers: hooks are plain functions, not async.",
    ),
    "wrapper": (
        {
            "plugin.py": HOOK.replace("@hookimpl", "@hookimpl(wrapper=True)")
            + "def register_routers(ctx):\n    return (yield)\n"
        },
        "plugin.py:5: error: register_routers: hook wrappers",
    ),
    "lifespan that is a bare generator": (
        {"plugin.py": HOOK + "def lifespan(ctx):\n    yield\n"},
        "plugin.py:5: error: lifespan is a generator without @contextmanager",
    ),
    "absolute import of itself": (
        {"plugin.py": "import helpers\n", "helpers.py": ""},
        "plugin.py:1: error: helpers is a module of the plugin: import it relatively, from .helpers",
    ),
    "absolute import from a folder of it": (
        {"deep/part.py": "from helpers import x\n", "helpers.py": "x = 1\n"},
        "deep/part.py:1: error: helpers is a module of the plugin: import it relatively, from ..helpers",
    ),
    "import of the kernel": (
        {"plugin.py": "from faceforge_core.kernel import Kernel\n"},
        "plugin.py:1: warning: faceforge_core.kernel is the kernel",
    ),
    "name that the SDK has not": (
        {"plugin.py": "from faceforge_sdk import NavItems\n"},
        "plugin.py:1: error: faceforge_sdk has no 'NavItems'. Did you mean 'NavItem'?",
    ),
    "template that can't be parsed": ({"templates/a.html": "<p>\n{% if x %}\n</p>"}, "templates/a.html:"),
    "filter that is none": (
        {"templates/a.html": "\n{{ x|shout }}"},
        "templates/a.html:2: error: No filter named 'shout'",
    ),
    "filter that Core took away": (
        {"templates/a.html": "{{ x|safe }}"},
        "templates/a.html:1: error: No filter named 'safe'",
    ),
    "template that extends none": (
        {"templates/a.html": '{% extends "layuot.html" %}', "templates/layout.html": ""},
        "templates/a.html:1: error: There is no templates/layuot.html. Did you mean 'layout.html'?",
    ),
    "template that is no text": ({"templates/a.html": "\udcff"}, "templates/a.html:1: error: Not UTF-8"),
    "panel without its template": (
        {
            "plugin.py": "from faceforge_sdk import EntityPanel\n\n\nx = EntityPanel('a', 'A', 'facts.htm', dict)\n",
            "templates/facts.html": "",
        },
        "plugin.py:4: error: There is no templates/facts.htm. Did you mean 'facts.html'?",
    ),
    "secret that is misspelt": (
        {"plugin.json": schema('{"properties": {"key": {"type": "string", "writeonly": true}}}')},
        "plugin.json:6: error: config_schema: 'writeonly' means nothing. Did you mean 'writeOnly'?",
    ),
    "event that nobody tells of": (
        {"plugin.py": "from faceforge_sdk import EventHandler\n\nx = EventHandler('a', 'asset.store', print)\n"},
        "plugin.py:3: warning: Core tells of nothing that is 'asset.store'. Did you mean 'asset.stored'?",
    ),
    "name that Windows has not": ({"data/aux.txt": ""}, "data/aux.txt:1: error: has the name of a device on Windows."),
}


@pytest.mark.parametrize("case", SEEN)
def test_what_can_be_seen_is_told_with_its_line(plugin: Any, case: str) -> None:
    files, expected = SEEN[case]
    report = check(plugin(files), run=False)
    told = [f"{one.path}:{one.line}: {one.level}: {one.message}" for one in report.findings]
    assert any(line.startswith(expected) for line in told), told
    assert bool(report.errors) == any(": error: " in line for line in told)
    assert len(told) <= 2, "one mistake does not become many findings"


def test_a_plugin_without_a_manifest_is_told_so(tmp_path: Path) -> None:
    [finding] = check(tmp_path).findings
    assert (finding.path, finding.message) == ("plugin.json", "is missing: every plugin has a plugin.json.")


def test_the_project_of_a_package_is_told_where_its_plugin_lies(tmp_path: Path) -> None:
    package = tmp_path / "my_package"
    shutil.copytree(EXAMPLES / "packaged" / "faceforge_birthdays", package)
    (package / "panels.py").write_text(
        "from faceforge_sdk import EntityPanel\nx = EntityPanel('a', 'A', 'a.html', dict)\n"
    )
    [finding] = check(tmp_path).findings
    assert (
        finding.message == "is missing: every plugin has a plugin.json. There is one in my_package: check that folder."
    )


# What only shows when it runs -> what is said of it.
RUN: dict[str, tuple[str, str]] = {
    "raises at import": ("x = 1\nraise RuntimeError('not today')\n", "plugin.py:2: error: RuntimeError: not today"),
    "needs what is not here": ("import no_such_module\n", "plugin.py:1: error: ModuleNotFoundError"),
    "raises in a hook": (HOOK + "def register_routers(ctx):\n    return [1 / 0]\n", "plugin.py:6: error: ZeroDivision"),
    "returns something else": (
        HOOK + "def register_routers(ctx):\n    return 5\n",
        "plugin.py:5: error: register_routers returned int",
    ),
    "takes a name of a built-in": (
        NAV + 'def register_nav_items(ctx):\n    return [NavItem("entities", "Mine", "/ui/plugins/x/")]\n',
        "plugin.py:5: error: demo.checked contributes the NavItem 'entities', which faceforge.",
    ),
    "ends the process": (
        "import os\nos._exit(7)\n",
        "plugin.py:1: error: It ended the process that started it, with 7.",
    ),
    "exits": ("import sys\nsys.exit(3)\n", "plugin.py:2: error: SystemExit: 3"),
    "has a job without a model": (
        HOOK.replace("hookimpl\n\n", "JobHandler, hookimpl\nfrom pydantic import BaseModel\n", 1)
        + "def register_job_handlers(ctx):\n    return [JobHandler('a.job', BaseModel, print)]\n",
        "plugin.py:5: error: register_job_handlers: JobHandler.input_model is BaseModel itself; take a model",
    ),
}


@pytest.mark.parametrize("case", RUN)
def test_what_shows_when_it_runs_is_told_with_its_line(plugin: Any, case: str) -> None:
    code, expected = RUN[case]
    [finding] = check(plugin({"plugin.py": code})).findings
    assert f"{finding.path}:{finding.line}: {finding.level}: {finding.message}".startswith(expected)


def test_a_migration_that_is_refused_is_told_with_its_own_line(plugin: Any) -> None:
    code = HOOK + "def register_migrations(ctx):\n    return [Migrations('steps')]\n"
    steps = "CREATE TABLE {prefix}names (name TEXT);\nINSERT INTO {prefix}names SELECT display_name FROM entities;\n"
    folder = plugin({"plugin.py": code.replace("import ", "import Migrations, "), "steps/0001_names.sql": steps})
    [finding] = check(folder).findings
    assert (finding.path, finding.line) == ("steps/0001_names.sql", 2)
    assert "it would read the table entities" in finding.message
    assert "what is Core's comes by ctx.entities" in finding.message


def test_a_type_that_is_imported_for_the_type_checker_only_is_named_with_its_line(plugin: Any) -> None:
    code = """
from __future__ import annotations
from typing import TYPE_CHECKING
from fastapi import APIRouter
from faceforge_sdk import Router, hookimpl
if TYPE_CHECKING:
    from faceforge_sdk.models import Entity

@hookimpl
def register_routers(ctx):
    router = APIRouter()
    @router.get("/first")
    def first() -> Entity: ...
    return [Router(router)]
"""
    [finding] = check(plugin({"plugin.py": code})).findings
    assert (finding.path, finding.line) == ("plugin.py", 12)
    assert finding.message.startswith("register_routers: the types of first (plugin.py, line 12) name Entity")


def test_one_that_hangs_is_ended(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "subprocess", subprocess)
    monkeypatch.setattr(trial, "subprocess", subprocess)
    folder = plugin({"plugin.py": "import time\ndef wait():\n    time.sleep(600)\nwait()\n"})
    [finding] = trial.findings_of(try_out(folder, seconds=15), folder, Manifest.read(folder / "plugin.json"))
    assert (finding.path, finding.line) == ("plugin.py", 3)
    assert "did not start within 15 s" in finding.message


def test_a_thread_that_it_leaves_behind_is_told_with_its_line(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "subprocess", subprocess)
    code = "import threading, time\ndef loop():\n    while True:\n        time.sleep(60)\n"
    start = "def register_nav_items(ctx):\n    threading.Thread(target=loop).start()\n    return []\n"
    [finding] = check(plugin({"plugin.py": code + HOOK + start})).findings
    assert (finding.path, finding.line, finding.level) == ("plugin.py", 4, "warning")
    assert finding.message == "A thread goes on here after the plugin is switched off: end it in lifespan."


def test_one_that_is_slow_to_import_is_told_so(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SLOW_SECONDS", 0.3)
    monkeypatch.setattr(trial, "subprocess", subprocess)
    folder = plugin({"plugin.py": "import time\ntime.sleep(0.7)\n" + HOOK + "def register_nav_items(ctx): return []\n"})
    [finding] = check(folder).findings
    assert (finding.path, finding.level) == ("plugin.py", "warning")
    assert "s to start" in finding.message


def test_one_that_must_be_configured_first_is_not_started(plugin: Any) -> None:
    text = schema('{"type": "object", "required": ["library"]}')
    [finding] = check(plugin({"plugin.json": text, "plugin.py": "raise RuntimeError"})).findings
    assert (finding.level, "library" in finding.message) == ("warning", True)


@pytest.mark.parametrize("example", sorted(path.parent.name for path in EXAMPLES.glob("*/plugin.json")))
def test_the_examples_are_right(example: str, tmp_path: Path) -> None:
    report = check(Path(shutil.copytree(EXAMPLES / example, tmp_path / example)))
    assert report.findings == ()
    assert report.outcome is not None
    assert report.outcome.state == "active"


def test_lines_are_those_of_keys_and_items() -> None:
    text = '{\n "a": {\n  "b": [\n   1,\n   {"c": "}"}\n  ]\n },\n "d:,": null\n}'
    assert json.loads(text)
    assert lines_of(text) == {
        (): 1,
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "b", 0): 4,
        ("a", "b", 1): 5,
        ("a", "b", 1, "c"): 5,
        ("d:,",): 8,
    }
