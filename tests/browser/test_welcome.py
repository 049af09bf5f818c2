"""The first minutes with an empty library."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]


PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def core() -> None:
    """Not one Core for all: each test here wants an empty one."""


@pytest.fixture
def empty_core(core_process: Any, tmp_path: Any) -> Iterator[Any]:
    process = core_process(tmp_path / "home", {}, ())
    yield process.wait_until_healthy()
    process.close()


@pytest.fixture
def welcome(empty_core: Any, browser: Any, watch: Any, cannot_run: Any) -> Iterator[Page]:
    """The page after the first sign-in."""
    if browser is None:
        cannot_run("chromium is not installed")
    context = browser.new_context(base_url=empty_core.url, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    watch.over(context)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Access token").fill(empty_core.token)
    page.get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url(re.compile("/ui/login"))  # going on at once would take the sign-in back
    page.goto("/ui")
    yield page
    context.close()
    assert watch.problems == []


def test_a_name_and_enter_is_all_it_takes(welcome: Page) -> None:
    expect(welcome.get_by_role("heading", level=1)).to_have_text("Welcome to FaceForge")
    expect(welcome.get_by_label("Name", exact=True)).to_be_focused()
    welcome.keyboard.type("Ada Lovelace")
    welcome.keyboard.press("Enter")
    expect(welcome.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    welcome.goto("/ui")
    expect(welcome.get_by_role("heading", level=1)).to_have_text("Overview")


def test_files_dropped_on_the_welcome_are_in_the_library(welcome: Page, drop_files: Callable[..., None]) -> None:
    expect(welcome.get_by_label("Name", exact=True)).to_be_focused()
    welcome.wait_for_load_state("networkidle")
    drop_files(
        welcome, ("one.txt", "text/plain", b"1"), ("nothing.txt", "text/plain", b""), ("two.txt", "text/plain", b"2")
    )
    expect(welcome.get_by_text("2 files are in your library.")).to_be_visible()
    expect(welcome.locator(".arrivals .failed")).to_have_text(re.compile(r"nothing\.txt\s*The file is empty\."))
    welcome.get_by_role("link", name="See your library").click()
    expect(welcome.locator(".numbers")).to_contain_text(re.compile(r"Files\s*2"))
    expect(welcome.locator(".newest-name")).to_have_count(2)


def test_whoever_leaves_the_welcome_while_files_wait_is_asked(
    welcome: Page, drop_files: Callable[..., None], hold: Callable[..., Any]
) -> None:
    asked: list[str] = []
    welcome.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    uploads = hold(welcome, "**/v1/assets/upload", "POST")
    drop_files(welcome, ("one.txt", "text/plain", b"1"), ("two.txt", "text/plain", b"2"))
    uploads.next().continue_()
    second = uploads.next()
    welcome.get_by_role("link", name="See your library").click()
    second.continue_()
    expect(welcome.get_by_text("2 files are in your library.")).to_be_visible()
    assert asked == ["beforeunload"]
    welcome.get_by_role("link", name="See your library").click()
    expect(welcome.locator(".numbers")).to_contain_text(re.compile(r"Files\s*2"))
    assert asked == ["beforeunload"]
