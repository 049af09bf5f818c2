"""Links between entities and assets (section 2 of the contract)."""

from __future__ import annotations

from typing import Any

import pytest

NO_ID = "0" * 64


@pytest.fixture
def pair(api) -> tuple[str, str]:
    """The ids of an entity and an asset that are not linked."""
    return api.entity()["entity_id"], api.upload()["asset_id"]


@pytest.fixture
def link(house, rows) -> Any:
    """The stored row of a link."""

    def read(pair: tuple[str, str]) -> dict[str, Any]:
        (row,) = rows(house.home, "SELECT * FROM entity_assets WHERE entity_id = ? AND asset_id = ?", *pair)
        return dict(row)

    return read


def path_of(pair: tuple[str, str]) -> str:
    return f"/v1/entities/{pair[0]}/assets/{pair[1]}"


def test_a_link_is_made_and_removed(api, pair, link) -> None:
    assert api.data("POST", path_of(pair), json={"role": "portrait"}) == {"linked": True}
    assert link(pair)["role"] == "portrait"
    assert link(pair)["deleted_at"] is None
    assert api.data("DELETE", path_of(pair)) == {"linked": True}
    assert link(pair)["deleted_at"] is not None
    assert api.data("DELETE", path_of(pair)) == {"linked": False}


def test_removing_a_link_that_never_was_is_no_error(api, pair) -> None:
    assert api.data("DELETE", path_of(pair)) == {"linked": False}
    assert api.data("DELETE", path_of((NO_ID, NO_ID))) == {"linked": False}


def test_linking_again_updates_the_role(api, pair, link) -> None:
    for role in ("portrait", "voice", None, "portrait"):
        assert api.data("POST", path_of(pair), json={"role": role}) == {"linked": True}
        assert link(pair)["role"] == role


def test_linking_again_revives_a_removed_link(api, pair, link) -> None:
    api.data("POST", path_of(pair), json={"role": "portrait"})
    api.data("DELETE", path_of(pair))
    assert api.data("POST", path_of(pair), json={"role": "voice"}) == {"linked": True}
    assert (link(pair)["role"], link(pair)["deleted_at"]) == ("voice", None)


@pytest.mark.parametrize("options", [{}, {"json": {}}, {"json": None}, {"json": {"unknown": 1}}], ids=str)
def test_the_body_is_optional(api, pair, link, options: dict[str, Any]) -> None:
    """Section 5, 2."""
    assert api.data("POST", path_of(pair), **options) == {"linked": True}
    assert link(pair)["role"] is None


@pytest.mark.parametrize("body", [{"role": 5}, {"role": ["x"]}, [], "role"], ids=str)
def test_a_role_of_another_type_is_422(api, pair, body: Any) -> None:
    api.error("POST", path_of(pair), 422, "validation_error", json=body)
    assert api.data("DELETE", path_of(pair)) == {"linked": False}


def test_both_ends_have_to_live(api, pair) -> None:
    entity, asset = pair
    api.error("POST", path_of((NO_ID, asset)), 404, "not_found", json={})
    api.error("POST", path_of((entity, NO_ID)), 404, "not_found", json={})
    api.data("DELETE", f"/v1/entities/{entity}")
    api.error("POST", path_of(pair), 404, "not_found", json={})


def test_an_entitys_assets_are_listed_with_their_role(api, pair) -> None:
    entity, asset = pair
    api.data("POST", path_of(pair), json={"role": "portrait"})
    page = api.data("GET", f"/v1/entities/{entity}/assets")
    assert page["total"] == 1
    assert [(item["asset_id"], item["role"]) for item in page["items"]] == [(asset, "portrait")]
    api.data("DELETE", path_of(pair))
    assert api.data("GET", f"/v1/entities/{entity}/assets")["items"] == []
    api.error("GET", f"/v1/entities/{NO_ID}/assets", 404, "not_found")


def test_an_assets_entities_are_listed_with_their_role_the_latest_first(api, pair) -> None:
    entity, asset = pair
    sister = api.entity()["entity_id"]
    api.data("POST", path_of(pair), json={"role": "portrait"})
    api.data("POST", path_of((sister, asset)))
    page = api.data("GET", f"/v1/assets/{asset}/entities")
    assert page["total"] == 2
    assert [(item["entity_id"], item["role"]) for item in page["items"]] == [(sister, None), (entity, "portrait")]
    first = api.data("GET", f"/v1/assets/{asset}/entities?limit=1&sort_order=asc")
    assert [item["entity_id"] for item in first["items"]] == [entity]
    rest = api.data("GET", f"/v1/assets/{asset}/entities?sort_order=asc&cursor={first['next_cursor']}&total=none")
    assert ([item["entity_id"] for item in rest["items"]], rest["total"]) == ([sister], None)


def test_only_live_entities_that_are_linked_still_are_listed(api, pair) -> None:
    entity, asset = pair
    trashed = api.entity()["entity_id"]
    for owner in (entity, trashed):
        api.data("POST", path_of((owner, asset)))
    api.data("DELETE", f"/v1/entities/{trashed}")
    api.data("DELETE", path_of(pair))
    page = api.data("GET", f"/v1/assets/{asset}/entities")
    assert (page["items"], page["total"]) == ([], 0)
    api.data("POST", f"/v1/entities/{trashed}/restore")
    assert api.data("GET", f"/v1/assets/{asset}/entities")["total"] == 1
    api.error("GET", f"/v1/assets/{NO_ID}/entities", 404, "not_found")
    api.data("DELETE", f"/v1/assets/{asset}")
    api.error("GET", f"/v1/assets/{asset}/entities", 404, "not_found")
