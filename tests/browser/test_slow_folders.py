"""Choosing the folder to import while listings of folders come late."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]
    Hold = Callable[..., Any]

LISTINGS = "**/bulk-import/folders*"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("Ada/early/best", "Grace/late"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def chooser(open_page: OpenPage, photos: Path) -> Page:
    """The page that imports, looking into a folder."""
    page = open_page(f"/ui/import?path={photos}")
    expect(page.locator(".folder")).to_have_text(["Ada", "Grace"])
    return page


def test_of_two_folders_the_one_clicked_last_is_the_one_to_import(chooser: Page, photos: Path, hold: Hold) -> None:
    listings = hold(chooser, LISTINGS)
    chooser.get_by_role("button", name="Ada").click()
    give_older = listings.answered()
    chooser.get_by_role("button", name="Grace").click()
    listings.answered()()
    expect(chooser.locator(".folder")).to_have_text(["late"])
    give_older()
    chooser.get_by_role("button", name="late").click()
    listings.answered()()
    expect(chooser.locator("#folders-path")).to_have_text(str(photos / "Grace" / "late"))
    expect(chooser.get_by_label("Folder", exact=True)).to_have_value(str(photos / "Grace" / "late"))


def test_a_path_that_is_typed_before_a_listing_has_come_stays(chooser: Page, photos: Path, hold: Hold) -> None:
    listings = hold(chooser, LISTINGS)
    chooser.get_by_role("button", name="Ada").click()
    give_older = listings.answered()
    field = chooser.get_by_label("Folder", exact=True)
    field.fill(str(photos / "Grace"))
    give_older()
    listings.answered()()
    expect(chooser.locator(".folder")).to_have_text(["late"])
    expect(field).to_have_value(str(photos / "Grace"))
    expect(field).to_be_focused()


def test_a_folder_is_imported_that_was_clicked_but_not_listed_yet(chooser: Page, photos: Path, hold: Hold) -> None:
    (photos / "Ada" / "1.txt").write_text(str(photos))
    listings = hold(chooser, LISTINGS)
    chooser.get_by_role("button", name="Ada").click()
    listings.next()
    chooser.get_by_role("button", name="Try it first").click()
    expect(chooser.get_by_role("heading", level=1)).to_have_text(f"Try importing {photos / 'Ada'}")


def test_a_double_click_opens_one_folder_and_not_one_in_it_too(chooser: Page, photos: Path) -> None:
    box = chooser.get_by_role("button", name="Ada").bounding_box()
    assert box
    place = (box["x"] + 20, box["y"] + box["height"] / 2)
    chooser.mouse.click(*place)
    expect(chooser.locator(".folder")).to_have_text(["early"])
    looked: list[str] = []
    chooser.on("request", lambda request: looked.append(request.url))
    chooser.mouse.down(click_count=2)
    chooser.mouse.up(click_count=2)
    chooser.get_by_label("Folder", exact=True).fill(str(photos / "Grace"))
    expect(chooser.locator(".folder")).to_have_text(["late"])
    assert [url.rpartition("%2F")[2] for url in looked if "/folders?" in url] == ["Grace"]


def test_a_refusal_says_nothing_about_the_path_that_was_typed_after_it(
    open_page: OpenPage, watch: Any, photos: Path, hold: Hold
) -> None:
    watch.expected.add(404)
    page = open_page("/ui/jobs")
    listings = hold(page, re.compile(r"/bulk-import/folders$"))
    page.goto(f"/ui/import?path={photos / 'nowhere'}")
    listings.next()  # the places to start from, behind the refusal
    page.get_by_label("Folder", exact=True).fill(str(photos / "Ada"))
    page.wait_for_timeout(0)
    assert "nowhere" not in (page.locator("#folders-foot").text_content() or "")
    expect(page.locator(".folder")).to_have_text(["early"])
