"""The envelope, the codes, the token: what every endpoint has in common (sections 1 and 2 of the contract)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

PUBLIC = ("/healthz", "/openapi.json", "/docs", "/redoc", "/ui/login")
NO_ID = "0" * 64


@pytest.fixture
def nobody(house, api_of) -> Any:
    """Speaks to `house` without any credential."""
    authorization = house.client.headers.pop("Authorization")
    yield api_of(house.client)
    house.client.headers["Authorization"] = authorization


def test_ping_is_exactly_as_it_was(api) -> None:
    assert api.ask("GET", "/v1/ping").json() == {"ok": True, "data": {"pong": True}, "error": None}


def test_health_has_no_envelope_and_needs_no_token(nobody) -> None:
    response = nobody.ask("GET", "/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_need_no_token(nobody, path: str) -> None:
    assert nobody.ask("GET", path).status_code == 200


def test_the_root_leads_to_the_entities_also_without_a_token(nobody) -> None:
    """Section 5, 20."""
    response = nobody.ask("GET", "/")
    assert (response.status_code, response.headers["location"]) == (302, "/ui/entities")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/ping"),
        ("GET", "/v1/system/info"),
        ("GET", "/v1/entities"),
        ("POST", "/v1/entities"),
        ("POST", "/v1/assets/upload"),
        ("GET", f"/v1/assets/{NO_ID}/download"),
        ("GET", "/v1/plugins"),
        ("GET", "/v1/nothing/like/that"),
        ("GET", "/ui/entities"),
    ],
)
def test_without_a_token_everything_else_is_401(nobody, method: str, path: str) -> None:
    assert nobody.error(method, path, 401, "unauthorized")["details"] is None


def test_a_browser_on_a_page_is_sent_to_the_login(nobody) -> None:
    response = nobody.ask("GET", "/ui/entities?q=ada", headers={"Accept": "text/html,*/*;q=0.8"})
    assert response.status_code == 303
    address = urlsplit(response.headers["location"])
    assert (address.scheme, address.netloc, address.path) == ("", "", "/ui/login")
    assert parse_qs(address.query) == {"next": ["/ui/entities?q=ada"]}


@pytest.mark.parametrize("scheme", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer  {}"])
def test_a07_the_bearer_token_opens_in_any_spelling(nobody, house, scheme: str) -> None:
    nobody.data("GET", "/v1/ping", headers={"Authorization": scheme.format(house.token)})


def test_the_faceforge_header_and_the_cookie_open_too(nobody, house) -> None:
    nobody.data("GET", "/v1/ping", headers={"X-FaceForge-Token": house.token})
    nobody.data("GET", "/v1/ping", headers={"Cookie": f"ff_token={house.token}"})


def test_a_wrong_token_is_401(nobody, house) -> None:
    for wrong in (house.token[:-1], house.token + "x", house.token + " x", "", "x"):
        nobody.error("GET", "/v1/ping", 401, "unauthorized", headers={"Authorization": f"Bearer {wrong}"})
        nobody.error("GET", "/v1/ping", 401, "unauthorized", headers={"X-FaceForge-Token": wrong})
        nobody.error("GET", "/v1/ping", 401, "unauthorized", headers={"Cookie": f"ff_token={wrong}"})


def test_a05_a_token_that_is_no_text_is_401(nobody) -> None:
    nobody.error("GET", "/v1/ping", 401, "unauthorized", headers={"X-FaceForge-Token": b"\xe9"})


def test_a06_of_several_credentials_every_explicit_one_has_to_be_right(nobody, house) -> None:
    right = f"Bearer {house.token}"
    nobody.data("GET", "/v1/ping", headers={"Authorization": right, "Cookie": "ff_token=stale"})
    nobody.error("GET", "/v1/ping", 401, "unauthorized", headers={"Authorization": right, "X-FaceForge-Token": "wrong"})
    twice = [("Authorization", right), ("Authorization", right)]
    nobody.error("GET", "/v1/ping", 400, "client_error", headers=twice)


@pytest.mark.parametrize("name", ["token", "access_token", "install_token", "ff_token"])
def test_a08_a_token_in_the_address_opens_nothing(nobody, house, name: str) -> None:
    nobody.error("GET", "/v1/ping", 401, "unauthorized", params={name: house.token})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing"),
        ("GET", f"/v1/entities/{NO_ID}"),
        ("PATCH", f"/v1/entities/{NO_ID}"),
        ("DELETE", f"/v1/entities/{NO_ID}"),
        ("GET", f"/v1/assets/{NO_ID}"),
        ("GET", f"/v1/assets/{NO_ID}/download"),
        ("GET", "/v1/entities/not-even-an-id"),
        ("GET", "/v1/assets/two%0Alines"),
        ("POST", "/v1/assets/two%0Alines/restore"),
        ("POST", "/v1/plugins/nobody/enable"),
    ],
)
def test_what_does_not_exist_is_404(api, method: str, path: str) -> None:
    options = {"json": {"display_name": "x"}} if method == "PATCH" else {}
    assert api.error(method, path, 404, "not_found", **options)["details"] is None


def test_b23_a_method_that_an_address_does_not_know_is_405_and_names_the_others(api) -> None:
    response = api.ask("PUT", "/v1/entities")
    api.error_of(response, 405, "client_error")
    assert set(response.headers["allow"].split(", ")) >= {"GET", "POST"}
    response = api.ask("DELETE", f"/v1/assets/{NO_ID}/download")
    api.error_of(response, 405, "client_error")
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_an_invalid_request_is_422_and_lists_what_is_wrong(api) -> None:
    cases: list[tuple[str, str, dict[str, Any], list[Any]]] = [
        ("GET", "/v1/entities", {"params": {"limit": "0"}}, ["query", "limit"]),
        ("POST", "/v1/entities", {"json": {}}, ["body", "display_name"]),
        ("POST", "/v1/entities", {"json": {"display_name": "x", "tags": [1]}}, ["body", "tags", 0]),
        ("POST", "/v1/assets/upload", {"files": {"other": ("a", b"x")}}, ["body", "file"]),
        ("PUT", "/v1/plugins/faceforge.storage_routing/config", {"json": {}}, ["body", "config"]),
    ]
    for method, path, options, where in cases:
        details = api.error(method, path, 422, "validation_error", **options)["details"]
        assert isinstance(details, list)
        assert where in [problem["loc"] for problem in details]
        assert all({"type", "loc", "msg"} <= set(problem) for problem in details)


def test_a_body_that_is_no_json_is_422_with_details(api) -> None:
    for content in (b"", b"{", b"nothing", b'{"display_name": "x"', b"\xff\xfe"):
        headers = {"content-type": "application/json"}
        error = api.error("POST", "/v1/entities", 422, "validation_error", content=content, headers=headers)
        assert isinstance(error["details"], list)


def test_errors_never_repeat_what_was_sent_nor_tell_of_insides(api) -> None:
    response = api.ask("POST", "/v1/entities", json={"display_name": ["s3cret-value"], "tags": "s3cret-value"})
    assert response.status_code == 422
    assert "s3cret-value" not in response.text
    assert "pydantic" not in response.text
    assert "Traceback" not in response.text


def test_b23_all_answers_carry_the_same_security_headers(api, house, monkeypatch) -> None:
    names = (
        "content-security-policy",
        "x-content-type-options",
        "referrer-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "cache-control",
    )
    answers = [
        api.ask("GET", "/v1/ping"),
        api.ask("GET", "/v1/nothing"),
        api.ask("PUT", "/v1/entities"),
        api.ask("POST", "/v1/entities", json={}),
        api.ask("GET", "/v1/ping", headers={"X-FaceForge-Token": "wrong"}),
        api.ask("GET", "/v1/ping", headers={"Host": "evil.example"}),
    ]

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the inside of Core")

    monkeypatch.setattr("faceforge_core.plugins.service.PluginService.list", fail)
    answers.append(api.ask("GET", "/v1/plugins"))
    assert [answer.status_code for answer in answers] == [200, 404, 405, 422, 401, 403, 500]
    wanted = {name: answers[0].headers[name] for name in names}
    for answer in answers:
        assert {name: answer.headers.get(name) for name in names} == wanted, answer.status_code
        assert "server" not in answer.headers


def test_b23_an_unhandled_error_is_500_internal_error_without_insides(api, monkeypatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the inside of Core")

    monkeypatch.setattr("faceforge_core.plugins.service.PluginService.list", fail)
    response = api.ask("GET", "/v1/plugins")
    error = api.error_of(response, 500, "internal_error")
    assert error["details"] is None
    assert "inside of Core" not in response.text


def test_a_slash_too_many_is_redirected_as_in_the_old_version(api) -> None:
    response = api.ask("GET", "/v1/entities/")
    assert response.status_code == 307
    assert response.headers["location"].endswith("/v1/entities")


def test_ids_and_timestamps_have_their_form(api, is_id, is_timestamp) -> None:
    entity, asset = api.entity(), api.upload()
    assert is_id(entity["entity_id"])
    assert is_id(asset["asset_id"])
    for thing in (entity, asset):
        assert is_timestamp(thing["created_at"])
        assert is_timestamp(thing["updated_at"])


def test_text_travels_as_utf_8_and_unescaped_content_type(api) -> None:
    response = api.ask("POST", "/v1/entities", json={"display_name": "李小龙 🦊"})
    assert response.json()["data"]["display_name"] == "李小龙 🦊"
    assert "李小龙 🦊".encode() in response.content
