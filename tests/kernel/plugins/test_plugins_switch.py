"""Plugins switched on and off while everything else goes on, each with its own failures."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.plugins.starting import CRASHED, NO_CONSENT, SAFE_MODE
from faceforge_core.refusals import StartRefused
from faceforge_sdk import JobHandler, NavItem
from faceforge_sdk.errors import Conflict, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GREETER = """
from fastapi import APIRouter
from faceforge_sdk import Router, hookimpl
from .helpers import GREETING

router = APIRouter()

@router.get("/greet")
def greet():
    return {"greeting": GREETING}

@hookimpl
def register_routers(ctx):
    return [Router(router)]
"""

HOOK = "from faceforge_sdk import hookimpl\n@hookimpl\n"
BROKEN = {
    "syntax": ("def (:", "invalid syntax"),
    "raises": ("raise RuntimeError('boom at import')", "boom at import"),
    "exits": ("import sys; sys.exit(3)", "SystemExit"),
    "recursion": ("def f(): f()\nf()", "RecursionError"),
    "missing dependency": ("import not_a_module_at_all", "not_a_module_at_all"),
    "missing entry point": (None, "No module named"),
    "unknown hook": (HOOK + "def register_routerz(ctx): return []", "There is no hook"),
    "unknown argument": (HOOK + "def register_routers(ctx, nonsense): return []", "nonsense"),
    "default": (HOOK + "def register_routers(ctx=None): return []", "parameters with defaults (ctx)"),
    "keyword only": (HOOK + "def register_routers(ctx, *, more): return []", "keyword-only"),
    "hook raises": (HOOK + "def register_routers(ctx): raise ValueError('late')", "late"),
    "hook exits": (HOOK + "def register_routers(ctx): raise SystemExit(1)", "SystemExit"),
    "generator raises": (
        HOOK + "def register_routers(ctx):\n    yield from ()\n    raise ValueError('mid-yield')",
        "mid-yield",
    ),
    "returns a number": (HOOK + "def register_routers(ctx): return 5", "register_routers returned int"),
    "returns nothing": (HOOK + "def register_routers(ctx): pass", "register_routers returned nothing"),
    "returns a text": (HOOK + "def register_nav_items(ctx): return 'abc'", "register_nav_items returned str"),
    "yields for ever": (
        "import itertools\nfrom faceforge_sdk import NavItem\n"
        + HOOK
        + "def register_nav_items(ctx): return (NavItem(str(n), 't', '/ui/x') for n in itertools.count())",
        "more than 1000",
    ),
    "junk among values": (HOOK + "def register_nav_items(ctx): return [object()]", "not a NavItem"),
    "wrong field": (
        "from faceforge_sdk import NavItem\n" + HOOK + "def register_nav_items(ctx): return [NavItem('a', 5, '/ui/x')]",
        "NavItem.title is not str",
    ),
    "not callable": (
        "from faceforge_sdk import EventHandler\n"
        + HOOK
        + "def register_event_handlers(ctx): return [EventHandler('a', 'asset.stored', None)]",
        "EventHandler.handle is not Callable",
    ),
    "twice the same name": (
        "from faceforge_sdk import NavItem\n"
        + HOOK
        + "def register_nav_items(ctx): return [NavItem('a', 'A', '/ui/x'), NavItem('a', 'A', '/ui/x')]",
        "already provides",
    ),
    "async": (HOOK + "async def register_routers(ctx): return []", "not async"),
    "async generator": (HOOK + "async def register_routers(ctx): yield 1", "not async"),
    "hidden coroutine": (
        "async def work(): return []\n" + HOOK + "def register_routers(ctx): return work()",
        "returned a coroutine",
    ),
    "wrapper": (
        "from faceforge_sdk import hookimpl\n@hookimpl(wrapper=True)\ndef register_routers(ctx):\n    return (yield)",
        "wrappers",
    ),
    "old wrapper": (
        "from faceforge_sdk import hookimpl\n@hookimpl(hookwrapper=True)\ndef register_routers(ctx):\n    yield",
        "wrappers",
    ),
    "lifespan without context manager": (HOOK + "def lifespan(ctx): yield", "is @contextmanager missing?"),
    "lifespan fails": (
        "from contextlib import contextmanager\n" + HOOK + "@contextmanager\ndef lifespan(ctx):\n    1/0\n    yield",
        "ZeroDivisionError",
    ),
    "model without schema": (
        "from collections.abc import Callable\nfrom fastapi import APIRouter\nfrom pydantic import BaseModel\n"
        "from faceforge_sdk import Router\nclass Bad(BaseModel):\n    cb: Callable[[int], int] | None = None\n"
        "router = APIRouter()\n@router.post('/bad')\ndef bad(x: Bad): return {}\n"
        + HOOK
        + "def register_routers(ctx): return [Router(router)]",
        "PydanticInvalidForJsonSchema",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_its_own_error_and_nobody_elses(house: Any, kind: str) -> None:
    code, reason = BROKEN[kind]
    house.plugin("good.one", plugin=GREETER, helpers="GREETING = 'hi'")
    house.plugin(
        "bad.one", **({} if code is None else {"plugin": code}), manifest={"entrypoints": {"python": "plugin"}}
    )
    house.start()
    house.plugins.enable("good.one")
    before = house.generation

    row = house.plugins.enable("bad.one")

    assert row.enabled
    assert row.state == "error"
    assert row.error is not None
    assert reason in f"{row.error.summary}\n{row.error.traceback}"
    assert "Traceback" in str(row.error.traceback)
    assert house.generation is before
    assert house.get("/v1/plugins/good.one/greet").json() == {"greeting": "hi"}
    assert house.modules("bad.one") == []
    assert house.plugins.disable("bad.one").state == "disabled"
    assert house.events[-2:] == ["plugin.failed bad.one", "plugin.disabled bad.one"]


def test_a_plugin_answers_from_enabling_to_disabling(house: Any) -> None:
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.plugin("other.plugin", plugin=GREETER, helpers="GREETING = 'ho'")
    house.start()
    assert house.get("/v1/plugins/demo.plugin/greet").status_code == 404

    assert house.plugins.enable("demo.plugin").state == "active"
    assert house.plugins.enable("other.plugin").contributions == {"Router": 1}
    assert house.get("/v1/plugins/demo.plugin/greet").json() == {"greeting": "hi"}
    assert house.get("/v1/plugins/other.plugin/greet").json() == {"greeting": "ho"}
    assert "/v1/plugins/demo.plugin/greet" in house.get("/openapi.json").json()["paths"]

    assert house.plugins.disable("demo.plugin").state == "disabled"
    assert house.get("/v1/plugins/demo.plugin/greet").status_code == 404
    assert house.get("/v1/plugins/other.plugin/greet").status_code == 200

    assert house.plugins.enable("demo.plugin").state == "active"
    assert house.get("/v1/plugins/demo.plugin/greet").json() == {"greeting": "hi"}
    assert house.events == [
        "plugin.enabled demo.plugin",
        "plugin.enabled other.plugin",
        "plugin.disabled demo.plugin",
        "plugin.enabled demo.plugin",
    ]


def test_rule_3_after_disabling_all_is_as_if_it_had_never_been(house: Any) -> None:
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    page, contributed = house.get("/openapi.json").json(), house.contributions()

    house.plugins.enable("demo.plugin")
    assert house.get("/openapi.json").json() != page
    house.plugins.disable("demo.plugin")

    assert house.get("/openapi.json").json() == page
    assert house.contributions() == contributed
    assert house.modules("demo.plugin") == []


def test_toggling_a_hundred_times_leaves_nothing_behind(house: Any) -> None:
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    house.plugins.enable("demo.plugin")
    house.plugins.disable("demo.plugin")
    modules, threads = len(sys.modules), threading.active_count()
    for _ in range(100):
        assert house.plugins.enable("demo.plugin").state == "active"
        assert house.plugins.disable("demo.plugin").state == "disabled"
    assert (len(sys.modules), threading.active_count()) == (modules, threads)


def test_wish_and_state_survive_a_restart(house: Any) -> None:
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    house.plugins.enable("demo.plugin")
    house.restart()
    assert house.plugins.get("demo.plugin").state == "active"
    house.plugins.disable("demo.plugin")
    house.restart()
    assert house.plugins.get("demo.plugin").state == "disabled"


def test_a_start_composes_one_generation_of_all_plugins(house: Any) -> None:
    for name in "abc":
        house.plugin(f"{name}.one", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    for name in "abc":
        house.plugins.enable(f"{name}.one")
    house.restart()
    assert house.generation.number == 1
    assert [one.plugin_id for one in house.generation.active] == ["a.one", "b.one", "c.one"]


def test_one_failing_composition_at_start_is_traced_to_its_plugin(house: Any) -> None:
    for name in "abc":
        house.plugin(f"{name}.one", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    for name in "abc":
        house.plugins.enable(f"{name}.one")
    house.unservable = "b.one"
    house.restart()
    assert [house.plugins.get(f"{name}.one").state for name in "abc"] == ["active", "error", "active"]
    assert house.get("/v1/plugins/c.one/greet").status_code == 200


def test_a_plugin_that_cannot_be_served_leaves_the_old_generation_serving(house: Any) -> None:
    house.plugin("a.one", plugin=GREETER, helpers="GREETING = 'hi'")
    house.plugin("b.one", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    house.plugins.enable("a.one")
    house.unservable = "b.one"
    assert house.plugins.enable("b.one").state == "error"
    assert house.get("/v1/plugins/a.one/greet").status_code == 200
    assert house.plugins.get("b.one").contributions == {}


def test_what_was_fixed_on_disk_works_at_the_next_enabling(house: Any) -> None:
    folder = house.plugin("demo.plugin", plugin=GREETER)
    house.start()
    assert house.plugins.enable("demo.plugin").state == "error"
    (folder / "helpers.py").write_text("GREETING = 'one'")
    assert house.plugins.enable("demo.plugin").state == "active"
    house.plugins.disable("demo.plugin")
    (folder / "helpers.py").write_text("GREETING = 'two'")  # same size, same second: bytecode caches would miss it
    house.plugins.enable("demo.plugin")
    assert house.get("/v1/plugins/demo.plugin/greet").json() == {"greeting": "two"}
    assert not list(folder.rglob("*.pyc"))


LIFESPAN = """
from contextlib import contextmanager
from faceforge_sdk import hookimpl

