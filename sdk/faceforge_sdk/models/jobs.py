"""Jobs and their logs as they travel."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from . import examples
from .wire import MAX_INT, TOKEN_TEXT, JsonObject, Paging, WireModel

JobStatus = Literal["queued", "running", "succeeded", "failed", "canceled"]
"""Where a job is; the last three are final."""

LogLevel = Literal["debug", "info", "warning", "error"]
"""How much a line of a job's log matters."""


class JobError(WireModel):
    """Why a job failed."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.JOB_ERROR]})

    code: str
    message: str


class Job(WireModel):
    """Durable work. `progress_percent` (0 to 100) never falls; a final status never changes."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.JOB]}
    )

    job_id: str
    job_type: str
    status: JobStatus
    progress_percent: float | None
    progress_step: str | None
    input: JsonObject
    result: JsonObject | None
    cancel_requested_at: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    canceled_at: str | None
    error: JobError | None
    waiting_reason: str | None = None
    attempts: int = 0
    retry_of: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the status is final."""
        return self.status not in {"queued", "running"}


class JobDraft(WireModel):
    """What queues a job; the type's own model checks the input."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.JOB_DRAFT]})

    job_type: Annotated[str, TOKEN_TEXT, Field(min_length=1, max_length=200)]
    input: JsonObject = {}


def _blank_is_none(value: Any) -> Any:
    return value.strip() or None if isinstance(value, str) else value


class JobQuery(Paging):
    """Which jobs to list; the newest first."""

    status: Annotated[JobStatus | None, BeforeValidator(_blank_is_none)] = None
    job_type: Annotated[str | None, TOKEN_TEXT, Field(max_length=200)] = None
    background: Annotated[
        bool,
        Field(description="`false`: without what Core does by itself, file by file, unless it failed or is asked for."),
    ] = True


class JobCancellation(WireModel):
    """Whether the job was still to be stopped, and the job."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.JOB_CANCELLATION]})

    cancel_requested: bool
    job: Job


class JobLogLine(WireModel):
    """One line of a job's log."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.JOB_LOG_LINE]}
    )

    job_log_id: int
    ts: str
    level: str
    message: str
    data: Any = None


class JobLogQuery(WireModel):
    """Which lines of a job's log."""

    after_id: Annotated[int, Field(ge=0, le=MAX_INT, description="Only lines behind this one.")] = 0
    limit: Annotated[int, Field(ge=1, le=2000)] = 500
    level: Annotated[
        list[LogLevel], Field(max_length=4, description="Only lines of these levels; may be repeated.")
    ] = []


class JobLog(WireModel):
    """Lines in their order; ask again with ``after_id = next_after_id`` for those that came since."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.JOB_LOG]})

    items: list[JobLogLine]
    next_after_id: int


class JobType(WireModel):
    """What a plugin can run as a job. `input_schema` (JSON Schema) is null where the input can't be described so."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.JOB_TYPE]})

    job_type: str
    plugin_id: str
    input_schema: JsonObject | None
