"""The page of fields over HTTP: the list, its order, the form of each type, and what a change does to values."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_sdk.models import DescriptorDraft, EntityDraft, FieldDefDraft

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore
    from faceforge_sdk.models import FieldDef

PATH = "/ui/settings/fields"


@pytest.fixture
def define(faceforge: RunningCore) -> Callable[..., FieldDef]:
    """Defines a field: ``define("born", "date", label="Born")``."""

    def make(key: str, field_type: str = "string", **facts: Any) -> FieldDef:
        draft = {"field_key": key, "field_type": field_type, **facts}
        return faceforge.kernel.services.field_defs.create(FieldDefDraft.model_validate(draft))

    return make


def text_of(page: str) -> str:
    """A page's text as people read it: without markup, spaces as one."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def show(client: TestClient, path: str = PATH) -> str:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


def names(client: TestClient) -> list[str]:
    return [unescape(name) for name in re.findall(r'class="field-name"[^>]*>([^<]*)<', client.get(PATH).text)]


def post(client: TestClient, path: str, status: int = 303, **form: Any) -> Any:
    answer = client.post(path, data=form)
    assert answer.status_code == status, answer.text
    return answer


def defined(core: RunningCore, key: str) -> FieldDef:
    [found] = [one for one in core.kernel.services.field_defs.list() if one.field_key == key]
    return found


def value(core: RunningCore, key: str, stored: Any) -> str:
    ada = core.kernel.services.entities.create(EntityDraft(display_name="Ada"))
    core.kernel.services.descriptors.create(ada.entity_id, DescriptorDraft(field_key=key, value=stored))
    return ada.entity_id


# --- The list


def test_the_list_says_each_type_in_words_and_how_many_values_there_are(
    faceforge: RunningCore, client: TestClient, define: Callable[..., FieldDef]
) -> None:
    define("date_of_birth", "date", required=True)
    define("eyes", "options", label="Eye <colour>", options={"options": ["brown"]}, multiple=True)
    define("source", scope="entity", enforced=True)
    define("grade", scope="school_report")
    value(faceforge, "date_of_birth", "1815")
    page = show(client)
    assert "Date of birth date_of_birth Date required 1815-12-10 1 value" in page
    assert "Eye <colour> eyes One of several words several values brown no values" in page
    assert page.index("Own fields") < page.index("Source source Text in one line checked")
    assert "School report Facts in the group “school_report”. Grade" in page
    assert 'href="/ui/entities?descriptor.date_of_birth.exists=true"' in client.get(PATH).text


def test_fields_move_by_one_and_by_a_whole_order(client: TestClient, define: Callable[..., FieldDef]) -> None:
    ids = {key: define(key, label=key).field_def_id for key in ("a", "b", "c")}
    answer = post(client, f"{PATH}/order", up=ids["c"])
    assert answer.headers["location"] == f"{PATH}#field-{ids['c']}"
    assert names(client) == ["a", "c", "b"]
    post(client, f"{PATH}/order", down=ids["a"])
    assert names(client) == ["c", "a", "b"]
    post(client, f"{PATH}/order", up=ids["c"])
    assert names(client) == ["c", "a", "b"]
    post(client, f"{PATH}/order", ids=[ids["b"], ids["a"], ids["c"]])
    assert names(client) == ["b", "a", "c"]
    assert "notice=gone" in post(client, f"{PATH}/order", up="nobody").headers["location"]


def test_a_deleted_field_comes_back_by_undo_unless_its_key_is_taken(
    client: TestClient, define: Callable[..., FieldDef]
) -> None:
    made = define("born", label="Born")
    place = post(client, f"{PATH}/{made.field_def_id}/delete").headers["location"]
    page = client.get(place).text
    assert "Field moved to the trash." in page
    assert f'action="{PATH}/{made.field_def_id}/restore"' in page
    assert names(client) == []
    post(client, f"{PATH}/{made.field_def_id}/restore")
    assert names(client) == ["Born"]
    post(client, f"{PATH}/{made.field_def_id}/delete")
    define("born")
    taken = post(client, f"{PATH}/{made.field_def_id}/restore").headers["location"]
    assert "another field has its key" in client.get(taken).text


