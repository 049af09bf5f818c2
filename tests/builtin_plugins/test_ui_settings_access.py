"""The page of access over HTTP: the token for who asks, its replacement, and the browsers that are signed in."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from faceforge_builtins.ui_settings.browsers import browser_of
from faceforge_core.app import create_app
from faceforge_sdk.testing.house import FakeTexts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faceforge_core.testing import RunningCore

PATH = "/ui/settings/access"
AGENTS = {
    "Firefox on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Firefox on Linux": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Firefox on iPhone": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) FxiOS/127.0 Mobile/15E148 Safari/605.1.15",
    "Safari on iPhone": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Safari on macOS": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Safari/605.1.15",
    "Chrome on Android": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36",
    "Chrome on ChromeOS": "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36",
    "Edge on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
    "Opera on Linux": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/125.0.0.0 Safari/537.36 OPR/111.0.0.0",
}
HTML = {"Accept": "text/html"}


@pytest.fixture
def sign_in(faceforge: RunningCore) -> Iterator[Callable[..., TestClient]]:
    """Signs a browser of its own in."""
    browsers: list[TestClient] = []

    def make(user_agent: str = "python-requests/2.0") -> TestClient:
        base = "http://127.0.0.1:8787"
        browser = TestClient(create_app(faceforge.kernel), base_url=base, follow_redirects=False, headers=HTML)
        browsers.append(browser)
        browser.headers["Origin"] = base
        browser.headers["User-Agent"] = user_agent
        assert browser.post("/ui/login", data={"token": faceforge.token}).status_code == 303
        return browser

    yield make
    for browser in browsers:
        browser.close()


def text_of(page: str) -> str:
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def show(client: TestClient, path: str = PATH) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


def signed_in(browser: TestClient) -> bool:
    return bool(browser.get(PATH).status_code == 200)


def test_the_token_is_shown_to_who_asks_and_kept_by_nobody(faceforge: RunningCore, sign_in: Any) -> None:
    browser = sign_in()
    assert faceforge.token not in browser.get(PATH).text
    answer = browser.post(f"{PATH}/token")
    assert f'value="{faceforge.token}"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert browser.get(f"{PATH}/token").status_code == 405
    stranger = browser.post(f"{PATH}/token", headers={"Origin": "http://evil.example"})
    assert stranger.status_code == 403
    assert faceforge.token not in stranger.text


def test_a_new_token_ends_all_others_and_leaves_who_asked_signed_in(faceforge: RunningCore, sign_in: Any) -> None:
    mine, other, old = sign_in(), sign_in(), faceforge.token
    page = show(mine, f"{PATH}/rotate")
    assert "1 other browser is signed out. This one stays signed in." in page
    assert faceforge.token == old
    answer = mine.post(f"{PATH}/rotate")
    assert faceforge.token != old
    assert f'value="{faceforge.token}"' in answer.text
    assert "This browser stays signed in" in text_of(answer.text)
    assert "This browser signed in" in show(mine)
    assert not signed_in(other)
    refused = faceforge.client.get("/v1/ping")  # which still shows the old one
    assert refused.status_code == 401


def test_browsers_are_told_apart_by_their_names(sign_in: Any) -> None:
    mine, old = sign_in(AGENTS["Firefox on Windows"]), sign_in()
    sign_in(AGENTS["Safari on iPhone"])
    page = show(mine)
    assert "This browser Firefox on Windows signed in" in page
    assert "Safari on iPhone signed in" in page
    assert "Another browser signed in" in page
    assert 'aria-label="Sign out Safari on iPhone"' in mine.get(PATH).text
    mine.post(f"{PATH}/rotate")
    assert "This browser Firefox on Windows signed in" in show(mine)
    assert not signed_in(old)


@pytest.mark.parametrize("name", AGENTS)
def test_a_browser_has_the_name_that_people_call_it_by(name: str) -> None:
    assert browser_of(AGENTS[name], FakeTexts()) == name


@pytest.mark.parametrize(("said", "name"), [(None, ""), ("", ""), ("curl/8.5", ""), ("Thing (Windows NT)", "Windows")])
def test_of_what_is_no_browser_only_what_is_known_is_said(said: str | None, name: str) -> None:
    assert browser_of(said, FakeTexts()) == name


def test_browsers_are_signed_out_one_by_one_and_all_others_at_once(sign_in: Any) -> None:
    mine, other, third, fourth = sign_in(), sign_in(), sign_in(), sign_in()
    page = mine.get(PATH).text
    assert text_of(page).count("Another browser") == 3
    assert text_of(page).count("This browser") == 1
    for browser in (mine, other, third, fourth):
        assert str(browser.cookies["ff_token"]) not in page
    key = re.findall(r'name="key" value="([0-9a-f]{64})"', page)[0]
    place = mine.post(f"{PATH}/sign-out", data={"key": key}).headers["location"]
    assert "That browser is signed out." in mine.get(place).text
    assert [signed_in(one) for one in (other, third, fourth)].count(False) == 1
    assert "notice=over" in mine.post(f"{PATH}/sign-out", data={"key": key}).headers["location"]
    place = mine.post(f"{PATH}/sign-out").headers["location"]
    assert "2 other browsers are signed out." in mine.get(place).text
    assert [signed_in(one) for one in (mine, other, third, fourth)] == [True, False, False, False]
    assert "Sign out all others" not in show(mine)
    assert 'formaction="/ui/logout"' in mine.get(PATH).text
