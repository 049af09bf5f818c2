"""kill -9 in the middle of jobs and events: each job still runs to one end, and each event is still told."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

JOBS = 60
WORKER = Path(__file__).parent / "worker.py"


def _start(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(WORKER), str(home), str(JOBS)], stdout=subprocess.PIPE, text=True)


def _lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def test_j01_i5_i6_jobs_and_events_survive_kill_9(
    tmp_path: Path, empty_home: Path, check_home: Callable[..., dict[str, Any]]
) -> None:
    home = shutil.copytree(empty_home, tmp_path / "home")
    for share in (0.1, 0.5):
        with _start(home) as worker:
            assert worker.stdout is not None
            worker.stdout.readline()
            while len(_lines(home / "ran")) < JOBS * share:
                assert worker.poll() is None
                time.sleep(0.002)
            worker.kill()
    with _start(home) as worker:
        assert worker.stdout is not None
        assert worker.stdout.read().split() == ["ready", "idle"]

    assert check_home(home) == {"assets": 0, "findings": [], "orphans": []}
    jobs, lines = _stored(home)
    assert Counter(status for _, status in jobs) == {"succeeded": JOBS}
    ends = Counter(job_id for job_id, message in lines if message == "Job completed")
    assert ends == {job_id: 1 for job_id, _ in jobs}, "one terminal line each"
    ran, heard = Counter(_lines(home / "ran")), Counter(_lines(home / "heard"))
    assert set(ran) == {str(number) for number in range(JOBS)}
    assert max(ran.values()) <= 3, "only what was running when the Core died runs again"
    assert sum(ran.values()) <= JOBS + 2 * 2
    assert set(heard) == {job_id for job_id, _ in jobs}, "every event was told at least once"


def _stored(home: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    connection = sqlite3.connect(home / "db" / "core.sqlite3")
    try:
        jobs = connection.execute("SELECT job_id, status FROM jobs").fetchall()
        lines = connection.execute("SELECT job_id, message FROM job_logs").fetchall()
    finally:
        connection.close()
    return jobs, lines
