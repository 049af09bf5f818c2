"""Old jobs and logs go when they are asked to, and never anything that still runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from faceforge_core.clock import text_of
from faceforge_core.db import seen_days
from faceforge_core.db.statements import prepare
from faceforge_sdk.errors import JobCancelled

if TYPE_CHECKING:
    from collections.abc import Callable


def days_ago(days: float) -> str:
    return text_of(datetime.now(UTC) - timedelta(days=days))


@pytest.fixture
def job(works: Any) -> Callable[..., str]:
    """A job that ended so many days ago, with some lines of log; v0.1.9's have no number."""

    def make(job_id: str, ended: float | None, status: str = "succeeded", lines: int = 3, seq: int | None = 1) -> str:
        works.execute(
            "INSERT INTO jobs (job_id, job_type, status, created_at, finished_at, queue_seq) "
            "VALUES (:id, 'test.work', :status, :created, :ended, :seq)",
            id=job_id,
            status=status,
            created=days_ago(500),
            ended=None if ended is None else days_ago(ended),
            seq=seq,
        )
        for number in range(lines):
            works.execute(
                "INSERT INTO job_logs (job_id, ts, level, message) VALUES (:id, :ts, 'info', :message)",
                id=job_id,
                ts=days_ago(500),
                message=str(number),
            )
        return job_id

    return make


def prune(works: Any, jobs: int | None, logs: int | None) -> Any:
    return works.jobs.prune(jobs, logs, lambda: None)


def left(works: Any) -> dict[str, int]:
    """The jobs that are left, and how many lines each still has."""
    lines = "(SELECT count(*) FROM job_logs l WHERE l.job_id = j.job_id) AS lines"
    with works.database.read() as reader:
        rows = reader.all(prepare(text(f"SELECT job_id, {lines} FROM jobs j")))
    return {row["job_id"]: row["lines"] for row in rows}


def counted(write: Any, sizes: list[int]) -> Any:
    def counting(work: Any) -> Any:
        answer = write(work)
        if isinstance(answer, int):
            sizes.append(answer)
        return answer

    return counting


def test_jobs_go_with_their_logs_once_they_are_old_enough(works: Any, job: Any) -> None:
    job("old", 31)
    job("old of v0.1.9", 400, "canceled", seq=None)
    job("young", 29, "failed")

    assert prune(works, 30, None) == {"jobs": 2, "log_lines": 6}
    assert left(works) == {"young": 3}
    assert prune(works, 30, None) == {"jobs": 0, "log_lines": 0}


def test_logs_go_as_a_whole_and_their_jobs_stay(works: Any, job: Any) -> None:
    job("old", 8)
    job("young", 6)

    assert prune(works, None, 7) == {"jobs": 0, "log_lines": 3}
    assert left(works) == {"old": 0, "young": 3}
    assert works.jobs.log("old").items == []


@pytest.mark.parametrize(("jobs", "logs"), [(30, 7), (7, 30)])
def test_whichever_is_shorter_counts_for_the_log(works: Any, job: Any, jobs: int, logs: int) -> None:
    job("ancient", 31)
    job("old", 8)
    job("young", 6)

    assert prune(works, jobs, logs)["log_lines"] == 6
    assert left(works) == ({"old": 0, "young": 3} if jobs == 30 else {"young": 3})


def test_a_clock_that_leapt_a_year_ahead_makes_no_job_old(works: Any, job: Any) -> None:
    job("old", 365 + 32)
    job("young", 365 + 29)
    seen_days.note(works.database, datetime.now(UTC) - timedelta(days=365))

    assert prune(works, 30, 30) == {"jobs": 1, "log_lines": 3}
    assert left(works) == {"young": 3}


def test_what_has_not_ended_stays_whatever_its_row_says(works: Any, job: Any) -> None:
    job("queued", 400, "queued")
    job("running", 400, "running")
    job("never", None, "queued")

    assert prune(works, 0, 0) == {"jobs": 0, "log_lines": 0}
    assert left(works) == {"queued": 3, "running": 3, "never": 3}


def test_without_a_number_nothing_goes(works: Any, job: Any) -> None:
    job("old", 4000)
    assert prune(works, None, None) == {"jobs": 0, "log_lines": 0}
    assert left(works) == {"old": 3}


def test_much_goes_in_short_transactions_and_others_write_in_between(
    works: Any, job: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(works.database, "write", counted(works.database.write, sizes := []))
    for number in range(3):
        job(f"talkative {number}", 400, lines=0)
    works.execute(
        "INSERT INTO job_logs (job_id, ts, level, message) WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT 'talkative ' || (i % 3), '', 'info', i FROM n"
    )
    sizes.clear()

    assert prune(works, 30, None) == {"jobs": 3, "log_lines": 2000}
    assert sizes == [500, 500, 500, 500, 3]
    assert left(works) == {}


def test_jobs_that_ended_in_the_same_moment_are_all_met(works: Any) -> None:
    works.execute(
        "INSERT INTO jobs (job_id, job_type, status, finished_at) WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) SELECT 'same ' || i, 't', 'failed', :at FROM n",
        at=days_ago(9),
    )
    assert prune(works, None, 7) == {"jobs": 0, "log_lines": 0}
    assert prune(works, 7, None)["jobs"] == 1200


def test_it_stops_between_two_steps_when_it_is_asked_to(works: Any, job: Any) -> None:
    job("old", 400)

    def stop() -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        works.jobs.prune(30, None, stop)
    assert left(works) == {"old": 3}
