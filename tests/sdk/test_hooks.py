"""The hooks: documented with their exact signature, shown by an example that runs, and changed only knowingly."""

from __future__ import annotations

import ast
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from PIL import Image

from faceforge_sdk import API_VERSION, EntityPanel, NavItem, S3Endpoint, SettingsTrial, Thumbnailer
from faceforge_sdk.events import EventType

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
HOOKSPECS = ROOT / "kernel" / "faceforge_core" / "hookspecs.py"
SNAPSHOT = Path(__file__).with_name("hook_signatures.json")
PAGE = (ROOT / "sdk" / "HOOKS.md").read_text(encoding="utf-8")
CHAPTERS = ("A plugin in three minutes", "Which hook for what", "The rules", "Testing a plugin")
SECTIONS = {title: part for part in PAGE.split("\n## ")[1:] if (title := part.partition("\n")[0]) not in CHAPTERS}


def signatures() -> dict[str, str]:
    """Each hook's signature as it stands in the source."""
    functions = [
        node for node in ast.parse(HOOKSPECS.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)
    ]
    return {
        one.name: f"def {one.name}({ast.unparse(one.args)}) -> {ast.unparse(one.returns)}"
        for one in functions
        if one.returns
    }


HOOKS = sorted(signatures())


def example(hook: str) -> str:
    """The last block of Python in a hook's section."""
    return re.findall(r"```python\n(.*?)```", SECTIONS[hook], re.DOTALL)[-1]


