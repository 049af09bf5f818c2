"""The queue's statements: each changes a job only from the state that its name implies."""

from __future__ import annotations

from sqlalchemy import bindparam, func, insert, or_, select, update

from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import job_logs
from faceforge_core.db.tables import jobs as table

NO_HANDLER = "No enabled plugin runs jobs of this type."

_THIS = table.c.job_id == bindparam("id")
_QUEUED, _RUNNING = table.c.status == "queued", table.c.status == "running"
_HELD = [_THIS, _RUNNING, table.c.attempts == bindparam("attempt")]

INSERT = prepare(
    insert(table).values(
        job_id=bindparam("id"),
        job_type=bindparam("job_type"),
        status="queued",
        created_at=bindparam("now"),
        input_json=bindparam("input"),
        queue_seq=bindparam("seq"),
        attempts=0,
        dedupe_key=bindparam("dedupe_key"),
        retry_of=bindparam("retry_of"),
    )
)
TWIN = prepare(select(table).where(_QUEUED, table.c.dedupe_key == bindparam("dedupe_key")).limit(1))
LAST_SEQ = prepare(select(func.coalesce(func.max(table.c.queue_seq), 0)))
WAITING_UP_TO = prepare(
    select(func.count()).select_from(select(table.c.job_id).where(_QUEUED).limit(bindparam("cap")).subquery())
)
NEXT = prepare(
    select(table)
    .where(_QUEUED, table.c.job_type.in_(bindparam("types", expanding=True)))
    .order_by(table.c.queue_seq)
    .limit(1)
)
CLAIM = prepare(
    update(table)
    .where(_THIS, _QUEUED)
    .values(
        status="running",
        started_at=bindparam("now"),
        attempts=table.c.attempts + 1,
        waiting_reason=None,
        dedupe_key=None,
    )
)
REPORT = prepare(
    update(table)
    .where(*_HELD, or_(table.c.progress_percent.is_(None), table.c.progress_percent <= bindparam("percent")))
    .values(progress_percent=bindparam("percent"), progress_step=bindparam("step"))
)
FINISH = prepare(
    update(table)
    .where(*_HELD)
    .values(
        status=bindparam("final"),
        finished_at=bindparam("now"),
        canceled_at=bindparam("canceled_at"),
        progress_percent=func.coalesce(bindparam("percent"), table.c.progress_percent),
        result_json=bindparam("result"),
        error_json=bindparam("error"),
    )
)
REQUEUE = prepare(
    update(table)
    .where(*_HELD, table.c.cancel_requested_at.is_(None))
    .values(status="queued", attempts=bindparam("attempts"), waiting_reason=bindparam("reason"))
)
CANCEL_QUEUED = prepare(
    update(table)
    .where(_THIS, _QUEUED)
    .values(
        status="canceled",
        cancel_requested_at=bindparam("now"),
        canceled_at=bindparam("now"),
        finished_at=bindparam("now"),
        waiting_reason=None,
    )
)
CANCEL_RUNNING = prepare(
    update(table)
    .where(_THIS, _RUNNING, table.c.cancel_requested_at.is_(None))
    .values(cancel_requested_at=bindparam("now"))
)
LEFT_RUNNING = prepare(select(table).where(_RUNNING))
HOLD = prepare(
    update(table)
    .where(_QUEUED, table.c.job_type.not_in(bindparam("types", expanding=True)), table.c.waiting_reason.is_(None))
    .values(waiting_reason=NO_HANDLER)
)
RELEASE = prepare(
    update(table)
    .where(_QUEUED, table.c.job_type.in_(bindparam("types", expanding=True)), table.c.waiting_reason.is_not(None))
    .values(waiting_reason=None)
)
LOG = prepare(
    insert(job_logs).values(
        job_id=bindparam("id"),
        ts=bindparam("ts"),
        level=bindparam("level"),
        message=bindparam("message"),
        data_json=bindparam("data"),
    )
)
