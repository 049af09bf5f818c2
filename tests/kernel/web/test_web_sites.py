"""What other sites make a browser send: rebound names, forged forms, and where redirects may lead."""

from __future__ import annotations

import pytest

from faceforge_core.config_model import CoreConfig
from faceforge_core.web.hosts import is_loopback
from faceforge_core.web.local_addresses import safe_next

TOKEN = "a-token-that-nobody-guesses"
BEARER = ("Authorization", f"Bearer {TOKEN}")
COOKIE = ("Cookie", f"ff_token={TOKEN}")
SAME = ("Sec-Fetch-Site", "same-origin")
THING = b'{"name": "Ada"}'
JSON = ("Content-Type", "application/json")


@pytest.mark.parametrize(
    "host", ["x/healthz?", "x/ui/login?", "a@b/docs?", "x/healthz#", "127.0.0.1/healthz?", "127.0.0.1:8787/docs", "a b"]
)
def test_a02_a_host_that_smuggles_a_path_is_no_host(wire, host: str) -> None:
    request = f"GET /ui/entities HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    answer = wire.talk(request.encode())
    assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("host", ["x/healthz?", "", "127.0.0.1:", "127.0.0.1:port", "[::1", "::1", "[::1]x", "ä", "-a"])
def test_a02_a_malformed_host_is_a_client_error(door, host: str) -> None:
    answer = door.ask("GET", "/healthz", [BEARER], host=host)
    assert (answer.status, answer.code) == (400, "client_error")


def test_a02_a_request_without_a_host_is_refused(door) -> None:
    assert door.ask("GET", "/healthz", host=None).status == 400


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "0.0.0.0",
        "169.254.1.1",
        "192.168.1.5",
        "[::]",
        "127.1",
    ],
)
def test_b01_a_foreign_host_is_forbidden_even_with_the_token(door, host: str) -> None:
    for path in ("/v1/who", "/healthz", "/ui/login"):
        answer = door.ask("GET", path, [BEARER, ("Accept", "text/html")], host=host)
        assert (answer.status, answer.code) == (403, "forbidden")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8787", "localhost:8787", "LOCALHOST:1", "[::1]:8787", "127.0.0.2:8787", "localhost", "[::1]"]
)
def test_b02_every_name_of_this_computer_is_served(door, host: str) -> None:
    assert door.ask("GET", "/v1/who", [BEARER], host=host).status == 200


@pytest.mark.parametrize("host", ["192.168.1.5:8787", "[fe80::1]", "nas.home:8787", "NAS.home", "localhost", "0.0.0.0"])
def test_a18_beyond_loopback_addresses_and_listed_names_are_served(door, host: str) -> None:
    door.loopback_only = False
    door.config = CoreConfig.model_validate({"network": {"allowed_hosts": ["nas.home"]}})
    assert door.ask("GET", "/v1/who", [BEARER], host=host).status == 200


def test_a18_other_names_stay_forbidden_and_a_new_one_counts_at_once(door) -> None:
    door.loopback_only = False
    app = door.app
    assert door.ask("GET", "/v1/who", [BEARER], host="nas.home", app=app).status == 403
    door.config = CoreConfig.model_validate({"network": {"allowed_hosts": ["nas.home"]}})
    assert door.ask("GET", "/v1/who", [BEARER], host="nas.home", app=app).status == 200
    assert door.ask("GET", "/v1/who", [BEARER], host="nas.home.evil.example", app=app).status == 403


def test_a18_a_listed_name_means_nothing_on_loopback(door) -> None:
    door.config = CoreConfig.model_validate({"network": {"allowed_hosts": ["nas.home"]}})
    assert door.ask("GET", "/v1/who", [BEARER], host="nas.home").status == 403


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("[::1]", True), ("0.0.0.0", False), ("::", False)],
)
def test_a18_which_addresses_only_this_computer_reaches(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "nonsense"])
@pytest.mark.parametrize("path", ["/ui/things", "/v1/things"])
def test_b04_a_cookie_from_another_site_is_refused(door, site: str, path: str) -> None:
    answer = door.ask("POST", path, [COOKIE, JSON, ("Sec-Fetch-Site", site)], THING)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert door.things == []


