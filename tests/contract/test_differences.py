"""Where v0.1.9 was wrong and we differ on purpose (section 5 of the contract).

The others of its numbers stand with what they belong to: 2 in `test_links`, 12, 17 and 22 in `test_assets`, 20 in
`test_envelope`.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_NUMBERS = count(1)
PAGE = {"Accept": "text/html"}
BEING_READ = {"updated_at": "", "facts": {}}
"""What changes of an asset by itself, since what its bytes are is found out meanwhile."""


@pytest.fixture
def tag() -> str:
    """A tag that only this test's entities carry."""
    return f"difference-{next(_NUMBERS)}"


@pytest.fixture
def browser(house) -> Any:
    """The client without its token; cookies are its own and forgotten afterwards."""
    authorization = house.client.headers.pop("Authorization")
    yield house.client
    house.client.cookies.clear()
    house.client.headers["Authorization"] = authorization


# --- 3, 4: uploading known bytes


def test_3_d18_a_new_sidecar_of_known_bytes_is_added_once(api) -> None:
    content = api.content()
    api.upload(content, meta={"n": 1})
    api.upload(content, "another name.txt", meta={"n": 2})
    again = api.upload(content, meta={"n": 2})
    assert [entry["Data"] for entry in again["meta"]["metadata"]] == [{"n": 1}, {"n": 2}]
    now = api.data("GET", f"/v1/assets/{again['asset_id']}")
    assert {**now, **BEING_READ} == {**again, **BEING_READ}


def test_3_bytes_without_a_sidecar_gain_their_first(api) -> None:
    content = api.content()
    api.upload(content)
    assert len(api.upload(content, meta={"n": 1})["meta"]["metadata"]) == 1


def test_4_uploading_the_bytes_of_a_deleted_asset_brings_it_back(api) -> None:
    content = api.content()
    first = api.upload(content, "first.txt", meta={"n": 1})
    path = f"/v1/assets/{first['asset_id']}"
    api.data("DELETE", path)
    api.error("GET", path, 404, "not_found")
    api.error("GET", f"{path}/download", 404, "not_found")
    back = api.upload(content, "second.txt")
    assert {**back, **BEING_READ} == {**first, **BEING_READ}
    assert api.ask("GET", f"{path}/download").content == content


# --- 7, 13: searching


def test_7_v08_wildcards_of_sql_are_literal_characters_in_q(api, tag: str) -> None:
    names = ["50% off", "500 off", "a_b", "axb", 'say "hi"', "say hi", "back\\slash", "backslash", "it's", "its"]
    for name in names:
        api.entity(name, tags=[tag])
    for query, found in {
        "%": ["50% off"],
        "0%": ["50% off"],
        "_": ["a_b"],
        "a_b": ["a_b"],
        '"': ['say "hi"'],
        '"hi"': ['say "hi"'],
        "\\": ["back\\slash"],
        "'": ["it's"],
        "'%": [],
        "*": [],
        "off OR hi": [],
        "NEAR(say hi)": [],
        "display_name:say": [],
    }.items():
        assert api.names(tag=tag, q=query) == found, query


def test_7_v09_wildcards_of_sql_are_literal_characters_in_a_tag(api, tag: str) -> None:
    tags = ["a_b", "axb", "AXB", 'q"q', "%", "100%", "back\\slash"]
    for name in tags:
        api.entity(name, tags=[f"{tag}{name}"])
    for name in tags:
        assert api.names(tag=f"{tag}{name}") == [name]
    assert api.names(tag=f"{tag}_") == []
    assert api.names(tag=f"{tag}a") == []


def test_13_a_tag_is_compared_exactly_and_whole(api, tag: str) -> None:
    api.entity("both", tags=[f"{tag}-Math", f"{tag}-person"])
    assert api.names(tag=f"{tag}-Math") == ["both"]
    for other in ("math", "Mat", "Math ,", 'Math", "', "[", ""):
        assert api.names(tag=f"{tag}-{other}") == []


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Éclair", "é"),
        ("éclair", "ÉCL"),
        ("Мария Кюри", "мАРИЯ к"),
        ("Zoë Ångström", "å"),
        ("Straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("李小龙", "小"),
        ("李小龙", "小龙"),
        ("🦊 Fox", "🦊"),
        ("O", "o"),
        ("Ab", "aB"),
    ],
)
def test_13_q_folds_all_of_unicode_at_every_length(api, tag: str, name: str, query: str) -> None:
    api.entity(name, tags=[tag])
    assert api.names(tag=tag, q=query) == [name]
    assert name in api.names(q=query, limit=200)


# --- 8: names of downloads


@pytest.mark.parametrize(
    "name",
    ['a"b;c.txt', "été-中.png", "a%22b", "x\"; filename*=UTF-8''evil.exe", "back\\slash.txt", "line\tfeed", "🦊.gif"],
)
def test_8_v15_any_name_arrives_whole_and_none_breaks_the_header(api, name: str) -> None:
    content = api.content()
    body = (
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''"
        + quote(name, safe="").encode()
        + b"\r\nContent-Type: text/plain\r\n\r\n"
        + content
        + b"\r\n--b--\r\n"
    )
    asset = api.data_of(api.raw_upload(body))
    assert asset["filename"] == name
    header = api.ask("GET", f"/v1/assets/{asset['asset_id']}/download").headers["content-disposition"]
    match = re.fullmatch(r'attachment; filename="([ !#-~]*)"; filename\*=UTF-8\'\'([!#$&+.^_`|~%0-9A-Za-z-]+)', header)
    assert match, header
    assert "\\" not in match[1]
    assert "%" not in match[1]
    assert unquote(match[2]) == name


