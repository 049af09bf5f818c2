"""Jobs and logs as they are read: lists, filters, pages; rows of v0.1.9 among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from faceforge_core.db import sqlite
from faceforge_core.jobs import foreground, pruning, records
from faceforge_core.owned import Owned
from faceforge_sdk.contributions import JobHandler
from faceforge_sdk.errors import InvalidInput, NotFound
from faceforge_sdk.models import JobQuery

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def stored(works: Any) -> Callable[..., str]:
    """A job's row, as an older Core may have left it."""

    def store(job_id: str, **facts: Any) -> str:
        row = {"job_id": job_id, "job_type": "test.work", "status": "succeeded", **facts}
        names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
        works.execute(f"INSERT INTO jobs ({names}) VALUES ({values})", **row)
        return job_id

    return store


@pytest.fixture
def ids(works: Any) -> Callable[..., list[str]]:
    """The ids in a list of jobs."""
    return lambda **query: [job.job_id for job in works.jobs.list(JobQuery(**query)).items]


def test_the_newest_come_first_and_filters_narrow(stored: Any, ids: Any, works: Any) -> None:
    stored("a", created_at="2026-01-01T00:00:00.000Z", status="failed")
    stored("b", created_at="2026-01-02T00:00:00.000Z", job_type="other.work")
    stored("c", created_at="2026-01-03T00:00:00.000Z", status="failed", job_type="other.work")
    stored("gone", deleted_at="2026-01-03T00:00:00.000Z")

    assert ids() == ["c", "b", "a"]
    assert ids(sort_order="asc") == ["a", "b", "c"]
    assert ids(status="failed") == ["c", "a"]
    assert ids(job_type=" other.work ") == ["c", "b"]
    assert ids(status="failed", job_type="other.work") == ["c"]
    assert ids(status="queued") == []
    assert ids(status="", job_type="") == ["c", "b", "a"]
    page = works.jobs.list(JobQuery(status="failed", limit=1))
    assert (page.total, page.limit, page.offset) == (2, 1, 0)
    assert works.jobs.list(JobQuery(total="none")).total is None


