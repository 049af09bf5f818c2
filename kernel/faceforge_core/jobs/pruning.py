"""Removing old jobs and logs, a little at a time, so that nobody waits for it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Integer, bindparam, delete, literal_column, or_, select

from faceforge_core.db import seen_days
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import job_logs
from faceforge_core.db.tables import jobs as table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from sqlite3 import Row

    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_core.db.statements import Prepared

_BATCH = 500

_ROW = literal_column("rowid", Integer)
_ENDED = table.c.status.not_in(("queued", "running"))  # said so, it tempts SQLite into no other index
_ENDED_BETWEEN = prepare(
    select(table.c.job_id, table.c.finished_at, _ROW)
    .where(
        table.c.finished_at >= bindparam("after"),
        or_(table.c.finished_at > bindparam("after"), bindparam("after_row") < _ROW),
        table.c.finished_at < bindparam("before"),
        _ENDED,
    )
    .order_by(table.c.finished_at, _ROW)
    .limit(_BATCH)
)
_LINES = prepare(
    select(job_logs.c.job_log_id).where(job_logs.c.job_id.in_(bindparam("jobs", expanding=True))).limit(_BATCH)
)
_REMOVE_LINES = prepare(delete(job_logs).where(job_logs.c.job_log_id.in_(bindparam("ids", expanding=True))))
_REMOVE_JOBS = prepare(delete(table).where(table.c.job_id.in_(bindparam("ids", expanding=True))))


def prune(
    database: Database, jobs_days: int | None, logs_days: int | None, check_cancelled: Callable[[], None]
) -> dict[str, int]:
    """See the SDK's `Jobs.prune`. A log goes as a whole, and before its job."""
    removed = {"jobs": 0, "log_lines": 0}
    with database.read() as reader:
        jobs_before, logs_before = _before(reader, jobs_days), _before(reader, logs_days)
    for page in _ended_before(database, max(jobs_before, logs_before)):
        removed["log_lines"] += _remove_lines(database, [row["job_id"] for row in page], check_cancelled)
        old = [row["job_id"] for row in page if row["finished_at"] < jobs_before]
        if old:
            removed["jobs"] += database.write(partial(_remove, removal=_REMOVE_JOBS, ids=old))
    return removed


def _ended_before(database: Database, before: str) -> Iterator[Sequence[Row]]:
    after, after_row = "", 0
    while True:
        with database.read() as reader:
            page = reader.all(_ENDED_BETWEEN, after=after, after_row=after_row, before=before)
        if not page:
            return
        yield page
        after, after_row = page[-1]["finished_at"], page[-1]["rowid"]


def _remove_lines(database: Database, jobs: Sequence[str], check_cancelled: Callable[[], None]) -> int:
    removed = 0
    while True:
        check_cancelled()
        with database.read() as reader:
            ids = [row["job_log_id"] for row in reader.all(_LINES, jobs=jobs)]
        if not ids:
            return removed
        removed += database.write(partial(_remove, removal=_REMOVE_LINES, ids=ids))


def _remove(tx: Transaction, removal: Prepared, ids: Sequence[object]) -> int:
    return tx.run(removal, ids=ids)


def _before(reader: Reader, days: int | None) -> str:
    """When a job must have ended to be so old; no moment at all for none."""
    return "" if days is None else seen_days.days_ago(reader, days)
