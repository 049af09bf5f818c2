"""The settings of plugins over HTTP, as a form and as JSON; installing and removing plugins."""

from __future__ import annotations

import io
import json
import re
import zipfile
from functools import partial
from hashlib import sha256
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from .plugin_pages import HTML, PALETTE, card, page, put_plugin, said, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore

    Make = Callable[..., Path]

SCHEMA = {
    "type": "object",
    "required": ["name", "loud"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "title": "Name of the palette", "description": "Shown above.", "minLength": 2},
        "count": {"type": "integer", "minimum": 1, "default": 8, "title": "Colours"},
        "loud": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "token": {"type": "string", "writeOnly": True},
        "odd": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    },
}
PICKY = """
from faceforge_sdk import hookimpl


@hookimpl
def register_routers(ctx):
    assert ctx.config.get("name") != "Bad", "not that"
    return []
"""


@pytest.fixture
def make(faceforge: RunningCore) -> Make:
    """``make("demo.palette", config_schema=SCHEMA, code=PAGES)``: see `put_plugin`."""
    return partial(put_plugin, faceforge)


@pytest.fixture
def palette(make: Make) -> str:
    """The address of the page of a plugin with settings."""
    make("demo.palette", config_schema=SCHEMA)
    return PALETTE


def config_of(core: RunningCore, plugin_id: str = "demo.palette") -> Any:
    """As stored, secrets included."""
    return core.kernel.plugins._records.known()[plugin_id].config


def problems(html: str) -> dict[str, str]:
    """The sentences at the fields, by the names of the fields."""
    of = {}
    for problem_id, sentence in re.findall(
        r'<(?:p|div) class="problem" id="([^"]*)"[^>]*>(.*?)</(?:p|div)>', html, re.DOTALL
    ):
        name = re.search(rf'name="([^"]*)"[^>]*aria-describedby="[^"]*\b{re.escape(problem_id)}', html)
        of[name[1] if name else problem_id] = said(sentence)
    return of


# --- Settings as a form


def typed(**fields: Any) -> dict[str, Any]:
    """What the form of `SCHEMA` sends, filled in well unless told otherwise."""
    return {"/name": "Warm", "/count": "", "/loud": "true", "rows:/tags": "", "/token": "", "/odd": "", **fields}


def test_the_form_shows_what_the_schema_says(palette: str, client: TestClient) -> None:
    html = page(client, palette)
    text = words(html)
    assert "Name of the palette required Shown above." in text
    assert "Colours Default: 8" in text
    assert re.search(r'type="number"[^>]*min="1" step="1" placeholder="8"', html)
    assert 'role="switch"' in html
    assert 'type="password"' in html


def test_saving_keeps_types_and_leaves_out_what_is_empty(
    palette: str, client: TestClient, faceforge: RunningCore
) -> None:
    answer = client.post(palette, data=typed(**{"rows:/tags": ["", "0"], "/tags/0": "sky"}), headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{palette}?notice=saved&plugin=demo.palette")
    assert config_of(faceforge) == {"name": "Warm", "loud": True, "tags": ["sky"]}
    assert "Settings saved." in page(client, answer.headers["location"])


@pytest.mark.parametrize(
    ("fields", "name", "sentence"),
    [
        ({"/count": "abc"}, "/count", "Write a number, like 36 or 1.75."),
        ({"/count": "0"}, "/count", "This has to be 1 or more."),
        ({"/name": "W"}, "/name", "Write at least 2 characters."),
        ({"/name": ""}, "/name", "Please fill this in."),
        ({"/odd": "{"}, "/odd", "Line 1, column 2: a key in double quotes is missing."),
    ],
)
def test_p06_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    palette: str, client: TestClient, faceforge: RunningCore, fields: dict[str, str], name: str, sentence: str
) -> None:
    answer = client.post(palette, data=typed(**{"rows:/tags": ["", "0"], "/tags/0": "kept"}) | fields, headers=HTML)
    assert answer.status_code == 422
    html = unescape(answer.text)
    assert problems(html) == {name: sentence}
    assert 'value="kept"' in html
    assert 'value="abc"' in html or "/count" not in fields or fields["/count"] != "abc"
    assert "demo.palette" not in faceforge.kernel.plugins._records.known() or config_of(faceforge) == {}


def test_p06_a_switch_that_was_not_sent_is_told_and_a_field_that_is_unknown_too(
    palette: str, client: TestClient
) -> None:
    fields = typed()
    del fields["/loud"]
    answer = client.post(palette, data=fields, headers=HTML)
    assert answer.status_code == 422
    assert problems(unescape(answer.text)) == {"/loud": "Please fill this in."}
    answer = client.post(palette, data=typed(**{"/nonsense": "1"}), headers=HTML)
    assert answer.status_code == 422
    assert "The form holds “/nonsense”, which is none of the plugin’s settings." in words(answer.text)