# --- 9: what browsers could be made to do


def test_9_text_in_an_address_is_never_shown(api, house) -> None:
    text = '"><img src=x onerror=1>'
    for path in ("/ui/entities", "/ui/login"):
        for name in ("msg", "notice", "q", "tag", "next", "error"):
            response = api.ask("GET", path, params={name: text}, headers=PAGE)
            assert response.status_code == 200
            assert text not in response.text


def test_9_b10_signing_in_from_another_site_is_refused(house, browser, api_of) -> None:
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "null"},
    ):
        response = browser.post("/ui/login", data={"token": house.token}, headers=headers)
        assert response.status_code == 403
        assert "set-cookie" not in response.headers


# --- 18: the cookie


def sign_in(client: Any, token: str) -> str:
    response = client.post("/ui/login", data={"token": token})
    assert response.status_code == 303
    return str(response.cookies["ff_token"])


def test_18_b21_the_cookie_is_a_session_and_never_the_token(house, browser) -> None:
    response = browser.post("/ui/login", data={"token": house.token})
    header = response.headers["set-cookie"]
    parts = {part.strip().lower().partition("=")[0]: part.strip().partition("=")[2] for part in header.split(";")}
    assert header.startswith("ff_token=")
    assert house.token not in header
    assert {"httponly", "samesite", "path", "max-age"} <= set(parts)
    assert (parts["samesite"].lower(), parts["path"]) == ("lax", "/")
    assert 0 < int(parts["max-age"]) <= 30 * 24 * 3600
    assert "domain" not in parts


def test_18_b21_over_https_the_cookie_is_secure(house, browser) -> None:
    response = browser.post("https://127.0.0.1:8787/ui/login", data={"token": house.token})
    assert "secure" in response.headers["set-cookie"].lower().replace(" ", "").split(";")


def test_18_a_raw_token_in_the_cookie_is_still_accepted(house, browser) -> None:
    response = browser.get("/v1/ping", headers={"Cookie": f"ff_token={house.token}"})
    assert response.status_code == 200


def test_18_a15_a_cookie_ends_with_its_sign_out(house, browser) -> None:
    cookie = {"Cookie": f"ff_token={sign_in(browser, house.token)}"}
    browser.cookies.clear()
    assert browser.get("/v1/ping", headers=cookie).status_code == 200
    assert browser.post("/ui/logout", headers=cookie).status_code == 303
    assert browser.get("/v1/ping", headers=cookie).status_code == 401


def test_18_a_session_survives_a_restart_and_its_database_does_not_hold_it(start_core, faceforge, dump) -> None:
    session = sign_in(faceforge.client, faceforge.token)
    assert session not in json.dumps(dump(faceforge.home), default=str)
    faceforge.kernel.close()
    again = start_core(faceforge.home).client
    again.headers.pop("Authorization")
    assert again.get("/v1/ping", headers={"Cookie": f"ff_token={session}"}).status_code == 200


def test_a10_after_ten_wrong_sign_ins_the_right_one_waits_but_the_api_does_not(faceforge, api_of, monkeypatch) -> None:
    client, token = faceforge.client, faceforge.token
    for number in range(10):
        headers = {"X-Forwarded-For": f"10.0.0.{number}"}
        assert client.post("/ui/login", data={"token": "wrong"}, headers=headers).status_code == 401
    response = client.post("/ui/login", data={"token": token}, headers={"X-Forwarded-For": "10.9.9.9"})
    assert response.status_code == 429
    wait = int(response.headers["retry-after"])
    assert 0 < wait <= 61
    api_of(client).data("GET", "/v1/ping")
    later = faceforge.kernel.sessions._limit._clock() + wait
    monkeypatch.setattr(faceforge.kernel.sessions._limit, "_clock", lambda: later)
    assert client.post("/ui/login", data={"token": token}).status_code == 303


# --- 21: plugins that were enabled under v0.1.9


def test_21_a_plugin_enabled_under_the_old_version_runs_no_code_until_it_is_enabled_again(
    start_core, api_of, legacy_home: Path, tmp_path: Path
) -> None:
    folder = legacy_home / "plugins" / "demo-plugin"
    manifest = json.loads((folder / "plugin.json").read_text())
    proof = tmp_path / "code ran"
    manifest |= {"entrypoints": {"python": "plugin"}, "api_version": 1}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(f"import pathlib\npathlib.Path({str(proof)!r}).touch()\n")
    api = api_of(start_core(legacy_home).client)
    (row,) = (item for item in api.data("GET", "/v1/plugins")["items"] if item["plugin_id"] == "demo.plugin")
    assert (row["enabled"], row["state"]) == (True, "error")
    assert "enable" in row["error"]["summary"].lower()
    assert not proof.exists()
    assert api.data("POST", "/v1/plugins/demo.plugin/enable")["state"] == "active"
    assert proof.exists()


def test_deleted_plugin_rows_do_not_block_their_id(start_core, api_of, legacy_home: Path) -> None:
    """V13, as far as plugins go."""
    with closing(sqlite3.connect(legacy_home / "db" / "core.sqlite3")) as connection, connection:
        connection.execute("UPDATE plugin_registry SET deleted_at = updated_at")
    api = api_of(start_core(legacy_home).client)
    (row,) = (item for item in api.data("GET", "/v1/plugins")["items"] if item["plugin_id"] == "demo.plugin")
    assert row["enabled"] is False
    assert api.data("POST", "/v1/plugins/demo.plugin/enable")["state"] == "active"