def note(ctx, text):
    with (ctx.data_dir.parent / "trace").open("a") as trace:
        trace.write(f"{text} {ctx.plugin_id}\\n")

@hookimpl
@contextmanager
def lifespan(ctx):
    note(ctx, "enter")
    yield
    note(ctx, "leave")
"""


def test_a_lifespan_is_entered_on_enabling_and_left_after_the_swap(house: Any) -> None:
    house.plugin("res.one", plugin=LIFESPAN)
    house.start()
    house.plugins.enable("res.one")
    assert house.trace() == ["enter res.one"]
    house.plugins.disable("res.one")
    assert house.trace() == ["enter res.one", "drain res.one", "leave res.one"]


def test_closing_leaves_lifespans_in_reverse_order_and_past_failures(house: Any) -> None:
    for name in "abc":
        house.plugin(f"{name}.one", plugin=LIFESPAN.replace("yield", "yield\n    if 'b' in ctx.plugin_id: 1 / 0"))
    house.start()
    for name in "abc":
        house.plugins.enable(f"{name}.one")
    house.switch.close()
    assert house.trace()[3:] == ["leave c.one", "leave a.one"]


def test_a_lifespan_is_left_again_when_a_later_hook_fails(house: Any) -> None:
    house.plugin("res.one", plugin=LIFESPAN + "\n@hookimpl\ndef register_nav_items(ctx): 1 / 0\n")
    house.start()
    assert house.plugins.enable("res.one").state == "error"
    assert house.trace() == ["enter res.one", "leave res.one"]


def test_a_lifespan_that_fails_to_end_asks_for_a_restart(house: Any) -> None:
    house.plugin("res.one", plugin=LIFESPAN.replace("yield", "yield\n    1 / 0"))
    house.start()
    house.plugins.enable("res.one")
    row = house.plugins.disable("res.one")
    assert (row.state, row.restart_required) == ("disabled", True)


def test_a_job_that_does_not_stop_asks_for_a_restart(house: Any) -> None:
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    house.plugins.enable("demo.plugin")
    house.drains = False
    assert house.plugins.disable("demo.plugin").restart_required


NAMED = """
from faceforge_sdk import JobHandler, NoInput, hookimpl

