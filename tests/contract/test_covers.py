"""The picture that stands for an entity: chosen by somebody, else the newest that is linked."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("unread")

NO_ID = "0" * 64


@pytest.fixture
def entity_id(api) -> str:
    return str(api.entity()["entity_id"])


@pytest.fixture
def attach(api, entity_id) -> Any:
    """A linked file, by its id."""

    def make(content_type: str = "image/png") -> str:
        asset_id = api.upload(content_type=content_type)["asset_id"]
        api.data("POST", f"/v1/entities/{entity_id}/assets/{asset_id}")
        return str(asset_id)

    return make


@pytest.fixture
def cover(api, reader, entity_id) -> Any:
    """The cover that pages show."""
    return lambda: api.data("POST", f"{reader}/covers", json=[entity_id]).get(entity_id)


def choose(api, entity_id: str, asset_id: str, **options: Any) -> Any:
    return api.data("PUT", f"/v1/entities/{entity_id}/cover", json={"asset_id": asset_id}, **options)


def test_the_newest_picture_is_the_cover_until_one_is_chosen(api, entity_id, attach, cover) -> None:
    first, second = attach(), attach()
    attach("audio/wav")
    assert api.data("GET", f"/v1/entities/{entity_id}")["cover_asset_id"] is None
    assert cover() == second
    assert choose(api, entity_id, first)["cover_asset_id"] == first
    assert cover() == first
    assert api.data("GET", f"/v1/entities/{entity_id}")["cover_asset_id"] == first
    attach()
    assert cover() == first
    cleared = api.data("DELETE", f"/v1/entities/{entity_id}/cover")
    assert cleared["cover_asset_id"] is None
    assert cover() != first


def test_a_choice_is_a_change_of_the_entity_once(house, api, entity_id, attach, rows) -> None:
    asset_id = attach()
    before = api.data("GET", f"/v1/entities/{entity_id}")
    after = choose(api, entity_id, asset_id)
    assert after["revision"] == before["revision"] + 1
    assert choose(api, entity_id, asset_id) == after
    told = rows(house.home, "SELECT payload_json FROM events WHERE subject = ? AND type = 'entity.updated'", entity_id)
    assert [row["payload_json"] for row in told] == ['{"changed":["cover_asset_id"]}']


def test_a_choice_over_somebodys_change_is_refused(api, entity_id, attach) -> None:
    asset_id = attach()
    path = f"/v1/entities/{entity_id}/cover"
    api.data("PATCH", f"/v1/entities/{entity_id}", json={"tags": ["new"]})
    stale = {"If-Match": '"1"'}
    api.error("PUT", path, 412, "precondition_failed", json={"asset_id": asset_id}, headers=stale)
    api.error("DELETE", path, 412, "precondition_failed", headers=stale)
    answer = api.ask("PUT", path, json={"asset_id": asset_id}, headers={"If-Match": '"2"'})
    assert answer.headers["etag"] == '"3"'


def test_only_a_linked_picture_can_be_chosen(api, entity_id, attach) -> None:
    stranger = api.upload(content_type="image/png")["asset_id"]
    for asset_id in (stranger, attach("audio/wav"), NO_ID):
        error = api.error(
            "PUT", f"/v1/entities/{entity_id}/cover", 422, "validation_error", json={"asset_id": asset_id}
        )
        assert asset_id in error["message"]
    api.error("PUT", f"/v1/entities/{NO_ID}/cover", 404, "not_found", json={"asset_id": stranger})
    api.error("DELETE", f"/v1/entities/{NO_ID}/cover", 404, "not_found")


def test_the_next_best_stands_in_while_the_chosen_one_is_unlinked_or_gone(api, entity_id, attach, cover) -> None:
    chosen, other = attach(), attach()
    choose(api, entity_id, chosen)
    path = f"/v1/entities/{entity_id}/assets/{chosen}"
    for leave, come_back in (
        (("DELETE", path), ("POST", path)),
        (("DELETE", f"/v1/assets/{chosen}"), ("POST", f"/v1/assets/{chosen}/restore")),
    ):
        api.data(*leave)
        assert cover() == other
        api.data(*come_back)
        assert cover() == chosen


def test_what_the_bytes_are_decides_over_what_was_said(api, entity_id, attach, cover, record) -> None:
    picture, text = attach("application/octet-stream"), attach("image/png")
    assert cover() == text
    record(picture, media_type="image/webp")
    record(text, media_type="text/plain")
    assert cover() == picture
    assert choose(api, entity_id, picture)["cover_asset_id"] == picture


def test_other_changes_keep_the_cover(api, entity_id, attach) -> None:
    asset_id = attach()
    choose(api, entity_id, asset_id)
    assert api.data("PATCH", f"/v1/entities/{entity_id}", json={"tags": ["x"]})["cover_asset_id"] == asset_id
    api.data("DELETE", f"/v1/entities/{entity_id}")
    assert api.data("POST", f"/v1/entities/{entity_id}/restore")["cover_asset_id"] == asset_id
