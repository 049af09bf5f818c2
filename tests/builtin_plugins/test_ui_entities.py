"""The pages of entities as the server makes them."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from starlette.datastructures import FormData, QueryParams

from faceforge_builtins.ui_entities.facts import facts_of
from faceforge_builtins.ui_entities.forms import EntityForm, lines
from faceforge_builtins.ui_entities.listing import PATH, Listing
from faceforge_builtins.ui_entities.notices import notice_of
from faceforge_core.db import search
from faceforge_core.db.engine import Database, Transaction
from faceforge_core.db.statements import prepare
from faceforge_core.web.filters import monogram
from faceforge_sdk.models import Entity
from faceforge_sdk.testing.house import FakeTexts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore
    from faceforge_sdk.models import Plugin

ID = "a" * 64


@pytest.fixture
def create(client: TestClient) -> Callable[..., dict[str, Any]]:
    def make(name: str, **values: Any) -> dict[str, Any]:
        answer = client.post("/v1/entities", json={"display_name": name, **values})
        return dict(answer.raise_for_status().json()["data"])

    return make


def entity(**values: Any) -> Entity:
    start = {"entity_id": ID, "display_name": "Ada", "aliases": [], "tags": [], "fields": {}, "revision": 3}
    return Entity.model_validate({**start, "created_at": "", "updated_at": "", **values})


def test_ids_that_other_tools_made_up_are_shown_like_all_others(client: TestClient, faceforge: RunningCore) -> None:
    insert = prepare(text("INSERT INTO entities (entity_id, display_name) VALUES (:id, 'Grace')"))
    with Database(faceforge.kernel.home.database) as database:

        def work(tx: Transaction) -> None:
            tx.run(insert, id="made by hand")
            search.index_entity(tx, 1, "made by hand", "grace", [])

        database.write(work)
    assert "Grace" in client.get("/ui/entities").text
    assert client.get("/ui/entities/made%20by%20hand").status_code == 200


# --- The list -------------------------------------------------------------------------------------------------------


def test_the_address_says_only_what_differs_from_the_usual() -> None:
    listing = Listing.from_address(QueryParams({"q": "  ada ", "view": "table", "sort": "name", "cursor": "c"}))
    assert listing.address() == f"{PATH}?view=table&q=ada&sort=name"
    assert listing.address(view="gallery", sort="newest", q="") == PATH
    assert listing.address(cursor="n&x") == f"{PATH}?view=table&q=ada&sort=name&cursor=n%26x"


def test_an_address_may_hold_anything(client: TestClient) -> None:
    for query in ("view=cube&sort=by+luck", f"q={'x' * 5000}", "q=%00&tag=%ff", "cursor=" + "c" * 5000, "q=%20"):
        assert client.get(f"{PATH}?{query}").status_code == 200, query[:30]


def test_a_bookmark_into_the_middle_of_another_list_leads_to_its_beginning(client: TestClient) -> None:
    answer = client.get(f"{PATH}?q=ada&cursor=nonsense")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?q=ada")


def test_without_scripts_the_next_page_is_a_link_away(
    client: TestClient, create: Callable[..., dict[str, Any]]
) -> None:
    for number in range(61):
        create(f"Entity {number:02}")
    page = client.get(f"{PATH}?sort=name")
    assert page.text.count('class="card"') == 60
    following = re.search(r'<a class="button" href="([^"]+)" rel="next"', page.text)
    assert following
    last = client.get(html.unescape(following[1]))
    assert (last.text.count('class="card"'), "Entity 60" in last.text, 'rel="next"' in last.text) == (1, True, False)


# --- Creating and editing -------------------------------------------------------------------------------------------


def test_what_was_typed_stays_when_the_name_is_missing(client: TestClient) -> None:
    page = client.post(PATH, data={"display_name": "  ", "aliases": "Countess\nAda", "tags": "math & more"})
    assert page.status_code == 422
    assert "Write a name." in page.text
    assert 'aria-invalid="true"' in page.text
    assert "\nCountess\nAda</textarea>" in page.text
    assert "\nmath &amp; more</textarea>" in page.text
    assert client.get("/v1/entities").json()["data"]["total"] == 0


def test_creating_leads_to_the_new_entity_so_that_a_reload_does_not_create_another(client: TestClient) -> None:
    answer = client.post(PATH, data={"display_name": " Ada ", "tags": "math\n\nmath\r\npoet"})
    assert answer.status_code == 303
    page = client.get(answer.headers["location"])
    assert "Entity created." in page.text
    stored = client.get("/v1/entities").json()["data"]["items"]
    assert [(item["display_name"], item["tags"]) for item in stored] == [("Ada", ["math", "poet"])]


@pytest.mark.parametrize("name", ["display_name", "aliases", "tags"])
def test_a_text_that_json_could_not_hold_is_refused_at_its_field(client: TestClient, name: str) -> None:
    page = client.post(PATH, data={"display_name": "Ada", name: "nul \0 inside"})
    assert page.status_code == 422
    assert f'id="new-{name}-problem" role="alert"' in page.text
    assert client.get("/v1/entities").json()["data"]["total"] == 0


def test_an_edit_changes_only_what_was_touched(client: TestClient, create: Callable[..., dict[str, Any]]) -> None:
    before = create("Ada", aliases=[" with spaces ", "two\nlines"], tags=["b", "a"], fields={"born": 1815})
    path = f"{PATH}/{before['entity_id']}"
    answer = client.post(f"{path}/edit", data={"display_name": "Ada L.", "revision": str(before["revision"])})
    assert answer.headers["location"] == f"{path}?notice=saved"
    after = client.get(f"/v1/entities/{before['entity_id']}").json()["data"]
    assert after["display_name"] == "Ada L."
    assert {key: after[key] for key in ("aliases", "tags", "fields")} == {
        key: before[key] for key in ("aliases", "tags", "fields")
    }


def test_an_empty_field_is_a_wish_to_empty_it() -> None:
    posted = FormData([("display_name", "Ada"), ("tags", ""), ("revision", "3")])
    stored = entity(tags=["math"], aliases=["kept"])
    patch = EntityForm.posted(posted, FakeTexts(), EntityForm.of(stored)).patch(stored)
    assert patch.model_dump(exclude_none=True) == {"tags": []}


def test_saving_over_somebody_elses_change_is_refused_with_both_values(
    client: TestClient, create: Callable[..., dict[str, Any]]
) -> None:
    before = create("Before")
    client.patch(f"/v1/entities/{before['entity_id']}", json={"display_name": "Theirs"}).raise_for_status()
    page = client.post(
        f"{PATH}/{before['entity_id']}/edit", data={"display_name": "Mine", "revision": str(before["revision"])}
    )
    assert page.status_code == 409
    assert 'value="Mine"' in page.text
    assert "Theirs" in page.text
    assert re.search(rf'name="revision" value="{before["revision"] + 1}"', page.text)


def test_deleting_and_restoring_go_through_the_trash(client: TestClient, create: Callable[..., dict[str, Any]]) -> None:
    entity_id = create("Ada")["entity_id"]
    answer = client.post(f"{PATH}/{entity_id}/delete")
    page = client.get(answer.headers["location"])
    assert f'action="{PATH}/trash/{entity_id}/restore"' in page.text
    assert "Ada" in client.get(f"{PATH}/trash").text
    answer = client.post(f"{PATH}/trash/{entity_id}/restore")
    assert answer.headers["location"] == f"{PATH}/{entity_id}?notice=restored"
    answer = client.post(f"{PATH}/trash/{entity_id}/restore")
    assert answer.headers["location"] == f"{PATH}/trash?notice=gone"


def test_lists_in_forms_are_lines_without_repetitions() -> None:
    assert lines(" a \r\n\nb, c\na\u2028b") == ["a", "b, c", "a\u2028b"]


# --- Notices --------------------------------------------------------------------------------------------------------


def test_an_address_can_name_a_notice_and_never_write_one(client: TestClient) -> None:
    """B20"""
    script = '"><img src=x onerror=1>'
    page = client.get(PATH, params={"notice": script, "undo": script, "msg": script})
    assert "<img src=x" not in page.text
    assert notice_of(FakeTexts(), {"notice": script}) is None
    for undo in (script, "../../logout", "A" * 64, "a" * 63):
        shown = notice_of(FakeTexts(), {"notice": "deleted", "undo": undo})
        assert shown is not None
        assert shown.undo is None


# --- Tabs -----------------------------------------------------------------------------------------------------------

PANELS = """
from faceforge_sdk import EntityPanel, hookimpl