def test_rows_come_and_go_without_scripts_and_nothing_is_stored_by_it(
    palette: str, client: TestClient, faceforge: RunningCore
) -> None:
    more = client.post(palette, data=typed(**{"/name": "", "add": "/tags"}), headers=HTML)
    assert more.status_code == 200
    html = unescape(more.text)
    assert 'name="/tags/0"' in html
    assert "autofocus" in html
    assert problems(html) == {}
    rows = {"rows:/tags": ["", "0", "1"], "/tags/0": "a", "/tags/1": "b"}
    fewer = unescape(client.post(palette, data=typed(**rows, remove="/tags/0"), headers=HTML).text)
    assert ('name="/tags/0"' in fewer, 'name="/tags/1"' in fewer) == (False, True)
    assert config_of(faceforge) == {}


def test_a_secret_is_never_shown_and_kept_or_cleared(palette: str, client: TestClient, faceforge: RunningCore) -> None:
    client.post(palette, data=typed(**{"/token": "sesame"}))
    assert config_of(faceforge)["token"] == "sesame"
    html = page(client, palette)
    assert "sesame" not in html
    assert "It is set." in html
    client.post(palette, data=typed(**{"/name": "Cold"}))
    assert config_of(faceforge) == {"name": "Cold", "loud": True, "token": "sesame"}
    client.post(palette, data=typed(**{"clear:/token": "1"}))
    assert config_of(faceforge) == {"name": "Warm", "loud": True}


def test_settings_that_changed_meanwhile_are_not_overwritten_unseen(
    palette: str, client: TestClient, faceforge: RunningCore
) -> None:
    seen = re.search(r'name="seen" value="(\w+)"', page(client, palette))
    assert seen is not None
    faceforge.kernel.plugins.configure("demo.palette", {"name": "Other", "loud": False})
    answer = client.post(palette, data=typed(seen=seen[1]), headers=HTML)
    assert answer.status_code == 422
    assert "The settings were changed elsewhere since this page was opened." in words(answer.text)
    assert 'value="Warm"' in answer.text
    again = re.search(r'name="seen" value="(\w+)"', answer.text)
    assert again is not None
    assert client.post(palette, data=typed(seen=again[1])).status_code == 303


def test_what_the_schema_does_not_name_is_kept_and_told(make: Make, client: TestClient, faceforge: RunningCore) -> None:
    make("demo.palette", config_schema=SCHEMA | {"additionalProperties": True})
    faceforge.kernel.plugins.configure("demo.palette", {"name": "Warm", "loud": True, "secret plan": [1.0]})
    assert "to be seen as JSON alone: secret plan" in words(page(client, PALETTE))
    client.post(PALETTE, data=typed(**{"/name": "Cold"}))
    assert config_of(faceforge) == {"name": "Cold", "loud": True, "secret plan": [1.0]}


def test_an_active_plugin_that_breaks_on_its_new_settings_says_so(
    make: Make, client: TestClient, faceforge: RunningCore
) -> None:
    make("demo.palette", PICKY, config_schema=SCHEMA)
    client.post(f"{PALETTE}/enable")
    answer = client.post(PALETTE, data=typed(**{"/name": "Bad"}))
    assert "AssertionError: not that" in page(client, answer.headers["location"])


@pytest.mark.parametrize(
    "name", ["storage_s3", "storage_routing", "exiftool", "seaweedfs", "housekeeping", "bulk_import"]
)
def test_every_built_in_with_settings_shows_them_as_a_form_with_words_at_each(client: TestClient, name: str) -> None:
    html = page(client, f"/ui/plugin-settings/faceforge.{name}")
    schema = json.loads(client.get("/v1/plugins").text)["data"]["items"]
    [properties] = [row["config_schema"]["properties"] for row in schema if row["plugin_id"] == f"faceforge.{name}"]
    for part in properties.values():
        assert part["title"] in html
    assert "This is written as JSON." not in html


def test_a_form_of_a_built_in_that_nobody_touched_changes_nothing(client: TestClient, faceforge: RunningCore) -> None:
    address = "/ui/plugin-settings/faceforge.storage_routing"
    before = faceforge.kernel.plugins.config("faceforge.storage_routing").config
    assert client.post(address, data={"rows:/kind_map": ""}).status_code == 303
    assert faceforge.kernel.plugins.config("faceforge.storage_routing").config == before
    rows = {"rows:/kind_map": ["", "0"], "key:/kind_map/0": "video", "/kind_map/0": "fs"}
    assert client.post(address, data=rows).status_code == 303
    assert faceforge.kernel.plugins.config("faceforge.storage_routing").config == before | {"kind_map": {"video": "fs"}}


# --- Settings as JSON