# --- The form


def test_a_field_is_made_with_all_that_its_type_takes(faceforge: RunningCore, client: TestClient) -> None:
    post(
        client,
        f"{PATH}/new",
        label="Eye Colour (Left)",
        type="enum",
        **{"choice-0": "brown", "choice-1": " blue ", "choice-2": "", "choice-3": "brown"},
        required="1",
        default="blue",
        help="As in\r\nthe passport",
    )
    made = defined(faceforge, "eye_colour_left")
    assert (made.label, made.scope, made.required, made.help) == (
        "Eye Colour (Left)", "descriptor", True, "As in\nthe passport",
    )  # fmt: skip
    assert (made.options, made.default) == ({"options": ["brown", "blue"]}, "blue")
    post(client, f"{PATH}/new", label="Age", key="age", type="int", least="0", most="120", default="36")
    assert (defined(faceforge, "age").options, defined(faceforge, "age").default) == ({"min": 0, "max": 120}, 36)
    post(client, f"{PATH}/new", key="sites", type="url", multiple="1", default="https://a.example\r\nhttps://b.example")
    assert defined(faceforge, "sites").default == ["https://a.example", "https://b.example"]
    post(client, f"{PATH}/new", label="Source", scope="entity", type="string", enforced="1", pattern="[A-Z].*")
    own = defined(faceforge, "source")
    assert (own.scope, own.enforced, own.regex) == ("entity", True, "[A-Z].*")
    orders = [one.order for one in faceforge.kernel.services.field_defs.list("descriptor")]
    assert sorted(orders) == [0, 1, 2]


@pytest.mark.parametrize(
    ("typed", "name", "sentence"),
    [
        ({"label": ""}, "label", "Write a name."),
        ({"type": "enum"}, "choices", "Write at least one word to choose."),
        ({"type": "int", "least": "x"}, "bounds", "Write a number, like 36 or 1.75."),
        ({"type": "int", "least": "2", "most": "1"}, "bounds", "The smallest number is larger than the largest."),
        ({"type": "int", "most": "1", "default": "2"}, "default", "The value must be at most 1."),
        ({"type": "bool", "default": "perhaps"}, "default", "Write Yes or No."),
        ({"pattern": "("}, "pattern", "missing"),
        ({"more": "[1]"}, "more", "Write a JSON object"),
        ({"more": "{\n1}"}, "more", "line 2, column 1"),
        ({"type": "nonsense"}, "type", "No active plugin knows the type"),
        ({"key": "taken"}, "key", "Another field has this key."),
    ],
)
def test_what_is_wrong_is_said_at_its_place_and_nothing_typed_is_lost(
    faceforge: RunningCore,
    client: TestClient,
    define: Callable[..., FieldDef],
    typed: dict[str, str],
    name: str,
    sentence: str,
) -> None:
    define("taken")
    answer = post(client, f"{PATH}/new", 422, **{"label": "Some field", "type": "string", "help": "kept", **typed})
    found = re.search(rf'id="{name}-problem"[^>]*>([^<]*)<', answer.text)
    assert found, answer.text
    assert sentence in unescape(found[1])
    assert f'aria-describedby="{name}-hint {name}-problem" aria-invalid="true"' in answer.text or name in {
        "choices",
        "type",
    }
    assert ">\nkept</textarea>" in answer.text
    assert len(faceforge.kernel.services.field_defs.list()) == 1


def test_choices_are_added_and_removed_without_scripts(client: TestClient) -> None:
    typed = {"type": "enum", "choice-0": "brown", "choice-1": "blue"}
    more = post(client, f"{PATH}/new", 200, **typed, **{"more-choices": "1"}).text
    assert re.findall(r'name="choice-\d" value="([^"]*)"', more) == ["brown", "blue", ""]
    fewer = post(client, f"{PATH}/new", 200, **typed, remove="0").text
    assert re.findall(r'name="choice-\d" value="([^"]*)"', fewer) == ["blue"]


