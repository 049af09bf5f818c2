"""Importing a folder by hand, and watching, canceling and undoing it, in a real browser."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from faceforge_core.testing import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]


CHATTER = """
import time

from pydantic import BaseModel

from faceforge_sdk import JobHandler, hookimpl


class Nothing(BaseModel):
    pass


@hookimpl
def register_job_handlers(ctx):
    def flood(job):
        number = 0
        while True:
            job.check_cancelled()
            job.log("info", f"line {number}")
            number += 1
            if number > 6000:
                time.sleep(0.001)

    return [JobHandler("chatter.flood", Nothing, flood)]
"""


@pytest.fixture(scope="module")
def core(core_process: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Core for these tests, with a plugin whose job never stops talking."""
    home = tmp_path_factory.mktemp("jobs") / "home"
    plugin = home / "plugins" / "chatter"
    plugin.mkdir(parents=True)
    manifest = {"id": "chatter", "name": "Chatter", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (plugin / "plugin.json").write_text(json.dumps(manifest))
    (plugin / "plugin.py").write_text(CHATTER)
    process = core_process(home, {}, ())
    yield process.wait_until_healthy()
    process.close()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with two folders of files that no Core has seen."""
    folder = tmp_path / "holiday photos"
    for name in ("Ada/1.jpg", "Ada/2.jpg", "Grace/3.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(f"{folder} {name}".encode())
    return folder


@pytest.fixture
def queue(api: httpx.Client) -> Callable[..., str]:
    """Queues a job and returns its id: ``queue("storage.verify", deep=True)``."""

    def make(job_type: str, **asked: Any) -> str:
        answer = api.post("/v1/jobs", json={"job_type": job_type, "input": asked})
        return str(answer.raise_for_status().json()["data"]["job_id"])

    return make


@pytest.fixture
def slow_import(queue: Callable[..., str], photos: Path) -> str:
    """An import that takes its time over each of its files, and far longer than any test: eight minutes."""
    for number in range(1200):
        (photos / "Ada" / f"more {number:04}.jpg").write_bytes(f"{photos} {number}".encode())
    return queue("assets.bulk-import", path=str(photos), throttle_ms=400)


def ended(api: httpx.Client, job_id: str) -> dict[str, Any]:
    def over() -> dict[str, Any] | None:
        job: dict[str, Any] = api.get(f"/v1/jobs/{job_id}").json()["data"]
        return job if job["finished_at"] else None

    return wait_for(over)


def test_a_folder_is_found_tried_imported_and_undone(open_page: OpenPage, api: httpx.Client, photos: Path) -> None:
    page = open_page("/ui/jobs")
    page.get_by_role("link", name="Import a folder").first.click()
    folders = page.get_by_role("region", name="Folders")
    expect(folders.get_by_role("button").first).to_be_visible()
    page.get_by_label("Folder", exact=True).fill(str(photos.parent))
    folders.get_by_role("button", name="holiday photos").click()
    expect(page.get_by_label("Folder", exact=True)).to_have_value(str(photos))
    expect(folders).to_contain_text("0 files right here · 2 folders")
    folders.get_by_role("button", name="Ada").click()
    expect(folders).to_contain_text(re.compile(r"2 files right here \(\d+ bytes\)"))
    folders.get_by_role("button", name="Folder above").click()
    expect(page.get_by_label("Folder", exact=True)).to_have_value(str(photos))

    page.get_by_label("An entity for each folder").check()
    page.get_by_label("Tags for these entities").fill("by hand")
    page.get_by_role("button", name="Try it first").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Try importing {photos}")
    expect(page.get_by_role("heading", name="What would come in")).to_be_visible()
    expect(page.locator(".figures")).to_contain_text("files would come in")

    page.get_by_role("button", name="Import for real").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Import {photos}")
    expect(page.locator("#job-status")).to_contain_text("Done")
    expect(page.locator(".figures")).to_contain_text("entities were made")
    expect(page.locator("#log")).to_contain_text(f"Imported {photos / 'Ada' / '1.jpg'}")
    assert api.get("/v1/entities", params={"tag": "by hand"}).json()["data"]["total"] == 2

    page.get_by_role("button", name="Undo import").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Undo an import")
    expect(page.locator(".figures")).to_contain_text("files went to the trash")
    assert api.get("/v1/entities", params={"tag": "by hand"}).json()["data"]["total"] == 0


def test_the_log_comes_live_and_the_job_is_canceled(open_page: OpenPage, api: httpx.Client, slow_import: str) -> None:
    page = open_page(f"/ui/jobs/{slow_import}")
    imported = page.locator(".log-message").get_by_text("Imported", exact=True)
    expect(imported.nth(1)).to_be_visible()
    expect(page.locator("#job-step")).to_contain_text("files")
    page.get_by_role("button", name="Cancel job").click()
    expect(page.get_by_text("The job was asked to stop.")).to_be_visible()
    expect(page.locator("#job-status")).to_contain_text("Canceled")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel job")).to_have_count(0)
    lines = [line["job_log_id"] for line in api.get(f"/v1/jobs/{slow_import}/log").json()["data"]["items"]]
    expect(page.locator(".log-line")).to_have_count(len(lines))
    assert page.locator(".log-line").evaluate_all("rows => rows.map((row) => Number(row.dataset.line))") == lines
    # Live or read from the page, a line reads the same.
    live = page.locator(".log-text").all_inner_texts()
    page.reload()
    assert page.locator(".log-text").all_inner_texts() == live


def test_a_flood_of_lines_leaves_the_page_usable(open_page: OpenPage, api: httpx.Client, core: Any) -> None:
    """Thousands of lines before the page is there, and more while it is."""
    api.post("/v1/plugins/chatter/enable").raise_for_status()
    answer = api.post("/v1/jobs", json={"job_type": "chatter.flood", "input": {}})
    job_id = answer.raise_for_status().json()["data"]["job_id"]
    page = open_page(f"/ui/jobs/{job_id}")
    expect(page.locator("#log-older")).to_be_visible()  # each line is an event of its own
    expect(page.locator(".log-line")).to_have_count(2000)
    page.get_by_role("button", name="Cancel job").click()
    expect(page.locator("#job-status")).to_contain_text("Canceled")  # told behind the last line
    page.reload()
    expect(page.get_by_text("line 0", exact=True)).to_be_visible()


def test_the_list_follows_what_runs_and_keeps_the_focus(
    open_page: OpenPage, api: httpx.Client, queue: Callable[..., str], slow_import: str
) -> None:
    page = open_page("/ui/jobs")
    row = page.locator(f"[data-job='{slow_import}']")
    expect(row).to_contain_text("Running")
    row.get_by_role("link").focus()
    newer = queue("storage.settle")
    expect(page.locator(f"[data-job='{newer}']")).to_contain_text("Done")
    expect(row.get_by_role("link")).to_be_focused()
    api.post(f"/v1/jobs/{slow_import}/cancel")
    expect(row).to_contain_text("Canceled")
    expect(row.get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Import")


def test_filters_act_at_once_and_live_in_the_address(
    open_page: OpenPage, api: httpx.Client, queue: Callable[..., str]
) -> None:
    ended(api, queue("storage.verify"))
    ended(api, queue("jobs.prune", jobs_older_than_days=36_000))
    page = open_page("/ui/jobs")
    titles = page.locator(".job-title")
    page.get_by_label("Kind of job").select_option("Check the storage")
    expect(page).to_have_url(re.compile(r"\?type=storage.verify$"))
    expect(titles.first).to_have_text("Check the storage")
    expect(titles.filter(has_text="Remove old jobs and logs")).to_have_count(0)
    page.get_by_role("link", name="Canceled").press("Enter")
    expect(page.get_by_text("There is no such job.")).to_be_visible()
    expect(page.get_by_role("link", name="Canceled")).to_be_focused()
    page.go_back()
    expect(titles.first).to_have_text("Check the storage")
    page.get_by_label("Background jobs").check()
    expect(page).to_have_url(re.compile(r"background=1"))
    page.reload()
    expect(page.get_by_label("Background jobs")).to_be_checked()


def test_a_folder_that_is_not_there_is_told_while_typing_and_when_sent(
    open_page: OpenPage, watch: Any, photos: Path
) -> None:
    watch.expected |= {404, 422}
    page = open_page("/ui/import")
    field = page.get_by_label("Folder", exact=True)
    field.fill(str(photos / "nowhere"))
    expect(page.locator("#folders-foot")).to_contain_text(f"There is no folder {photos / 'nowhere'}.")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("There is no such folder")
    expect(field).to_have_value(str(photos / "nowhere"))
    expect(field).to_be_focused()


def test_an_import_works_without_scripts_and_on_a_phone(open_page: OpenPage, api: httpx.Client, photos: Path) -> None:
    page = open_page("/ui/import", width=320, java_script_enabled=False)
    expect(page.get_by_role("region", name="Folders")).to_be_hidden()
    page.get_by_label("Folder", exact=True).fill(str(photos))
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page).to_have_url(re.compile(r"/ui/jobs/\w+"))
    ended(api, page.url.partition("/ui/jobs/")[2].partition("?")[0])
    page.reload()
    expect(page.locator(".figures")).to_contain_text("files came in")


WIDE = "() => document.documentElement.scrollWidth > innerWidth"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_fit_on_a_narrow_screen(
    open_page: OpenPage, api: httpx.Client, queue: Callable[..., str], tmp_path: Path, theme: str
) -> None:
    folder = tmp_path / ("Supercalifragilistic" * 11) / "مريم 山田 🦊"
    folder.mkdir(parents=True)
    (folder / f"{'x' * 200}.jpg").write_bytes(str(folder).encode())
    done = queue("assets.bulk-import", path=str(folder))
    failed = queue("assets.bulk-import", path=str(folder / "gone"))
    ended(api, done)
    ended(api, failed)
    page = open_page("/ui/jobs", width=320, color_scheme=theme)
    for address in ("/ui/jobs", f"/ui/jobs/{done}", f"/ui/jobs/{failed}", f"/ui/import?path={folder}"):
        page.goto(address)
        page.get_by_role("heading", level=1).wait_for()
        for summary in page.locator("main summary").all():
            summary.click()
        assert not page.evaluate(WIDE), address