@pytest.mark.parametrize("site", ["same-origin", "none", "Same-Origin"])
def test_b04_our_own_pages_may_post(door, site: str) -> None:
    assert door.ask("POST", "/v1/things", [COOKIE, JSON, ("Sec-Fetch-Site", site)], THING).status == 200


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:3000", "http://localhost:8787", "http://127.0.0.1", "https://evil.example"]
)
def test_b05_an_old_browser_on_another_origin_is_refused(door, origin: str) -> None:
    assert door.ask("POST", "/v1/things", [COOKIE, JSON, ("Origin", origin)], THING).status == 403


def test_b05_an_old_browser_on_our_origin_may_post(door) -> None:
    assert door.ask("POST", "/v1/things", [COOKIE, JSON, ("Origin", "http://127.0.0.1:8787")], THING).status == 200


@pytest.mark.parametrize("origin", ["null", "", "127.0.0.1:8787"])
def test_b06_an_origin_that_is_none_is_refused(door, origin: str) -> None:
    assert door.ask("POST", "/v1/things", [COOKIE, JSON, ("Origin", origin)], THING).status == 403


def test_b07_a_client_with_a_token_and_no_cookie_may_come_from_anywhere(door) -> None:
    for other in (("Origin", "https://app.example"), ("Sec-Fetch-Site", "cross-site")):
        assert door.ask("POST", "/v1/things", [BEARER, JSON, other], THING).status == 200


def test_b08_a_cookie_without_a_browser_may_post(door) -> None:
    assert door.ask("POST", "/v1/things", [COOKIE, JSON], THING).status == 200


def test_b09_a_token_does_not_excuse_a_cookie_from_another_site(door) -> None:
    headers = [BEARER, COOKIE, JSON, ("Sec-Fetch-Site", "cross-site")]
    assert door.ask("POST", "/v1/things", headers, THING).status == 403


@pytest.mark.parametrize("header", [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")])
def test_b10_nobody_signs_a_browser_in_from_another_site(door, header: tuple[str, str]) -> None:
    assert door.ask("POST", "/ui/login", [header], b"token=x").status == 403
    assert door.ask("POST", "/ui/login", [SAME]).status == 200


@pytest.mark.parametrize("kind", [[("Content-Type", "text/plain")], [], [("Content-Type", "multipart/form-data")]])
def test_b11_a_simple_request_with_a_cookie_stores_nothing(door, kind: list[tuple[str, str]]) -> None:
    assert door.ask("POST", "/v1/things", [COOKIE, SAME, *kind], THING).status in {415, 422}
    assert door.things == []


def test_b12_an_upload_from_another_site_is_refused_before_a_byte_is_read(door) -> None:
    headers = [COOKIE, ("Sec-Fetch-Site", "cross-site"), ("Content-Type", "multipart/form-data; boundary=x")]
    assert door.ask("POST", "/v1/upload", headers, b"--x\r\n").status == 403
    assert door.received == 0


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "https://e",
        "//e",
        "/\\e",
        "/%09/e",
        "/\t/e",
        "javascript:1",
        "/ui/x\r\nSet-Cookie:a=b",
        "/ui/%0d%0aSet-Cookie:a=b",
        "/ui//e",
        "/ui/%2F/e",
        "/ui/..//e",
        "/ui/../v1/x",
        "/ui/%2e%2e/x",
        "/ui\\e",
        "/ui/%5ce",
        "/uix",
        "ui/x",
        "/v1/entities",
        "/ui/" + "x" * 5000,
        "/ui/\ud800",
        "/ui/ä",
    ],
)
def test_b14_no_redirect_leaves_the_pages(value: str | None) -> None:
    assert safe_next(value) == "/ui/entities"


@pytest.mark.parametrize("value", ["/ui", "/ui/", "/ui/entities?q=a%2F%2Fb&x=//y", "/ui/entities/abc%20d"])
def test_b14_a_page_of_ours_is_kept(value: str) -> None:
    assert safe_next(value) == value