@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_a_cursor_goes_on_behind_the_last_job_seen_whatever_comes_meanwhile(
    stored: Any, ids: Any, works: Any, sort_order: Any
) -> None:
    for number in range(10):
        stored(f"job-{number}", created_at=f"2026-01-0{number // 3 + 1}T00:00:00.000Z")
    whole = ids(sort_order=sort_order)
    seen, cursor = [], None
    while True:
        page = works.jobs.list(JobQuery(limit=3, cursor=cursor, sort_order=sort_order))
        seen += [job.job_id for job in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        stored(f"new-{len(seen)}", created_at=f"202{'5' if sort_order == 'asc' else '7'}-01-01T00:00:00.000Z")
    assert seen == whole
    with pytest.raises(InvalidInput):
        works.jobs.list(JobQuery(cursor="nonsense"))


def test_a_log_is_read_in_pieces(works: Any) -> None:
    works.handle(lambda job: [job.log("info", f"line {n}", {"n": n}) for n in range(5)] and {})
    works.start()
    job_id = works.ended(works.enqueue()).job_id

    first = works.jobs.log(job_id, limit=4)
    assert [line.message for line in first.items] == ["Job queued", "Job started", "line 0", "line 1"]
    assert first.next_after_id == first.items[-1].job_log_id
    rest = works.jobs.log(job_id, first.next_after_id)
    assert [line.message for line in rest.items] == ["line 2", "line 3", "line 4", "Job completed"]
    assert rest.items[0].data == {"n": 2}
    end = works.jobs.log(job_id, rest.next_after_id)
    assert (end.items, end.next_after_id) == ([], rest.next_after_id)
    with pytest.raises(NotFound):
        works.jobs.log("f" * 64)


@pytest.mark.parametrize(
    "data", [{"a": float("inf")}, {"a": "\ud800"}, {"\0": "\0"}, {"a": {1, 2}}, {"a": "x" * 10**6}, {"a": 10**400}]
)
def test_whatever_a_job_logs_can_be_answered(works: Any, data: dict[str, Any]) -> None:
    works.handle(lambda job: job.log("strange", "odd \ud800 \0", data) or {})
    works.start()
    job_id = works.ended(works.enqueue()).job_id

    line = works.jobs.log(job_id).items[2]
    assert line.level == "info"
    assert line.message == "odd ? \ufffd"
    assert line.model_dump_json()


@pytest.mark.parametrize("error", ['"gone"', "[1]", "null", '{"message": "no code"}', '{"code": 5, "message": null}'])
def test_errors_and_results_of_any_shape_are_read(stored: Any, works: Any, error: str) -> None:
    stored("old", status="failed", error_json=error, result_json="[1, 2]")

    job = works.jobs.get("old")
    assert job.error is not None
    assert job.error.code
    assert job.result == {"value": [1, 2]}
    assert works.jobs.list(JobQuery()).items == [job]


@pytest.mark.parametrize("place", [None, "value"])
@pytest.mark.parametrize("filters", [(), ("status",), ("job_type",), ("status", "job_type")])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_every_list_of_jobs_reads_an_index(
    assert_indexed: Callable[[str], None], sort_order: str, filters: tuple[str, ...], place: Any
) -> None:
    assert_indexed(records._list_statement(sort_order, filters, place).sql)
    assert_indexed(records._count_statement(filters).sql)


def test_logs_and_what_is_to_be_pruned_are_found_by_indexes(assert_indexed: Callable[[str], None]) -> None:
    assert_indexed(records._LOG.sql)
    assert_indexed(pruning._ENDED_BETWEEN.bind({"after": "", "after_row": 0, "before": ""})[0])
    assert_indexed(pruning._LINES.bind({"jobs": ["a", "b"]})[0])


class Nothing(BaseModel):
    pass


@pytest.fixture
def with_thumbs(works: Any) -> None:
    """Jobs of the type ``thumbs`` are done in the background."""
    works.handlers.append(Owned("p", JobHandler("thumbs", Nothing, lambda _: {}, background=True)))


def plan_of(path: Path, sql: str, values: Any) -> list[str]:
    connection = sqlite.connect(path)
    try:
        return [str(row["detail"]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    finally:
        connection.close()


def test_background_jobs_can_be_left_out_but_what_failed(stored: Any, ids: Any, works: Any, with_thumbs: None) -> None:
    for number in range(20):
        stored(f"t{number:02}", job_type="thumbs", created_at=f"2026-02-{number + 1:02}T00:00:00.000Z")
    stored("t-bad", job_type="thumbs", created_at="2026-01-02T00:00:00.000Z", status="failed")
    stored("a", created_at="2026-01-01T00:00:00.000Z")
    stored("b", created_at="2026-01-03T00:00:00.000Z", job_type="other.work", status="running")
    stored("c", created_at="2026-01-03T00:00:00.000Z", job_type="aaa")
    stored("gone", deleted_at="2026-01-03T00:00:00.000Z")

    assert ids(background=False) == ["b", "c", "t-bad", "a"]
    assert ids(background=False, sort_order="asc") == ["a", "t-bad", "b", "c"]
    assert ids(background=False, status="succeeded") == ["c", "a"]
    assert ids(background=False, status="failed") == ["t-bad"]
    assert len(ids(background=False, job_type="thumbs")) == 21  # who asks for them gets them
    assert len(ids()) == 24
    assert [works.jobs.list(JobQuery(background=False, status=status)).total for status in (None, "running")] == [4, 1]
    works.handlers.clear()
    assert len(ids(background=False)) == 24  # nobody says any more what they are


@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_a_list_without_background_jobs_goes_on_page_by_page(
    stored: Any, ids: Any, works: Any, with_thumbs: None, sort_order: Any
) -> None:
    for number in range(30):
        kind, status = [("x", "succeeded"), ("y", "queued"), ("thumbs", "succeeded"), ("thumbs", "failed")][number % 4]
        stored(f"j{number:02}", job_type=kind, status=status, created_at=f"2026-01-{number // 5 + 1:02}T00:00:00.000Z")
    whole = ids(background=False, sort_order=sort_order)
    assert len(whole) == 23
    assert ids(background=False, sort_order=sort_order, offset=5, limit=4) == whole[5:9]
    seen, cursor = [], None
    while True:
        page = works.jobs.list(JobQuery(background=False, limit=4, cursor=cursor, sort_order=sort_order))
        assert page.total == 23
        seen += [job.job_id for job in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == whole


@pytest.mark.parametrize("by_status", [True, False])
@pytest.mark.parametrize("place", [None, "value"])
def test_background_jobs_are_left_out_without_being_looked_at(
    assert_indexed: Callable[..., None], database_path: Any, place: Any, by_status: bool
) -> None:
    values = {"background": ["thumbs"], "limit": 2, "offset": 0} | ({"status": "queued"} if by_status else {})
    after = {"key": "2026", "last_id": "a"} if place else {}
    for sort_order in ("asc", "desc"):
        statement = foreground.list_statement(sort_order, place, by_status=by_status)
        plan = plan_of(database_path, *statement.bind({**values, **after}))
        assert {step for step in plan if step.startswith("SCAN")} <= {"SCAN kinds", "SCAN found", "SCAN anon_2"}, plan
        assert "SEARCH jobs USING INDEX ix_jobs_type (job_type=?" in " ".join(plan)


def test_a_log_is_read_by_level(works: Any, assert_indexed: Callable[[str], None]) -> None:
    works.handle(lambda job: [job.log(level, level) for level in ("info", "error", "warning", "error")] and {})
    works.start()
    job_id = works.ended(works.enqueue()).job_id
    first = works.jobs.log(job_id, limit=2, levels=["error", "warning"])
    assert [line.message for line in first.items] == ["error", "warning"]
    rest = works.jobs.log(job_id, first.next_after_id, levels=["error", "warning"])
    assert [line.message for line in rest.items] == ["error"]
    assert_indexed(records._LOG_OF_LEVELS.bind({"id": "", "after": 0, "limit": 1, "levels": ["error"]})[0])