@pytest.mark.parametrize(
    ("pattern", "sample", "said"),
    [("[a-z]+", "abc", "This text fits."), ("[a-z]+", "abc1", "This text does not fit."), ("(", "a", "can't be used")],
)
def test_a_pattern_is_tried_before_it_is_saved(
    faceforge: RunningCore, client: TestClient, pattern: str, sample: str, said: str
) -> None:
    answer = post(client, f"{PATH}/new", 200, label="X", type="string", pattern=pattern, sample=sample, **{"try": "1"})
    assert said in text_of(answer.text)
    assert faceforge.kernel.services.field_defs.list() == []


def test_a_change_that_values_do_not_survive_is_explained_first(
    faceforge: RunningCore, client: TestClient, define: Callable[..., FieldDef]
) -> None:
    made = define("born", label="Born")
    entity_id = value(faceforge, "born", "long ago")
    typed = {"label": "Born", "key": "born", "type": "int"}
    page = post(client, f"{PATH}/{made.field_def_id}", 200, **typed).text
    assert "1 stored value does not fit this field any more." in text_of(page)
    assert "The value must be a whole number." in text_of(page)
    assert f'href="/ui/entities/{entity_id}"' in page
    assert defined(faceforge, "born").field_type == "string"
    post(client, f"{PATH}/{made.field_def_id}", **typed, confirm="1")
    assert defined(faceforge, "born").field_type == "int"
    assert faceforge.kernel.services.descriptors.of_entity(entity_id)[0].value == "long ago"


def test_a_key_with_values_stays(faceforge: RunningCore, client: TestClient, define: Callable[..., FieldDef]) -> None:
    made = define("born")
    value(faceforge, "born", "1815")
    page = post(client, f"{PATH}/{made.field_def_id}", 422, key="birth", type="string").text
    assert "with another they would lose their field" in unescape(page)


def test_saving_what_nobody_touched_changes_nothing(
    faceforge: RunningCore, client: TestClient, define: Callable[..., FieldDef]
) -> None:
    """Also for what an older Core stored: aliases of types, numbers among the words, options that nobody knows."""
    made = define(
        "legacy", " Options ", options={"options": ["a", 5, True], "unit": "cm"}, help="Help", default=5, label="Old"
    )
    page = client.get(f"{PATH}/{made.field_def_id}").text
    form = {name: unescape(text) for name, text in re.findall(r'<input[^>]*name="([\w-]+)" value="([^"]*)"', page)}
    areas = re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>\n([^<]*)<', page)
    form |= {name: unescape(text) for name, text in areas}
    assert json.loads(form["more"]) == {"unit": "cm"}
    for box in ("required", "multiple", "enforced"):
        form.pop(box)
    answer = post(client, f"{PATH}/{made.field_def_id}", **form, type="enum")
    assert "notice=unchanged" in answer.headers["location"]
    assert defined(faceforge, "legacy") == made


def test_what_is_emptied_is_cleared(
    faceforge: RunningCore, client: TestClient, define: Callable[..., FieldDef]
) -> None:
    made = define("a", label="A", help="Help", regex="x", default="x", required=True)
    post(client, f"{PATH}/{made.field_def_id}", key="a", type="string")
    now = defined(faceforge, "a")
    assert (now.label, now.help, now.regex, now.default, now.required) == (None, None, None, None, False)
    assert now.order == made.order


def test_a_field_of_a_type_that_nobody_knows_is_shown_and_can_be_given_another(
    faceforge: RunningCore, client: TestClient, define: Callable[..., FieldDef]
) -> None:
    made = define("born", "date")
    with closing(sqlite3.connect(faceforge.home / "db" / "core.sqlite3")) as connection, connection:
        connection.execute("UPDATE field_definitions SET field_type = 'moon phase'")
    assert "moon phase, which no active plugin knows" in show(client)
    assert "moon phase, which no active plugin knows" in show(client, f"{PATH}/{made.field_def_id}")
    assert client.get(f"{PATH}/nobody", headers={"Accept": "text/html"}).status_code == 404