def test_json_tells_line_and_column_and_what_the_schema_refuses(palette: str, client: TestClient) -> None:
    def refused(text: str) -> str:
        answer = client.post(f"{palette}/json", data={"config": text}, headers=HTML)
        assert answer.status_code == 422
        assert text in unescape(answer.text)
        return problems(unescape(answer.text))["config"]

    assert refused('{\n  "name" "Warm"\n}') == "Line 2, column 10: a colon is missing."
    assert refused("[]") == "The settings have to be one JSON object, in braces."
    assert refused('{"name": 5, "loud": true}') == "name is not of type string."
    answer = client.post(f"{palette}/json", data={"config": '{\n  "name" "Warm"\n}'}, headers=HTML)
    assert 'data-offset="11"' in answer.text


def test_json_is_stored_as_typed(palette: str, client: TestClient, faceforge: RunningCore) -> None:
    answer = client.post(f"{palette}/json", data={"config": '{"name": "Warm",\r\n "loud": false, "odd": 1}'})
    assert answer.headers["location"] == f"{palette}/json?notice=saved&plugin=demo.palette"
    assert config_of(faceforge) == {"name": "Warm", "loud": False, "odd": 1}
    assert '"odd": 1' in page(client, f"{palette}/json")


def test_a_plugin_without_a_schema_or_with_one_that_no_form_can_say_has_json_alone(
    make: Make, client: TestClient
) -> None:
    make("demo.palette")
    assert "does not say which settings it has" in words(page(client, PALETTE))
    make("demo.odd", config_schema={"type": "object", "patternProperties": {"^x": {}}})
    text = words(page(client, "/ui/plugin-settings/demo.odd"))
    assert "of a shape that no form can show" in text
    assert client.post("/ui/plugin-settings/demo.odd", data={}).status_code == 303


def test_a_built_in_without_settings_says_so(client: TestClient) -> None:
    assert "It has no settings." in words(page(client, "/ui/plugin-settings/faceforge.jobs_api"))


def test_there_is_no_page_of_a_plugin_that_never_was(client: TestClient) -> None:
    for below in ("", "/json", "/remove"):
        page(client, f"/ui/plugin-settings/nobody{below}", 404)


# --- Installing and removing


def archive(plugin_id: str = "demo.palette", **manifest: Any) -> bytes:
    facts = {"id": plugin_id, "name": "Palette", "version": "1.4", "api_version": 1, "permissions": ["network"]}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("palette/plugin.json", json.dumps(facts | {"entrypoints": {"python": "plugin"}} | manifest))
        file.writestr("palette/plugin.py", "")
    return out.getvalue()


def install(client: TestClient, content: bytes, name: str = "palette.zip") -> Any:
    return client.post("/ui/plugin-install", files={"file": (name, content, "application/zip")}, headers=HTML)


def test_installing_shows_what_came_and_leaves_it_off(client: TestClient, faceforge: RunningCore) -> None:
    content = archive()
    answer = install(client, content)
    assert answer.status_code == 200
    text = words(answer.text)
    assert "“Palette” is installed" in text
    assert "Version 1.4" in text
    assert "2 files" in text
    assert "Asks for: network" in text
    assert sha256(content).hexdigest() in text
    assert 'aria-checked="false"' in answer.text
    assert not faceforge.kernel.plugins.get("demo.palette").enabled
    again = install(client, archive(version="1.5"))
    assert "Version 1.5 in place of 1.4" in words(again.text)


def test_what_cannot_be_installed_is_told_at_the_file(client: TestClient) -> None:
    broken = install(client, b"no archive")
    assert broken.status_code == 422
    assert set(problems(unescape(broken.text))) == {"file"}
    ours = install(client, archive("faceforge.ui_shell"))
    assert ours.status_code in {409, 422}
    assert set(problems(unescape(ours.text))) == {"file"}


def test_without_a_file_nothing_is_installed(client: TestClient) -> None:
    answer = client.post("/ui/plugin-install", data={"file": ""}, headers=HTML)
    assert answer.status_code == 422
    assert problems(unescape(answer.text)) == {"file": "Choose a file."}
    assert "ZIP or wheel" in words(page(client, "/ui/plugin-install"))


def test_removing_names_the_plugin_and_its_files_first(palette: str, client: TestClient) -> None:
    (text,) = re.findall(r"<p>(Remove[^<]*)</p>", page(client, f"{palette}/remove"))
    assert text == "Remove “Palette” and its 1 file? Its data and settings stay."
    assert "Remove “Palette” and its 1 file?" in page(client, palette)
    page(client, "/ui/plugin-settings/faceforge.jobs_api/remove", 404)


def test_a_removed_plugin_is_gone_and_its_settings_stay(
    palette: str, client: TestClient, faceforge: RunningCore
) -> None:
    faceforge.kernel.plugins.configure("demo.palette", {"name": "Warm", "loud": True})
    answer = client.post(f"{palette}/remove", headers=HTML)
    assert answer.status_code == 303
    html = page(client, answer.headers["location"])
    assert "is removed." in html
    assert "Its files are gone." in card(html, "demo.palette")
    assert not (faceforge.kernel.home.plugins_dir / "demo.palette").exists()
    assert config_of(faceforge) == {"name": "Warm", "loud": True}