def greet(ctx):
    return lambda entity_id: {"name": ctx.entities.get(entity_id).display_name}

def raises(entity_id):
    raise RuntimeError("no palette today")

@hookimpl
def register_entity_panels(ctx):
    return [
        EntityPanel("good", "Good panel", "good.html", greet(ctx)),
        EntityPanel("raising", "Raising panel", "good.html", raises),
        EntityPanel("broken", "Broken panel", "broken.html", lambda entity_id: {}),
    ]
"""


@pytest.fixture
def panels(tmp_path: Path, install_plugin: Callable[[Path], Plugin]) -> Plugin:
    """A stranger's plugin with a good panel, one that raises, and one whose template does."""
    folder = tmp_path / "stranger"
    (folder / "templates").mkdir(parents=True)
    manifest = {"id": "stranger", "name": "Stranger", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(PANELS)
    (folder / "templates" / "good.html").write_text("<p>Hello {{ name }}</p>")
    (folder / "templates" / "broken.html").write_text("{{ nothing.of.that.name }}")
    return install_plugin(folder)


@pytest.mark.usefixtures("panels")
def test_a_panel_that_fails_is_a_card_in_its_own_tab(client: TestClient, create: Callable[..., dict[str, Any]]) -> None:
    path = f"{PATH}/{create('<b>Ada</b>')['entity_id']}"
    assert "<p>Hello &lt;b&gt;Ada&lt;/b&gt;</p>" in client.get(f"{path}?tab=good").text
    for tab, title in (("raising", "Raising panel"), ("broken", "Broken panel")):
        page = client.get(f"{path}?tab={tab}")
        assert page.status_code == 200
        assert f"“{title}” could not be shown." in page.text
        assert "<code>stranger</code>" in page.text
        assert "no palette today" not in page.text
    assert "could not be shown" not in client.get(path).text


def test_our_own_tabs_come_through_the_hook_and_an_unknown_one_is_the_first(
    client: TestClient, faceforge: RunningCore, create: Callable[..., dict[str, Any]]
) -> None:
    path = f"{PATH}/{create('Ada', fields={'born': 1815})['entity_id']}"
    titles = re.compile(r'<a class="tab"[^>]*>([^<]+)</a>')
    assert titles.findall(client.get(path).text) == ["Overview", "Attachments", "Relationships"]
    assert "1815" in client.get(f"{path}?tab=nonsense").text
    assert faceforge.kernel.plugins.get("faceforge.ui_entities").contributions["EntityPanel"] == 3


def test_without_the_plugin_its_pages_are_gone_and_sign_in_stays(client: TestClient, faceforge: RunningCore) -> None:
    faceforge.kernel.plugins.disable("faceforge.ui_entities")
    assert client.get(PATH).status_code == 404
    assert client.get("/ui/login").status_code == 200


# --- Attachments ----------------------------------------------------------------------------------------------------


def test_removing_a_file_keeps_its_role_for_undo(client: TestClient, create: Callable[..., dict[str, Any]]) -> None:
    entity_id = create("Ada")["entity_id"]
    upload = client.post("/v1/assets/upload", files={"file": ("a.txt", b"a", "text/plain")})
    asset_id = upload.json()["data"]["asset_id"]
    client.post(f"/v1/entities/{entity_id}/assets/{asset_id}", json={"role": "diary & notes"}).raise_for_status()
    page = client.get(f"{PATH}/{entity_id}?tab=attachments")
    assert 'name="role" value="diary &amp; notes"' in page.text

    path = f"{PATH}/{entity_id}/attachments/{asset_id}"
    answer = client.post(f"{path}/unlink", data={"role": "diary & notes"})
    page = client.get(answer.headers["location"])
    assert f'action="{path}/link"' in page.text
    assert 'name="role" value="diary &amp; notes"' in page.text
    client.post(f"{path}/link", data={"role": "diary & notes"})
    linked = client.get(f"/v1/entities/{entity_id}/assets").json()["data"]["items"]
    assert [(asset["asset_id"], asset["role"]) for asset in linked] == [(asset_id, "diary & notes")]


def test_a_picture_becomes_the_cover_and_gives_way_again(
    client: TestClient, create: Callable[..., dict[str, Any]]
) -> None:
    entity_id = create("Ada")["entity_id"]
    ids = []
    for name, content_type in (("first.png", "image/png"), ("second.png", "image/png"), ("notes.txt", "text/plain")):
        content = (b"\x89PNG\r\n\x1a\n" if content_type == "image/png" else b"") + name.encode()
        upload = client.post("/v1/assets/upload", files={"file": (name, content, content_type)})
        ids.append(upload.json()["data"]["asset_id"])
        client.post(f"/v1/entities/{entity_id}/assets/{ids[-1]}").raise_for_status()
    first, second, notes = ids
    path = f"{PATH}/{entity_id}"

    def cover_in(page: str) -> str:
        portrait = page.split('id="cover"')[1].split("</div>", maxsplit=1)[0]
        (asset_id,) = re.findall(r"/v1/assets/([0-9a-f]{64})/thumbnail", portrait)
        return str(asset_id)

    page = client.get(f"{path}?tab=attachments").text
    assert cover_in(page) == second
    assert f'action="{path}/attachments/{notes}/cover"' not in page
    assert f'action="{path}/attachments/{first}/cover"' in page

    page = client.get(client.post(f"{path}/attachments/{first}/cover").headers["location"]).text
    assert "Cover chosen." in page
    assert cover_in(page) == first
    assert cover_in(client.get(path).text) == first
    assert f'action="{path}/attachments/{first}/cover"' not in page

    assert f'action="{path}/cover/clear"' in page
    page = client.get(client.post(f"{path}/cover/clear").headers["location"]).text
    assert cover_in(page) == second
    assert client.post(f"{path}/attachments/{notes}/cover").status_code == 422


# --- Words and letters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("ada", "A"),
        ("Guido van Rossum", "GR"),
        ("山田 太郎", "山太"),
        ("🦊 Fox", "F"),
        ("🦊", "🦊"),
    ],
)
def test_a_monogram_is_the_first_letter_of_the_first_and_last_word(name: str, letters: str) -> None:
    assert monogram(name) == letters


def test_facts_are_words_and_only_what_lies_deep_is_json() -> None:
    facts = facts_of(
        {"hair_color": "red", "left": False, "langs": ["en", None], "deep": {"a": {"b": {"c": 1}}}, "x": []}
    )
    assert [fact.label for fact in facts] == ["Hair color", "Left", "Langs", "Deep", "X"]
    assert [fact.value.kind for fact in facts] == ["text", "no", "list", "facts", "none"]
    assert facts[3].value.facts[0].value.facts[0].value.text == '{\n  "c": 1\n}'
