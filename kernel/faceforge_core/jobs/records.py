"""What is stored of jobs: single ones, lists, logs. v0.1.9's rows read like ours."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from faceforge_core.catalog import stored_json
from faceforge_core.catalog.paging import Cut, Place
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import job_logs
from faceforge_core.db.tables import jobs as table
from faceforge_core.jobs import foreground
from faceforge_core.jobs.foreground import order_of
from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import Job, JobError, JobLog, JobLogLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Row

    from faceforge_core.db.engine import Database, Reader
    from faceforge_sdk.models import JobQuery, Page

FilterNames = tuple[str, ...]

_PLAIN = tuple(name for name in Job.model_fields if name not in {"input", "result", "error"})
_LIVE = table.c.deleted_at.is_(None)
_GET = prepare(select(table).where(table.c.job_id == bindparam("id"), _LIVE))
_LINES = (
    select(job_logs)
    .where(job_logs.c.job_id == bindparam("id"), job_logs.c.job_log_id > bindparam("after"))
    .order_by(job_logs.c.job_log_id)
    .limit(bindparam("limit"))
)
_LOG = prepare(_LINES)
_LOG_OF_LEVELS = prepare(_LINES.where(job_logs.c.level.in_(bindparam("levels", expanding=True))))


class JobRecords:
    """The jobs and their logs, to be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, job_id: str) -> Job:
        """Raises `NotFound`."""
        with self._database.read() as reader:
            return found(reader, job_id)

    def list(self, query: JobQuery, background: Sequence[str] = ()) -> Page[Job]:
        """Jobs by their creation; those of the `background` types are left out if the query says so.

        Raises `InvalidInput` for a foreign cursor.
        """
        cut = Cut.of(query, order_of(query.sort_order))
        values: dict[str, Any] = _filters(query)
        if query.background or values.get("status") == "failed" or "job_type" in values or not background:
            statement = _list_statement(query.sort_order, tuple(values), cut.place)
            count = _count_statement(tuple(values))
        else:
            statement = foreground.list_statement(query.sort_order, cut.place, by_status="status" in values)
            count = foreground.count_statement(by_status="status" in values)
            values["background"] = background
        with self._database.read() as reader:
            rows = reader.all(statement, **values, **cut.params)
            total = int(reader.value(count, **values)) if query.total == "exact" else None
        return cut.page(rows, job_of, total)

    def log(self, job_id: str, after_id: int, limit: int, levels: Sequence[str] = ()) -> JobLog:
        """The lines behind `after_id`, of all or of these levels. Raises `NotFound`."""
        with self._database.read() as reader:
            found(reader, job_id)
            lines = [_line_of(row) for row in _lines(reader, job_id, after_id, limit, levels)]
        return JobLog(items=lines, next_after_id=lines[-1].job_log_id if lines else after_id)

    def look(self, job_id: str, after_id: int, limit: int) -> tuple[Job, Sequence[JobLogLine]]:
        """A job and the lines behind `after_id`, of the same moment. Raises `NotFound`."""
        with self._database.read() as reader:
            job = found(reader, job_id)
            rows = _lines(reader, job_id, after_id, limit)
        return job, [_line_of(row) for row in rows]


def found(reader: Reader, job_id: str) -> Job:
    """The job with this id. Raises `NotFound`."""
    row = reader.one(_GET, id=job_id)
    if row is None:
        raise NotFound(f"There is no job {job_id[:80]!r}.")
    return job_of(row)


def job_of(row: Row) -> Job:
    """The job of a row of its table."""
    return Job(
        **{name: row[name] for name in _PLAIN},
        input=stored_json.load(row["input_json"]),
        result=None if row["result_json"] is None else _result(stored_json.load(row["result_json"])),
        error=None if row["error_json"] is None else _error(stored_json.load(row["error_json"])),
    )


def _result(stored: Any) -> dict[str, Any]:
    """As it is; v0.1.9 took any JSON for a result."""
    return stored if isinstance(stored, dict) else {"value": stored}


def _error(stored: Any) -> JobError:
    """As it is; v0.1.9 took any JSON for an error."""
    if not isinstance(stored, dict):
        return JobError(code="job_failed", message=str(stored))
    return JobError(code=str(stored.get("code", "job_failed")), message=str(stored.get("message", "")))


def _line_of(row: Row) -> JobLogLine:
    return JobLogLine(
        job_log_id=row["job_log_id"],
        ts=row["ts"],
        level=row["level"],
        message=row["message"],
        data=None if row["data_json"] is None else stored_json.load(row["data_json"]),
    )


def _lines(reader: Reader, job_id: str, after_id: int, limit: int, levels: Sequence[str] = ()) -> Sequence[Row]:
    if levels:
        return reader.all(_LOG_OF_LEVELS, id=job_id, after=after_id, limit=limit, levels=levels)
    return reader.all(_LOG, id=job_id, after=after_id, limit=limit)


def _filters(query: JobQuery) -> dict[str, str]:
    """The filters that apply; their names select the conditions."""
    wanted = {"status": query.status, "job_type": query.job_type}
    return {name: value for name, value in wanted.items() if value}


@cache
def _list_statement(sort_order: str, filters: FilterNames, place: Place | None) -> Prepared:
    conditions = [table.c[name] == bindparam(name) for name in filters]
    return order_of(sort_order).page_of(select(table).where(_LIVE, *conditions), place)


@cache
def _count_statement(filters: FilterNames) -> Prepared:
    conditions = [table.c[name] == bindparam(name) for name in filters]
    return prepare(select(func.count()).select_from(table).where(_LIVE, *conditions))