def test_the_section_about_events_lists_every_type_once() -> None:
    rows = re.findall(r"^\| (`.*?) \|", SECTIONS["register_event_handlers"], re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`(\w+\.\w+)`", row)]
    assert sorted(listed) == sorted(get_args(EventType))


@pytest.fixture
def enable_example(faceforge: Any) -> Callable[..., Any]:
    """Puts the example of a hook into the home and enables it."""

    def enable(hook: str, entry_point: str = "plugin", **files: str) -> Any:
        folder = faceforge.kernel.home.plugins_dir / hook
        manifest = {"id": f"demo.{hook}", "name": hook, "api_version": 1, "entrypoints": {"python": entry_point}}
        for path, text in {"plugin.json": json.dumps(manifest), "plugin.py": example(hook), **files}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        row = faceforge.kernel.plugins.enable(f"demo.{hook}")
        assert row.state == "active", row.error
        return row

    return enable


@pytest.fixture
def anna(client: Any) -> str:
    return str(client.post("/v1/entities", json={"display_name": "Anna"}).json()["data"]["entity_id"])


def upload(client: Any, content: bytes, filename: str, mime_type: str, kind: str = "file") -> dict[str, Any]:
    answer = client.post("/v1/assets/upload", params={"kind": kind}, files={"file": (filename, content, mime_type)})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def test_signatures_change_only_together_with_the_api_version() -> None:
    snapshot = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert snapshot == {"api_version": API_VERSION, "hooks": signatures()}, (
        "A hook changed. Adding an argument or a hook is safe for plugins: write the snapshot anew. For anything else "
        "raise API_VERSION too."
    )


def test_every_hook_has_a_section_and_every_section_a_hook() -> None:
    assert sorted(SECTIONS) == HOOKS


def test_whoever_looks_for_a_hook_finds_it_by_what_it_is_for() -> None:
    table = PAGE.partition("## Which hook for what\n")[2].partition("\n## ")[0]
    assert set(HOOKS) <= {name for name, place in re.findall(r"\[`(\w+)`\]\(#(\w+)\)", table) if name == place}


def test_every_link_to_the_reference_leads_to_a_place_there() -> None:
    reference = (ROOT / "sdk" / "REFERENCE.md").read_text(encoding="utf-8")
    places = {f"#{name}" for name in re.findall(r'<a id="([^"]+)">', reference)}
    places |= {f"#{title.lower().replace(' ', '-')}" for title in re.findall(r"^## (.+)$", reference, re.MULTILINE)}
    linked = re.findall(r"\]\(REFERENCE\.md([^)]*)\)", PAGE)
    assert len(linked) > 5
    assert set(linked) - {""} <= places


@pytest.mark.parametrize("hook", HOOKS)
def test_a_section_shows_the_exact_signature_and_when_the_hook_is_called(hook: str) -> None:
    assert f"\n```python\n{signatures()[hook]}\n```\n" in SECTIONS[hook]
    assert "Called" in SECTIONS[hook]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_says_since_when_it_exists(hook: str) -> None:
    from faceforge_core import hookspecs

    assert re.search(r"Added in SDK \d+\.", str(getattr(hookspecs, hook).__doc__))


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_implemented_by_a_built_in(hook: str) -> None:
    sources = (ROOT / "builtin_plugins").rglob("*.py")
    assert any(
        re.search(rf"@hookimpl.*?\bdef {hook}\(", text.read_text(encoding="utf-8"), re.DOTALL) for text in sources
    )


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test_that_runs_its_example(hook: str) -> None:
    assert f"test_{hook}" in globals()


def test_lifespan(enable_example: Any, client: Any) -> None:
    enable_example("lifespan", "plugin:Plugin")
    assert client.get("/v1/plugins/demo.lifespan/square/12").json()["data"] == 144


def test_register_migrations(enable_example: Any, client: Any, anna: str) -> None:
    [sql] = re.findall(r"```sql\n(.*?)```", SECTIONS["register_migrations"], re.DOTALL)
    enable_example("register_migrations", **{"migrations/0001_visits.sql": sql})
    address = f"/v1/plugins/demo.register_migrations/visits/{anna}"
    assert [client.post(address).json()["data"] for _ in range(3)] == [1, 2, 3]
    assert client.post("/v1/plugins/demo.register_migrations/visits/nobody").status_code == 404
    client.delete(f"/v1/entities/{anna}")
    assert client.delete(f"/v1/trash/entities/{anna}").status_code == 200
    assert client.post("/v1/plugins/demo.register_migrations/disable").json()["data"]["state"] == "disabled"
    enabled = client.post("/v1/plugins/demo.register_migrations/enable").json()["data"]
    assert (enabled["state"], enabled["contributions"]) == ("active", {"Migrations": 1, "Router": 1})


def test_register_routers(enable_example: Any, client: Any, anna: str) -> None:
    enable_example("register_routers")
    assert client.get(f"/v1/plugins/demo.register_routers/greeting/{anna}").json()["data"] == "Hello, Anna!"
    assert client.get("/v1/plugins/demo.register_routers/greeting/nobody").status_code == 404


def test_register_nav_items(enable_example: Any, faceforge: Any) -> None:
    enable_example("register_nav_items")
    items = [one.value for one in faceforge.kernel.plugins.contributed(NavItem)]
    assert NavItem("demo.palettes", "Palettes", "/ui/plugins/demo.register_nav_items/palettes", order=550) in items
    page = faceforge.client.get("/ui/entities", headers={"accept": "text/html"})
    assert "Palettes" in page.text


def test_register_entity_panels(enable_example: Any, faceforge: Any, anna: str) -> None:
    enable_example("register_entity_panels", **{"templates/letters.html": "<p>{{ letters }} letters</p>"})
    panels = {one.value.id: one for one in faceforge.kernel.plugins.contributed(EntityPanel)}
    panel = panels["demo.letters"]
    assert panel.call(lambda: panel.value.load(anna)) == {"letters": 4}


def test_register_storage_providers(enable_example: Any, client: Any) -> None:
    enable_example("register_storage_providers")
    enable_example("register_storage_rules")
    asset = upload(client, b"a model", "face.obj", "model/obj", kind="model")
    assert asset["storage_provider"] == "drawer"
    assert client.get(f"/v1/assets/{asset['asset_id']}/download").content == b"a model"


def test_register_storage_rules(enable_example: Any, client: Any) -> None:
    enable_example("register_storage_rules")
    enable_example("register_storage_providers")
    assert upload(client, b"a model", "face.obj", "model/obj", kind="model")["storage_provider"] == "drawer"
    assert upload(client, b"a text", "a.txt", "text/plain")["storage_provider"] == "fs"
    client.post("/v1/plugins/demo.register_storage_providers/disable")
    assert upload(client, b"another model", "face.obj", "model/obj", kind="model")["storage_provider"] == "fs"


def test_register_s3_endpoints(enable_example: Any, faceforge: Any) -> None:
    enable_example("register_s3_endpoints")
    [endpoint] = [
        one.value for one in faceforge.kernel.plugins.contributed(S3Endpoint) if one.value.name == "demo.attic"
    ]
    assert (endpoint.url, endpoint.access_key, endpoint.ready()) == ("http://127.0.0.1:9000", "an access key", True)
    assert "key" not in repr(endpoint).replace("access_key", "").replace("secret_key", "")


def test_register_asset_extractors(enable_example: Any, faceforge: Any, client: Any) -> None:
    enable_example("register_asset_extractors")
    asset = upload(client, b"one\ntwo\n\fthree zebras\n", "a.dat", "application/octet-stream")

    def read() -> Any:
        found = client.get(f"/v1/assets/{asset['asset_id']}").json()["data"]
        return found if found["meta"] else None

    found = faceforge.wait_for(read)
    named = {"Source": "LineCounter", "Type": "JsonMetadata", "Name": None, "NameHashes": None}
    assert found["meta"]["metadata"] == [{**named, "Data": {"lines": 4}}]
    assert (found["facts"]["media_type"], found["facts"]["page_count"]) == ("text/plain", 2)
    hits = client.get("/v1/assets", params={"q": "zebras"}).json()["data"]["items"]
    assert [one["asset_id"] for one in hits] == [asset["asset_id"]]


def test_register_thumbnailers(enable_example: Any, faceforge: Any, client: Any) -> None:
    enable_example("register_thumbnailers")
    names = [one.value.name for one in faceforge.kernel.plugins.contributed(Thumbnailer)]
    assert "demo.teal" in names
    asset = upload(client, b"whatever", "a.demo", "text/x-demo")
    address = f"/v1/assets/{asset['asset_id']}/thumbnail"
    answer = faceforge.wait_for(lambda: found if (found := client.get(address)).status_code == 200 else None)
    assert Image.open(io.BytesIO(answer.content)).size == (256, 128)


def test_register_health_checks(enable_example: Any, faceforge: Any, client: Any) -> None:
    enable_example("register_health_checks")

    def letter_box() -> Any:
        items = client.get("/v1/system/health").json()["data"]["items"]
        return next(item for item in items if item["name"] == "demo.letters")

    assert letter_box() == {
        "name": "demo.letters",
        "plugin_id": "demo.register_health_checks",
        "status": "ok",
        "summary": "The letter box has room.",
        "advice": None,
        "facts": {"letters": "0"},
    }
    folder = faceforge.kernel.home.plugin_data_dir / "demo.register_health_checks"
    folder.mkdir(parents=True)
    for number in range(4):
        (folder / f"{number}.letter").touch()
    assert (letter_box()["status"], letter_box()["advice"]) == ("warning", "Empty it.")


def test_register_settings_trials(enable_example: Any, faceforge: Any) -> None:
    enable_example("register_settings_trials")
    [trial] = [
        one for one in faceforge.kernel.plugins.contributed(SettingsTrial) if one.value.name == "demo.letter-box"
    ]
    wrong = trial.call(lambda: trial.value.attempt({"address": "box"}))
    assert (wrong.status, wrong.summary % wrong.values) == ("error", "box is no address of a letter box.")
    assert trial.call(lambda: trial.value.attempt({"address": "https://box", "key": None})).status == "warning"
    assert trial.call(lambda: trial.value.attempt({"address": "https://box", "key": "k"})).status == "ok"


def test_register_job_handlers(enable_example: Any, faceforge: Any) -> None:
    enable_example("register_job_handlers")
    job = faceforge.run_job("demo.count", {"numbers": [1, 2, 3]})
    assert (job.status, job.result, job.progress_percent) == ("succeeded", {"total": 6}, 100)


def test_register_event_handlers(enable_example: Any, faceforge: Any, client: Any) -> None:
    enable_example("register_event_handlers")
    entity_id = client.post("/v1/entities", json={"display_name": "Berta"}).json()["data"]["entity_id"]
    note = faceforge.kernel.home.plugin_data_dir / "demo.register_event_handlers" / entity_id
    faceforge.wait_for(lambda: note.is_file() and note.read_text() == "entity.created")


def test_register_commands(enable_example: Any, client: Any) -> None:
    enable_example("register_commands")
    address = "/v1/plugins/demo.register_commands/commands"
    assert [one["name"] for one in client.get(address).json()["data"]["items"]] == ["greet"]

    def greet(**given: Any) -> Any:
        return client.post(f"{address}/greet", json={"input": given})

    assert greet(name="Ada", loud="true").json()["data"] == {"output": "HELLO, ADA!"}
    refused = greet(name=" ")
    assert (refused.status_code, refused.json()["error"]["message"]) == (422, "Nobody is called so.")
    assert greet(name="Ada", quiet=True).json()["error"]["message"].startswith("The input of the command 'greet'")
    assert client.post(f"{address}/nothing", json={}).status_code == 404


def test_register_field_types(enable_example: Any, client: Any, anna: str) -> None:
    enable_example("register_field_types")

    def define(**facts: Any) -> Any:
        return client.post("/v1/admin/field-defs", json={"field_key": "eyes", "field_type": "Demo.Color", **facts})

    def describe(value: Any) -> Any:
        return client.post(f"/v1/entities/{anna}/descriptors", json={"field_key": "eyes", "value": value})

    assert "The palette must be a list of colours." in define(options={"palette": "blue"}).json()["error"]["message"]
    assert define(options={"palette": ["#1e90ff", "#228b22"]}).status_code == 200
    assert describe("blue").json()["error"]["details"]["errors"] == ["The value must be a colour like #1e90ff."]
    assert describe("#ff0000").json()["error"]["details"]["errors"] == ["The palette has no #ff0000."]
    assert describe("#1e90ff").json()["data"]["value"] == "#1e90ff"