@hookimpl
def register_job_handlers(ctx):
    yield JobHandler("same.job", NoInput, print)
"""


def test_a_taken_name_is_the_newcomers_error_and_names_both(house: Any) -> None:
    house.plugin("a.one", plugin=NAMED)
    house.plugin("b.one", plugin=NAMED)
    house.start()
    house.plugins.enable("a.one")
    row = house.plugins.enable("b.one")
    assert row.state == "error"
    assert row.error.summary == "b.one contributes the JobHandler 'same.job', which a.one already provides."
    assert [owned.plugin_id for owned in house.generation.all(JobHandler)] == ["a.one"]


def test_contributions_come_by_order_then_owner(house: Any) -> None:
    item = "from faceforge_sdk import NavItem\n" + HOOK + "def register_nav_items(ctx): return [NavItem({})]"
    house.plugin("c.one", plugin=item.format("'c', 'C', '/ui/c', order=10"))
    house.plugin("b.one", plugin=item.format("'b', 'B', '/ui/b'"))
    house.plugin("a.one", plugin=item.format("'a', 'A', '/ui/a'"))
    house.start()
    for name in "abc":
        house.plugins.enable(f"{name}.one")
    assert [owned.value.id for owned in house.generation.all(NavItem)] == ["c", "a", "b"]


def test_a_manifest_only_plugin_becomes_active_without_code(house: Any) -> None:
    folder = house.plugin("My Plugin Ü")
    (folder / "static").mkdir()
    house.start()
    assert house.plugins.enable("My Plugin Ü").state == "active"
    assert house.generation.static_folders == {"My Plugin Ü": folder / "static"}
    assert house.plugins.disable("My Plugin Ü").state == "disabled"
    assert house.generation.static_folders == {}


def test_p10_nothing_is_imported_before_it_is_enabled(house: Any) -> None:
    code = "from pathlib import Path\nPath(__file__).with_name('was-here').touch()"
    folder = house.plugin("lazy.one", plugin=code, __init__=code)
    house.start()
    house.plugins.list()
    house.restart()
    assert not (folder / "was-here").exists()
    house.plugins.enable("lazy.one")
    assert (folder / "was-here").exists()


def test_p11_an_enabled_plugin_that_was_removed_stays_known(house: Any) -> None:
    folder = house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    house.plugins.enable("demo.plugin")
    house.plugins.configure("demo.plugin", {"kept": True})
    house.remove(folder)
    house.restart()
    row = house.plugins.get("demo.plugin")
    assert (row.discovered, row.enabled, row.state, row.config) == (False, True, "disabled", {"kept": True})
    with pytest.raises(NotFound):
        house.plugins.enable("demo.plugin")
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.restart()
    assert house.plugins.get("demo.plugin").state == "active"


def test_a_plugin_whose_folder_vanishes_while_it_runs_can_be_disabled(house: Any) -> None:
    folder = house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    house.plugins.enable("demo.plugin")
    house.remove(folder)
    assert [(row.state, row.discovered) for row in house.plugins.list().items] == [("active", False)]
    assert house.plugins.disable("demo.plugin").state == "disabled"


def test_a_folder_put_there_while_core_runs_is_found_by_the_next_call(house: Any) -> None:
    house.start()
    assert house.plugins.list().items == []
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    assert [row.plugin_id for row in house.plugins.list().items] == ["demo.plugin"]
    house.plugin("late.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    assert house.plugins.enable("late.plugin").state == "active"


def test_what_v019_enabled_runs_no_code_until_enabled_again(house: Any) -> None:
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.sql("INSERT INTO plugin_registry (plugin_id, enabled, config_json) VALUES ('demo.plugin', 1, '{}')")
    house.start()
    row = house.plugins.get("demo.plugin")
    assert (row.enabled, row.state, row.error.summary) == (True, "error", NO_CONSENT)
    assert house.plugins.enable("demo.plugin").state == "active"
    house.restart()
    assert house.plugins.get("demo.plugin").state == "active"


def test_a_manifest_only_plugin_that_grows_code_asks_again(house: Any) -> None:
    folder = house.plugin("demo.plugin")
    house.start()
    house.plugins.enable("demo.plugin")
    house.remove(folder)
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.restart()
    assert house.plugins.get("demo.plugin").error.summary == NO_CONSENT


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ({"core_compat": ">=0.1 <0.2"}, "works with Core >=0.1 <0.2; this is 0.2.0"),
        ({"core_compat": "whenever"}, "not a range of versions"),
        ({"api_version": 2}, "version 2 of the SDK"),
    ],
)
def test_a_plugin_for_another_core_is_not_started(house: Any, manifest: dict[str, Any], reason: str) -> None:
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'", manifest=manifest)
    house.start()
    row = house.plugins.enable("demo.plugin")
    assert row.state == "error"
    assert reason in row.error.summary


def test_a_plugin_that_ended_the_process_is_skipped_until_enabled_again(house: Any) -> None:
    folder = house.plugin("boom.one", plugin="")
    house.start()
    house.plugins.enable("boom.one")
    (folder / "plugin.py").write_text("raise KeyboardInterrupt")  # ends the process, as os._exit would, with its marker
    with pytest.raises(KeyboardInterrupt):
        house.restart()
    house.restart()
    row = house.plugins.get("boom.one")
    assert (row.enabled, row.state, row.error.summary) == (True, "error", CRASHED)
    (folder / "plugin.py").write_text("")
    assert house.plugins.enable("boom.one").state == "active"
    house.restart()
    assert house.plugins.get("boom.one").state == "active"


def test_safe_mode_starts_no_strangers(house: Any) -> None:
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    house.plugins.enable("demo.plugin")
    house.safe_mode = True
    house.restart()
    row = house.plugins.get("demo.plugin")
    assert (row.enabled, row.state, row.error.summary) == (True, "disabled", SAFE_MODE)
    assert house.modules("demo.plugin") == []


def test_two_houses_in_one_process_keep_their_plugins_apart(house: Any, second_house: Any) -> None:
    for one, greeting in ((house, "first"), (second_house, "second")):
        one.plugin("demo.plugin", plugin=GREETER, helpers=f"GREETING = {greeting!r}")
        one.start()
        one.plugins.enable("demo.plugin")
    assert house.get("/v1/plugins/demo.plugin/greet").json() == {"greeting": "first"}
    assert second_house.get("/v1/plugins/demo.plugin/greet").json() == {"greeting": "second"}
    house.plugins.disable("demo.plugin")
    assert second_house.get("/v1/plugins/demo.plugin/greet").json() == {"greeting": "second"}


def test_python_is_left_as_it_was(house: Any) -> None:
    path, finders = list(sys.path), list(sys.meta_path)
    house.plugin("demo.plugin", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    house.plugins.enable("demo.plugin")
    assert sys.path == path
    assert "plugin" not in sys.modules
    assert "helpers" not in sys.modules
    house.close()
    assert sys.meta_path == finders
    assert house.modules("demo.plugin") == []


def test_p08_a_plugins_routes_stay_below_its_own_prefix(house: Any) -> None:
    house.plugin(
        "greedy.one",
        plugin="from fastapi import APIRouter\nfrom faceforge_sdk import Router\nrouter = APIRouter()\n"
        "@router.get('/{anything:path}')\ndef grab(anything: str): return anything\n"
        + HOOK
        + "def register_routers(ctx): return [Router(router, prefix='/v1')]",
    )
    house.start()
    house.plugins.enable("greedy.one")
    assert house.get("/v1/entities").status_code == 404
    assert house.get("/ui/login").status_code == 404
    assert house.get("/v1/plugins/greedy.one/v1/entities").json() == "entities"


def test_in_flight_requests_survive_disabling(house: Any, gate: Any) -> None:
    house.plugin(
        "slow.one",
        plugin="from fastapi import APIRouter\nfrom faceforge_sdk import Router\nrouter = APIRouter()\n"
        "@router.get('/slow')\ndef slow():\n    import test_gate\n    test_gate.entered.set()\n"
        "    return test_gate.go.wait(120)\n" + HOOK + "def register_routers(ctx): return [Router(router)]",
    )
    house.start()
    house.plugins.enable("slow.one")
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(house.get("/v1/plugins/slow.one/slow").json()))
    thread.start()
    assert gate.entered.wait(60)
    house.plugins.disable("slow.one")
    assert house.get("/v1/plugins/slow.one/slow").status_code == 404
    gate.go.set()
    thread.join()
    assert answers == [True]


def test_an_essential_built_in_cannot_be_disabled_and_alone_stops_the_start(house: Any) -> None:
    house.builtin("faceforge.core_thing", essential=True, code="")
    house.start()
    with pytest.raises(Conflict):
        house.plugins.disable("faceforge.core_thing")
    house.builtin("faceforge.core_thing", essential=True, code="raise RuntimeError('no')")
    with pytest.raises(StartRefused, match=r"faceforge\.core_thing"):
        house.restart()


def test_another_built_in_may_fail_and_be_disabled(house: Any) -> None:
    house.builtin("faceforge.extra", essential=False, code="raise RuntimeError('no')")
    house.start()
    assert house.plugins.get("faceforge.extra").state == "error"
    assert house.plugins.disable("faceforge.extra").state == "disabled"
    house.restart()
    assert house.plugins.get("faceforge.extra").state == "disabled"


def test_an_installed_package_is_found_without_importing_and_loaded_on_enabling(house: Any) -> None:
    name = house.package("packed.one", GREETER, helpers="GREETING = 'packed'")
    house.start()
    row = house.plugins.get("packed.one")
    assert (row.source, row.state) == ("package", "disabled")
    assert name not in sys.modules
    assert house.plugins.enable("packed.one").state == "active"
    assert house.get("/v1/plugins/packed.one/greet").json() == {"greeting": "packed"}


def test_no_request_fails_while_plugins_are_switched(house: Any) -> None:
    house.plugin("a.one", plugin=GREETER, helpers="GREETING = 'hi'")
    house.plugin("b.one", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()
    house.plugins.enable("a.one")
    answers: list[int] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            answers.append(house.get("/v1/plugins/a.one/greet").status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(20):
        house.plugins.enable("b.one")
        house.plugins.disable("b.one")
    house.wait_until(lambda: len(answers) > 5)
    done.set()
    thread.join()
    assert set(answers) == {200}


def test_wishes_of_several_at_once_are_done_one_after_the_other(house: Any) -> None:
    for name in "abcd":
        house.plugin(f"{name}.one", plugin=GREETER, helpers="GREETING = 'hi'")
    house.start()

    def toggle(name: str) -> None:
        for _ in range(5):
            house.plugins.enable(f"{name}.one")
            house.plugins.disable(f"{name}.one")
        house.plugins.enable(f"{name}.one")

    threads = [threading.Thread(target=toggle, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.plugin_id for one in house.generation.active] == ["a.one", "b.one", "c.one", "d.one"]
    assert house.generation.number == 1 + 4 * 11


def test_the_list_can_be_read_while_a_plugin_takes_its_time_to_start(house: Any, gate: Any) -> None:
    house.plugin("slow.one", plugin="import test_gate\ntest_gate.entered.set()\ntest_gate.go.wait(120)")
    house.start()
    thread = threading.Thread(target=house.plugins.enable, args=("slow.one",))
    thread.start()
    assert gate.entered.wait(60)
    assert [row.state for row in house.plugins.list().items] == ["disabled"]
    gate.go.set()
    thread.join()
    assert house.plugins.get("slow.one").state == "active"


def test_closing_does_not_wait_for_a_lifespan_that_hangs(
    house: Any, gate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceforge_core.plugins.switch.CLOSE_SECONDS", 0.2)
    house.plugin("res.one", plugin=LIFESPAN.replace("yield", "yield\n    import test_gate\n    test_gate.go.wait(120)"))
    house.start()
    house.plugins.enable("res.one")
    started = time.monotonic()
    house.switch.close()
    assert time.monotonic() - started < 60
    gate.go.set()


def test_closing_does_not_wait_for_a_plugin_that_hangs_while_it_is_enabled(
    house: Any, gate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceforge_core.plugins.switch.CLOSE_SECONDS", 0.2)
    house.plugin("slow.one", plugin="import test_gate\ntest_gate.entered.set()\ntest_gate.go.wait(120)")
    house.start()
    thread = threading.Thread(target=house.plugins.enable, args=("slow.one",))
    thread.start()
    assert gate.entered.wait(60)
    started = time.monotonic()
    house.switch.close()
    assert time.monotonic() - started < 60
    gate.go.set()
    thread.join()


def test_a_core_whose_process_a_plugin_ended_starts_without_it(run_python: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "plugins" / "boom"
    folder.mkdir(parents=True)
    manifest = '{"id": "boom.one", "name": "Boom", "api_version": 1, "entrypoints": {"python": "plugin"}}'
    (folder / "plugin.json").write_text(manifest)
    (folder / "plugin.py").write_text("import os\nos._exit(9)\n")
    core = "import sys\nfrom pathlib import Path\nfrom faceforge_core.kernel import Kernel\n"
    core += "with Kernel(Path(sys.argv[1]), environ={}) as kernel:\n    "
    assert run_python(core + "kernel.plugins.enable('boom.one')", tmp_path).returncode == 9
    again = run_python(core + "print(kernel.plugins.get('boom.one').error.summary)", tmp_path)
    assert again.stdout.strip() == CRASHED, again.stderr
