"""The page of the trash over HTTP: what lies there by its name, bringing it back, and removing it for good."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore

PATH = "/ui/settings/trash"


def show(client: TestClient, path: str = PATH) -> str:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def post(client: TestClient, path: str, status: int = 303, **form: Any) -> Any:
    answer = client.post(path, data=form)
    assert answer.status_code == status, answer.text
    return answer


def made(answer: Any, key: str) -> str:
    return str(answer.raise_for_status().json()["data"][key])


@pytest.fixture
def litter(client: TestClient) -> dict[str, str]:
    """One thing of each kind in the trash, by its kind."""
    field_def = {"field_key": "eye_colour", "field_type": "string", "label": "Eye <colour>"}
    field_id = made(client.post("/v1/admin/field-defs", json=field_def), "field_def_id")
    ada, grace, gone = (
        made(client.post("/v1/entities", json={"display_name": name}), "entity_id")
        for name in ("Ada & Co", "Grace", "Gone")
    )
    value = {"field_key": "eye_colour", "value": "grey"}
    descriptor_id = made(client.post(f"/v1/entities/{ada}/descriptors", json=value), "descriptor_id")
    both = {"src_entity_id": ada, "dst_entity_id": grace, "relationship_type": "friend"}
    relationship_id = made(client.post("/v1/relationships", json=both), "relationship_id")
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    sent = {"file": ("face.png", picture.getvalue(), "image/png")}
    asset_id = made(client.post("/v1/assets/upload", files=sent), "asset_id")
    places = {
        "entities": f"/v1/entities/{gone}",
        "assets": f"/v1/assets/{asset_id}",
        "descriptors": f"/v1/descriptors/{descriptor_id}",
        "relationships": f"/v1/relationships/{relationship_id}",
        "field-defs": f"/v1/admin/field-defs/{field_id}",
    }
    for place in places.values():
        client.delete(place).raise_for_status()
    return {kind: place.rpartition("/")[2] for kind, place in places.items()}


def trashed(core: RunningCore) -> dict[str, int]:
    return core.kernel.services.trash.summary().model_dump(exclude={"keep_days"})


def test_each_kind_is_listed_by_what_people_call_it(client: TestClient, litter: dict[str, str]) -> None:
    assert "Gone deleted today" in show(client)
    assert re.search(r"face\.png \d+ bytes deleted", show(client, f"{PATH}?kind=assets"))
    assert f'src="/v1/trash/assets/{litter["assets"]}/thumbnail"' in client.get(f"{PATH}?kind=assets").text
    assert "Eye colour: grey of Ada & Co deleted" in show(client, f"{PATH}?kind=descriptors")
    assert "Ada & Co – Grace friend deleted" in show(client, f"{PATH}?kind=relationships")
    assert "Eye <colour> Text in one line deleted" in show(client, f"{PATH}?kind=field-defs")
    assert "Entities 1 Files 1 Facts 1 Relationships 1 Fields 1" in show(client)


def test_one_and_several_come_back(faceforge: RunningCore, client: TestClient, litter: dict[str, str]) -> None:
    for kind, thing in litter.items():
        place = post(client, f"{PATH}/restore", kind=kind, only=thing).headers["location"]
        assert "1 thing is back." in client.get(place).text
    assert set(trashed(faceforge).values()) == {0}
    ids = [made(client.post("/v1/entities", json={"display_name": name}), "entity_id") for name in "abc"]
    for one in ids:
        client.delete(f"/v1/entities/{one}").raise_for_status()
    place = post(client, f"{PATH}/restore", kind="entities", id=[*ids[:2], "nobody"]).headers["location"]
    assert "2 things are back. The others can't be" in unescape(client.get(place).text)
    assert trashed(faceforge)["entities"] == 1
    assert (
        "Choose something first."
        in client.get(post(client, f"{PATH}/restore", kind="entities").headers["location"]).text
    )
    post(client, f"{PATH}/restore", 422, kind="nonsense", only=ids[2])


def test_what_is_removed_for_good_is_named_and_asked_for_first(
    faceforge: RunningCore, client: TestClient, litter: dict[str, str]
) -> None:
    asked = post(client, f"{PATH}/remove", 200, kind="entities", id=litter["entities"]).text
    assert "Remove 1 thing for good" in asked
    assert "1 entity" in asked
    assert trashed(faceforge)["entities"] == 1
    post(client, f"{PATH}/remove", kind="entities", id=litter["entities"], confirm="1")
    assert trashed(faceforge)["entities"] == 0


def test_the_trash_is_emptied_by_a_job_after_its_numbers_were_shown(
    faceforge: RunningCore, client: TestClient, litter: dict[str, str]
) -> None:
    page = show(client, f"{PATH}/empty")
    assert "1 entity 1 file 1 fact 1 relationship 1 field" in page
    assert "Remove 5 things for good" in page
    assert trashed(faceforge)["entities"] == 1
    post(client, f"{PATH}/empty")
    faceforge.wait_for(lambda: set(trashed(faceforge).values()) == {0})
    assert "The trash is empty." in show(client)
    assert "Empty the trash" not in show(client)


def test_how_long_things_are_kept_is_written_to_core_json(faceforge: RunningCore, client: TestClient) -> None:
    def kept() -> Any:
        return json.loads((faceforge.home / "config" / "core.json").read_text())["trash"]["keep_days"]

    assert 'name="days" value="30"' in client.get(PATH).text
    post(client, f"{PATH}/keep", keep="days", days="7")
    assert (kept(), faceforge.kernel.services.trash.summary().keep_days) == (7, 7)
    post(client, f"{PATH}/keep", keep="forever", days="7")
    assert (kept(), faceforge.kernel.services.trash.summary().keep_days) == ("forever", None)
    assert re.search(r'value="forever" checked', client.get(PATH).text)
    for wrong in ("", "-1", "1.5", "100001", "٣"):
        answer = post(client, f"{PATH}/keep", 422, keep="days", days=wrong)
        assert "Write a number of days, such as 30." in answer.text
    assert kept() == "forever"


def test_an_old_bookmark_into_the_middle_leads_to_the_beginning(client: TestClient, litter: dict[str, str]) -> None:
    assert client.get(f"{PATH}?cursor=nonsense").headers["location"] == PATH


def test_without_the_plugin_that_empties_it_the_trash_is_shown_all_the_same(
    faceforge: RunningCore, client: TestClient, litter: dict[str, str]
) -> None:
    faceforge.kernel.plugins.disable("faceforge.trash_api")
    assert "Gone deleted today" in show(client)
    assert "Empty the trash" not in show(client)


def test_a_picture_outlives_a_stay_in_the_trash(
    faceforge: RunningCore, client: TestClient, litter: dict[str, str]
) -> None:
    address = f"/v1/trash/assets/{litter['assets']}/thumbnail"
    assert client.get(address).status_code in {200, 204}  # 204 where it was deleted before it was drawn
    post(client, f"{PATH}/restore", kind="assets", only=litter["assets"])
    shown = f"/v1/assets/{litter['assets']}/thumbnail"
    faceforge.wait_for(lambda: client.get(shown).status_code == 200)
    client.delete(f"/v1/assets/{litter['assets']}").raise_for_status()
    assert client.get(shown).status_code == 404
    assert client.get(address).headers["content-type"] == "image/webp"
    assert client.get("/v1/trash/assets/..%2f..%2fx/thumbnail").status_code in {404, 422}
