"""Facts and fields of an entity as forms: what each type shows, what is refused where, and what can be taken back."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.ui_entities.controls import read
from faceforge_builtins.ui_entities.facts import address_value
from faceforge_sdk.testing.house import FakeTexts
from faceforge_sdk.typed import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    Define = Callable[..., str]
    Save = Callable[..., Any]

PATH = "/ui/entities"


@pytest.fixture
def ada(client: TestClient) -> str:
    """The path of her page."""
    return f"{PATH}/{create(client, 'Ada')}"


@pytest.fixture
def define(client: TestClient) -> Define:
    """Defines a key and returns what addresses call it."""

    def make(field_key: str, field_type: str, **values: Any) -> str:
        draft = {"field_key": field_key, "field_type": field_type, **values}
        client.post("/v1/admin/field-defs", json=draft).raise_for_status()
        return f"{values.get('scope', 'descriptor')}:{field_key}"

    return make


def create(client: TestClient, name: str, **values: Any) -> str:
    answer = client.post("/v1/entities", json={"display_name": name, **values})
    return str(answer.raise_for_status().json()["data"]["entity_id"])


def descriptors(client: TestClient, ada: str) -> dict[str, Any]:
    entity_id = ada.rpartition("/")[2]
    items = client.get(f"/v1/entities/{entity_id}/descriptors").json()["data"]["items"]
    return {one["field_key"]: one["value"] for one in items}


def fields(client: TestClient, ada: str) -> dict[str, Any]:
    return dict(client.get(f"/v1/entities/{ada.rpartition('/')[2]}").json()["data"]["fields"])


def sent_along(page: Any) -> dict[str, str]:
    """What a form sends unseen."""
    return dict(re.findall(r'<input type="hidden" name="(version|name)" value="([^"]*)"', page.text))


def text(page: Any) -> str:
    return html.unescape(page.text)


# --- What types show and take ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field_type", "options", "typed", "stored"),
    [
        ("string", {}, "Countess", "Countess"),
        ("text", {}, "one\r\ntwo", "one\ntwo"),
        ("int", {}, "36", 36),
        ("float", {}, "1,75", 1.75),
        ("bool", {}, "true", True),
        ("enum", {"options": {"options": ["blue", 3]}}, "3", 3),
        ("date", {}, "1815-12", "1815-12"),
        ("url", {}, "https://example.org/a", "https://example.org/a"),
        ("json", {}, '{"a": [1, null]}', {"a": [1, None]}),
    ],
)
def test_each_type_is_added_shown_and_changed_by_its_own_control(
    client: TestClient, ada: str, define: Define, field_type: str, options: Any, typed: str, stored: Any
) -> None:
    name = define("thing", field_type, label="The thing", **options)
    assert "The thing" in client.get(ada).text
    answer = client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": typed})
    assert answer.headers["location"] == f"{ada}?tab=overview&notice=fact-added"
    assert descriptors(client, ada) == {"thing": stored}

    page = client.get(ada)
    edit = re.search(rf'href="({ada}/facts/[0-9a-f]+)"', page.text)
    assert edit
    form = client.get(edit[1])
    answer = client.post(edit[1], data={"value-0": shown_in(form.text)})
    assert answer.headers["location"] == f"{ada}?tab=overview&notice=fact-saved"
    assert descriptors(client, ada) == {"thing": stored}


def shown_in(page: str) -> str:
    """What a browser would send for the first control as it is."""
    control = re.search(r'<(?:input|select|textarea)[^>]*id="value-0"[^>]*>', page)
    assert control
    if control[0].startswith("<textarea"):
        return html.unescape(page[control.end() :].partition("</textarea>")[0]).removeprefix("\n")
    if control[0].startswith("<select"):
        chosen = re.search(r'<option value="([^"]*)" selected>', page)
        return html.unescape(chosen[1]) if chosen else ""
    if 'type="checkbox"' in control[0]:
        return "true" if " checked" in control[0] else "false"
    value = re.search(r' value="([^"]*)"', control[0])
    return html.unescape(value[1]) if value else ""


def test_an_unchecked_switch_says_no(client: TestClient, ada: str, define: Define) -> None:
    name = define("alive", "bool")
    client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "false"})
    assert descriptors(client, ada) == {"alive": False}


def test_definitions_without_a_value_are_offered_in_their_order_and_filled_with_their_default(
    client: TestClient, ada: str, define: Define
) -> None:
    define("later", "string", label="Second", order=2)
    name = define("sooner", "string", label="First", order=1, default="usual", help="Say it.", required=True)
    offered = re.findall(r'<span class="chip-text" dir="auto">([^<]+)</span>', client.get(ada).text)
    assert offered == ["First", "Second"]
    form = client.get(f"{ada}/facts/new", params={"name": name}).text
    assert 'value="usual"' in form
    assert "Say it." in form
    assert "required" in form


def test_what_the_type_refuses_is_said_at_the_field_and_what_was_typed_stays(
    client: TestClient, ada: str, define: Define
) -> None:
    name = define("born", "date")
    page = client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "1815-02-30"})
    assert page.status_code == 422
    assert "There is no such date as 1815-02-30." in page.text
    assert 'value="1815-02-30"' in page.text
    assert 'aria-describedby="fact-problems"' in page.text
    assert descriptors(client, ada) == {}


@pytest.mark.parametrize("typed", ["", "   "])
def test_an_empty_form_adds_nothing(client: TestClient, ada: str, define: Define, typed: str) -> None:
    name = define("nickname", "string")
    page = client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": typed})
    assert (page.status_code, "Write a value." in page.text) == (422, True)
    assert descriptors(client, ada) == {}


def test_errors_in_json_say_the_line_and_the_column() -> None:
    with pytest.raises(Unreadable, match="Line 3, column 8: a value is missing") as refused:
        read("json", '{\n  "a": 1,\n  "b": ,\n}', FakeTexts())
    assert refused.value.offset == 19
    with pytest.raises(Unreadable, match="Line 1, column 8: a comma or a closing bracket is missing"):
        read("json", '{"a": 1', FakeTexts())


@pytest.mark.parametrize("typed", ["thirty", "1 000", "NaN", "1e999", "١٢", "1_000", "--1"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(Unreadable, match="Write a number"):
        read("number", typed, FakeTexts())


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://[", 7])
def test_only_addresses_of_web_and_mail_become_links(address: Any) -> None:
    assert address_value(address).link is None
    assert address_value("https://example.org").link == "https://example.org"


def test_lists_have_a_control_for_each_entry_and_buttons_for_more_and_fewer(
    client: TestClient, ada: str, define: Define
) -> None:
    name = define("languages", "string", multiple=True)
    address, typed = f"{ada}/facts/new", {"value-0": "en", "value-1": "", "value-4": "fr"}
    more = client.post(address, params={"name": name}, data={**typed, "more": "1"})
    assert re.findall(r'id="value-(\d)"', more.text) == ["0", "1", "2"]
    fewer = client.post(address, params={"name": name}, data={**typed, "remove": "0"})
    assert 'value="en"' in more.text.partition("<main")[2]
    assert 'value="en"' not in fewer.text.partition("<main")[2]
    assert descriptors(client, ada) == {}
    client.post(address, params={"name": name}, data=typed)
    assert descriptors(client, ada) == {"languages": ["en", "fr"]}


# --- Entities as values ---------------------------------------------------------------------------------------------


def test_an_entity_is_named_and_never_shown_as_an_id(client: TestClient, ada: str, define: Define) -> None:
    mother, name = create(client, "Annabella <b>"), define("mother", "entity")
    client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "annabella <B>", "value-0-id": ""})
    assert descriptors(client, ada) == {"mother": mother}
    page = client.get(ada)
    assert f'<a class="fact-text" href="{PATH}/{mother}" dir="auto">Annabella &lt;b&gt;</a>' in page.text

    client.delete(f"/v1/entities/{mother}").raise_for_status()
    assert "An entity that is no longer there" in client.get(ada).text


def test_a_name_that_several_have_is_asked_about_and_one_that_nobody_has_is_refused(
    client: TestClient, ada: str, define: Define
) -> None:
    name = define("mentor", "entity")
    first, second = create(client, "Charles", tags=["engineer"]), create(client, "Charles", tags=["king"])
    page = client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "Charles"})
    assert page.status_code == 422
    assert {first, second} == set(re.findall(r'type="radio" name="value-0-id" value="([0-9a-f]+)"', page.text))
    client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "Charles", "value-0-id": second})
    assert descriptors(client, ada) == {"mentor": second}

    name = define("rival", "entity")
    page = client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "Moriarty"})
    assert "No entity has this name." in page.text


# --- Removing, and values whose definition is gone ------------------------------------------------------------------


def test_removing_a_fact_can_be_undone_until_its_place_is_taken(client: TestClient, ada: str, define: Define) -> None:
    name = define("born", "date")
    client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "1815"})
    remove = re.search(rf'action="({ada}/facts/([0-9a-f]+)/delete)"', client.get(ada).text)
    assert remove
    answer = client.post(remove[1])
    assert descriptors(client, ada) == {}
    undo = f"{ada}/facts/{remove[2]}/restore"
    assert f'action="{undo}"' in client.get(answer.headers["location"]).text
    client.post(undo)
    assert descriptors(client, ada) == {"born": "1815"}

    client.post(remove[1])
    client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "1816"})
    assert client.post(undo).headers["location"] == f"{ada}?tab=overview&notice=not-restored"
    assert descriptors(client, ada) == {"born": "1816"}


def test_a_value_without_a_definition_can_be_read_and_removed(client: TestClient, ada: str, define: Define) -> None:
    name = define("born", "date")
    client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "1815"})
    [definition] = client.get("/v1/admin/field-defs").json()["data"]["items"]
    client.delete(f"/v1/admin/field-defs/{definition['field_def_id']}").raise_for_status()
    page = client.get(ada).text
    assert "1815" in page
    assert "Edit Born" not in page
    assert client.get(f"{ada}/facts/new", params={"name": name}).status_code == 404
    remove = re.search(rf'action="({ada}/facts/[0-9a-f]+/delete)"', page)
    assert remove
    client.post(remove[1])
    assert descriptors(client, ada) == {}


def test_a_fact_is_changed_only_on_the_page_of_its_entity(client: TestClient, ada: str, define: Define) -> None:
    name = define("born", "date")
    client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "1815"})
    edit = re.search(r"/facts/[0-9a-f]{64}", client.get(ada).text)
    assert edit
    other = f"{PATH}/{create(client, 'Byron')}"
    for address in (f"{other}{edit[0]}", f"{other}{edit[0]}/delete"):
        assert client.post(address, data={"value-0": "1788"}).status_code == 404
    assert descriptors(client, ada) == {"born": "1815"}


def test_a_fact_that_somebody_else_changed_meanwhile_is_not_written_over_at_once(
    client: TestClient, ada: str, define: Define
) -> None:
    name = define("motto", "string", multiple=True)
    client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "Onward"})
    edit = re.search(rf"{ada}/facts/[0-9a-f]{{64}}", client.get(ada).text)
    assert edit
    begun = sent_along(client.get(edit[0]))
    client.post(edit[0], data={**begun, "value-0": "Upward"})

    longer = sent_along(client.post(edit[0], data={**begun, "value-0": "Backward", "more": "1"}))
    overtaken = client.post(edit[0], data={**longer, "value-0": "Backward"})
    assert (overtaken.status_code, "Upward" in overtaken.text) == (409, True)
    assert 'value="Backward"' in overtaken.text
    assert descriptors(client, ada) == {"motto": ["Upward"]}
    client.post(edit[0], data={**sent_along(overtaken), "value-0": "Backward"})
    assert descriptors(client, ada) == {"motto": ["Backward"]}


def test_a_fact_that_somebody_else_removed_meanwhile_can_be_added_anew(
    client: TestClient, ada: str, define: Define
) -> None:
    name = define("motto", "string")
    client.post(f"{ada}/facts/new", params={"name": name}, data={"value-0": "Onward"})
    edit = re.search(rf"{ada}/facts/[0-9a-f]{{64}}", client.get(ada).text)
    assert edit
    begun = sent_along(client.get(edit[0]))
    client.post(f"{edit[0]}/delete")
    overtaken = client.post(edit[0], data={**begun, "value-0": "Upward"})
    assert (overtaken.status_code, 'value="Upward"' in overtaken.text) == (409, True)
    action = re.search(rf'action="({ada}/facts/new[^"]+)"', overtaken.text)
    assert action
    client.post(html.unescape(action[1]), data={**sent_along(overtaken), "value-0": "Upward"})
    assert descriptors(client, ada) == {"motto": "Upward"}

    assert "This fact is no longer there" in text(client.post(f"{edit[0]}/delete"))


# --- Own fields -----------------------------------------------------------------------------------------------------


def test_a_field_with_a_definition_has_its_control_and_leaves_the_others_alone(
    client: TestClient, define: Define
) -> None:
    name = define("home country", "string", scope="entity", label="Country")
    ada = f"{PATH}/{create(client, 'Ada', fields={'shoes': 38})}"
    client.post(f"{ada}/field", params={"name": name}, data={"value-0": "England"})
    assert fields(client, ada) == {"shoes": 38, "home country": "England"}
    page = client.get(f"{ada}/fields").text
    assert 'value="shoes"' in page
    assert 'value="home country"' not in page
    client.post(f"{ada}/field/delete", params={"name": name})
    assert fields(client, ada) == {"shoes": 38}


def test_a_field_that_was_changed_meanwhile_is_not_written_over_at_once(
    client: TestClient, ada: str, define: Define
) -> None:
    name = {"name": define("country", "string", scope="entity")}
    begun = sent_along(client.get(f"{ada}/field", params=name))
    client.post(f"{ada}/field", params=name, data={**begun, "value-0": "England"})
    overtaken = client.post(f"{ada}/field", params=name, data={**begun, "value-0": "Wales"})
    assert (overtaken.status_code, "England" in overtaken.text) == (409, True)
    assert fields(client, ada) == {"country": "England"}
    client.post(f"{ada}/field", params=name, data={**sent_along(overtaken), "value-0": "Wales"})
    assert fields(client, ada) == {"country": "Wales"}


def test_removing_a_field_can_be_undone_until_its_place_is_taken(client: TestClient, ada: str, define: Define) -> None:
    name = {"name": define("country", "string", scope="entity")}

    def remove() -> str:
        answer = client.post(f"{ada}/field/delete", params=name)
        undo = re.search(rf'action="({ada}/field/[0-9a-f]+/restore)"', client.get(answer.headers["location"]).text)
        assert undo
        return undo[1]

    client.post(f"{ada}/field", params=name, data={"value-0": "England"})
    undo = remove()
    assert fields(client, ada) == {}
    assert client.post(undo).headers["location"] == f"{ada}?tab=overview&notice=field-restored"
    assert fields(client, ada) == {"country": "England"}

    undo = remove()
    client.post(f"{ada}/field", params=name, data={"value-0": "Wales"})
    assert client.post(undo).headers["location"] == f"{ada}?tab=overview&notice=not-restored"
    assert fields(client, ada) == {"country": "Wales"}


def test_an_enforced_definition_speaks_at_its_field(client: TestClient, ada: str, define: Define) -> None:
    name = define("age", "int", scope="entity", enforced=True)
    page = client.post(f"{ada}/field", params={"name": name}, data={"value-0": "3.5"})
    assert (page.status_code, "The value must be a whole number." in page.text) == (422, True)
    assert fields(client, ada) == {}


def test_free_fields_are_rows_with_a_kind_of_value_each(client: TestClient, ada: str) -> None:
    rows = [("shoes", "number", "38"), ("left", "yes-no", "No"), ("deep", "json", "[1]"), ("word", "text", " a\r\nb ")]
    typed = {
        f"{part}-{number}": row[at]
        for number, row in enumerate([*rows, ("", "text", "")])
        for at, part in enumerate(("key", "kind", "value"))
    }
    client.post(f"{ada}/fields", data=typed)
    stored = fields(client, ada)
    assert stored == {"shoes": 38, "left": False, "deep": [1], "word": " a\nb "}
    assert list(stored) == ["shoes", "left", "deep", "word"]


def test_rows_come_and_go_without_saving(client: TestClient) -> None:
    ada = f"{PATH}/{create(client, 'Ada', fields={'a': 'x', 'b': 'y'})}"
    typed = {"key-0": "a", "kind-0": "text", "value-0": "x", "key-1": "b", "kind-1": "text", "value-1": "y"}
    page = client.post(f"{ada}/fields", data={**typed, "remove": "0"}).text
    assert re.findall(r'name="key-\d" value="(\w*)"', page) == ["b", ""]
    page = client.post(f"{ada}/fields", data={**typed, "more": "1"}).text
    assert re.findall(r'name="key-\d" value="(\w*)"', page) == ["a", "b", ""]
    assert fields(client, ada) == {"a": "x", "b": "y"}


@pytest.mark.parametrize(
    ("key", "kind", "value", "sentence"),
    [
        ("", "text", "x", "Write a name for this field."),
        ("a", "text", "x", "There is a field of this name already."),
        ("n", "number", "many", "Write a number, like 36 or 1.75."),
        ("y", "yes-no", "maybe", "Write yes or no."),
        ("j", "json", "{", "Line 1, column 2: a key in double quotes is missing."),
        ("j", "json", "", "Write a value."),
    ],
)
def test_a_row_that_cannot_be_stored_says_why_and_nothing_is_saved(
    client: TestClient, ada: str, key: str, kind: str, value: str, sentence: str
) -> None:
    typed = {"key-0": "a", "kind-0": "text", "value-0": "1", "key-1": key, "kind-1": kind, "value-1": value}
    page = client.post(f"{ada}/fields", data=typed)
    assert page.status_code == 422
    assert f'id="row-1-problem" role="alert">{sentence}' in text(page)
    assert fields(client, ada) == {}


def test_fields_that_somebody_else_changed_meanwhile_are_not_written_over_at_once(client: TestClient, ada: str) -> None:
    entity_id = ada.rpartition("/")[2]
    begun = sent_along(client.get(f"{ada}/fields"))
    client.patch(f"/v1/entities/{entity_id}", json={"fields": {"theirs": "kept here"}}).raise_for_status()
    typed = {"key-0": "mine", "kind-0": "text", "value-0": "x"}
    longer = sent_along(client.post(f"{ada}/fields", data={**begun, **typed, "more": "1"}))
    page = client.post(f"{ada}/fields", data={**longer, **typed})
    assert (page.status_code, "changed meanwhile" in page.text, "kept here" in page.text) == (409, True, True)
    assert fields(client, ada) == {"theirs": "kept here"}
    client.post(f"{ada}/fields", data={**sent_along(page), **typed})
    assert fields(client, ada) == {"mine": "x"}


def test_fields_are_saved_when_somebody_else_changed_other_things_meanwhile(client: TestClient, ada: str) -> None:
    begun = sent_along(client.get(f"{ada}/fields"))
    client.patch(f"/v1/entities/{ada.rpartition('/')[2]}", json={"tags": ["poet"]}).raise_for_status()
    client.post(f"{ada}/fields", data={**begun, "key-0": "mine", "kind-0": "text", "value-0": "x"})
    assert fields(client, ada) == {"mine": "x"}


def test_the_forms_speak_german_to_those_who_ask_for_it(client: TestClient, ada: str, define: Define) -> None:
    name = define("height", "float")
    page = client.post(
        f"{ada}/facts/new", params={"name": name}, data={"value-0": "groß"}, headers={"Accept-Language": "de"}
    )
    assert "Eine Zahl eingeben, etwa 36 oder 1,75." in page.text
    assert "Angabe hinzufügen" in client.get(ada, headers={"Accept-Language": "de-AT"}).text


# --- Usual facts ----------------------------------------------------------------------------------------------------


def test_usual_facts_are_offered_in_the_readers_language_until_there_are_fields_of_ones_own(
    client: TestClient, ada: str, define: Define
) -> None:
    assert "Date of birth" in client.get(ada).text
    assert "Geburtsdatum" in client.get(ada, headers={"Accept-Language": "de"}).text
    define("height", "float")
    assert "Date of birth" not in client.get(ada).text


def test_a_usual_fact_is_set_up_with_its_first_value_for_all_entities(client: TestClient, ada: str) -> None:
    name = {"name": "entity:date_of_birth"}
    assert client.get(f"{ada}/field", params=name).status_code == 200
    assert client.get("/v1/admin/field-defs").json()["data"]["items"] == []
    client.post(f"{ada}/field", params=name, data={"value-0": "1815-12-10"})
    assert fields(client, ada) == {"date_of_birth": "1815-12-10"}
    [made] = client.get("/v1/admin/field-defs").json()["data"]["items"]
    assert (made["scope"], made["field_type"], made["label"]) == ("entity", "date", "Date of birth")
    page = client.get(ada).text
    assert "1815-12-10" in page
    assert "Place of birth" in page


@pytest.mark.parametrize("name", ["entity:nothing", "descriptor:date_of_birth", "date_of_birth", ""])
def test_an_address_of_a_fact_that_is_neither_defined_nor_usual_leads_nowhere(
    client: TestClient, ada: str, name: str
) -> None:
    assert client.get(f"{ada}/field", params={"name": name}).status_code == 404
