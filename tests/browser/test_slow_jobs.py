"""Pages of jobs whose answers come late, in another order, or not at all."""

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
    from playwright.sync_api import Page, Route

    OpenPage = Callable[..., Page]
    Hold = Callable[..., Any]


STEPS = """
import time
from pathlib import Path

from pydantic import BaseModel

from faceforge_sdk import JobHandler, hookimpl


class Folder(BaseModel):
    folder: str


@hookimpl
def register_job_handlers(ctx):
    def run(job):
        said = 0
        while not Path(job.input.folder, "end").exists():
            job.check_cancelled()
            for line in sorted(Path(job.input.folder).glob("line *"))[said:]:
                job.log("info", line.name)
                said += 1
            time.sleep(0.02)
        return {}

    return [JobHandler("steps.run", Folder, run)]
"""


@pytest.fixture(scope="module")
def core(core_process: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Core for these tests, with a plugin whose job does what a folder says, step by step."""
    home = tmp_path_factory.mktemp("jobs") / "home"
    plugin = home / "plugins" / "steps"
    plugin.mkdir(parents=True)
    manifest = {"id": "steps", "name": "Steps", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (plugin / "plugin.json").write_text(json.dumps(manifest))
    (plugin / "plugin.py").write_text(STEPS)
    process = core_process(home, {}, ())
    process.wait_until_healthy()
    process.client().post("/v1/plugins/steps/enable").raise_for_status()
    yield process
    process.close()


@pytest.fixture
def start(api: httpx.Client) -> Iterator[Callable[[Path], str]]:
    """Starts a job that logs each file ``line …`` of a folder, and ends with its file ``end``, or with the test."""
    ids: list[str] = []

    def queue(folder: Path) -> str:
        answer = api.post("/v1/jobs", json={"job_type": "steps.run", "input": {"folder": str(folder)}})
        ids.append(str(answer.raise_for_status().json()["data"]["job_id"]))
        return ids[-1]

    yield queue
    for job_id in ids:
        api.post(f"/v1/jobs/{job_id}/cancel").raise_for_status()


def reached(api: httpx.Client, job_id: str, status: str) -> None:
    wait_for(lambda: api.get(f"/v1/jobs/{job_id}").json()["data"]["status"] == status)


def refuse_once(page: Page, address: str) -> list[Route]:
    """Core has no time for the first request to an address. Returns those that were refused."""
    refused: list[Route] = []

    def answer(route: Route) -> None:
        if refused:
            route.fallback()
        else:
            refused.append(route)
            route.fulfill(status=503, body="busy")

    page.route(address, answer)
    return refused


def test_a_job_whose_stream_is_refused_is_followed_all_the_same(
    open_page: OpenPage, watch: Any, start: Callable[[Path], str], tmp_path: Path, api: httpx.Client
) -> None:
    watch.expected.add(503)
    job_id = start(tmp_path)
    reached(api, job_id, "running")
    (tmp_path / "line 1").touch()
    page = open_page("/ui/jobs")
    refused = refuse_once(page, "**/events*")
    page.goto(f"/ui/jobs/{job_id}")
    (tmp_path / "line 2").touch()
    expect(page.locator(".log-message", has_text="line")).to_have_text(["line 1", "line 2"])
    (tmp_path / "end").touch()
    expect(page.locator("#job-status")).to_contain_text("Done")
    assert refused


@pytest.fixture
def waiting(
    start: Callable[[Path], str], tmp_path: Path, api: httpx.Client
) -> Iterator[tuple[str, Callable[[], None]]]:
    """A job that waits for one of two others to end, and what ends one of these."""
    folders = [tmp_path / name for name in ("first", "second", "third")]
    for folder in folders:
        folder.mkdir()
    ids = [start(folder) for folder in folders]
    reached(api, ids[1], "running")
    yield ids[2], (folders[0] / "end").touch
    for folder in folders:
        (folder / "end").touch()


def test_a_state_whose_page_did_not_come_is_shown_though_the_job_says_nothing_more(
    open_page: OpenPage, watch: Any, waiting: tuple[str, Callable[[], None]]
) -> None:
    watch.expected.add(503)
    job_id, let_begin = waiting
    page = open_page(f"/ui/jobs/{job_id}")
    expect(page.locator("#job-status")).to_contain_text("Waiting")
    page.wait_for_load_state("networkidle")
    refused = refuse_once(page, f"**/ui/jobs/{job_id}")
    let_begin()
    expect(page.locator("#job-status")).to_contain_text("Running")
    assert refused


def test_a_job_that_begins_takes_no_button_out_of_a_hand(
    open_page: OpenPage, waiting: tuple[str, Callable[[], None]]
) -> None:
    job_id, let_begin = waiting
    page = open_page(f"/ui/jobs/{job_id}")
    expect(page.locator("#job-status")).to_contain_text("Waiting")
    page.wait_for_load_state()
    cancel = page.get_by_role("button", name="Cancel job")
    cancel.focus()
    let_begin()
    expect(page.locator("#job-status")).to_contain_text("Running")
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#job-status")).to_contain_text("Canceled")


def test_a_job_that_ends_while_its_cancel_is_under_way_says_how_it_ended(
    open_page: OpenPage, start: Callable[[Path], str], hold: Hold, tmp_path: Path, api: httpx.Client
) -> None:
    job_id = start(tmp_path)
    reached(api, job_id, "running")
    page = open_page(f"/ui/jobs/{job_id}")
    cancel = hold(page, "**/cancel", "POST")
    page.get_by_role("button", name="Cancel job").click(no_wait_after=True)
    asked = cancel.next()
    with page.expect_response(f"**/ui/jobs/{job_id}"):  # what is shown can't be asked for while a page is awaited
        (tmp_path / "end").touch()
    reached(api, job_id, "succeeded")
    asked.continue_()
    expect(page.locator("#notice")).to_be_visible()
    expect(page.locator("#job-status")).to_contain_text("Done")
    expect(page.get_by_role("button", name="Cancel job")).to_have_count(0)


def test_whoever_leaves_a_job_before_its_page_has_come_finds_all_of_it_when_back(
    open_page: OpenPage, start: Callable[[Path], str], hold: Hold, tmp_path: Path, api: httpx.Client
) -> None:
    job_id = start(tmp_path)
    reached(api, job_id, "running")
    page = open_page(f"/ui/jobs/{job_id}")
    expect(page.locator("#job-status")).to_contain_text("Running")
    shown = re.compile(rf"/ui/jobs/{job_id}$")
    state = hold(page, shown)
    api.post(f"/v1/jobs/{job_id}/cancel").raise_for_status()
    state.next()
    page.locator(".back").get_by_role("link", name="Jobs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    page.unroute(shown)
    page.go_back()
    expect(page.locator("#job-status")).to_contain_text("Canceled")
    lines = [line["job_log_id"] for line in api.get(f"/v1/jobs/{job_id}/log").json()["data"]["items"]]
    expect(page.locator(".log-line")).to_have_count(len(lines))
    assert page.locator(".log-line").evaluate_all("rows => rows.map((row) => Number(row.dataset.line))") == lines


SHOWN_AGAIN = """() => document.dispatchEvent(new Event("visibilitychange"))"""


def test_an_older_list_of_jobs_does_not_take_the_place_of_a_newer(
    open_page: OpenPage, start: Callable[[Path], str], hold: Hold, tmp_path: Path, api: httpx.Client
) -> None:
    job_id = start(tmp_path)
    reached(api, job_id, "running")
    page = open_page("/ui/jobs")
    row = page.locator(f"[data-job='{job_id}']")
    expect(row).to_contain_text("Running")
    looks = hold(page, re.compile(r"/ui/jobs$"))
    give_older = looks.answered()
    (tmp_path / "end").touch()
    reached(api, job_id, "succeeded")
    page.evaluate(SHOWN_AGAIN)
    looks.answered()()
    expect(row).to_contain_text("Done")
    give_older()
    looks.next()  # the next look is planned only when both are through
    assert "Done" in row.inner_text()


def test_filters_of_the_list_chosen_one_after_the_other_count_together(
    open_page: OpenPage, hold: Hold, api: httpx.Client
) -> None:
    api.post("/v1/jobs", json={"job_type": "storage.verify", "input": {}}).raise_for_status()
    page = open_page("/ui/jobs")
    of_kind = hold(page, re.compile(r"\?type=storage.verify$"))
    page.get_by_label("Kind of job").select_option("Check the storage")
    of_kind.next()
    page.locator("#states").get_by_role("link", name="Canceled").click()
    expect(page).to_have_url(re.compile(r"status=canceled&type=storage.verify$|type=storage.verify&status=canceled$"))
    expect(page.get_by_label("Kind of job")).to_have_value("storage.verify")
    expect(page.locator("#states [aria-current]")).to_contain_text("Canceled")


def test_whoever_opens_a_job_before_the_filter_has_answered_comes_back_to_the_filter(
    open_page: OpenPage, hold: Hold, start: Callable[[Path], str], tmp_path: Path, api: httpx.Client
) -> None:
    job_id = start(tmp_path)
    reached(api, job_id, "running")
    page = open_page("/ui/jobs")
    filtered = re.compile(r"\?status=running$")
    listed = hold(page, filtered)
    page.locator("#states").get_by_role("link", name="Running").click()
    listed.next()
    page.locator(f"[data-job='{job_id}']").get_by_role("link").click()
    expect(page.locator("#job-status")).to_contain_text("Running")
    page.unroute(filtered)
    page.go_back()
    expect(page).to_have_url(filtered)
    expect(page.locator("#states [aria-current]")).to_contain_text("Running")
