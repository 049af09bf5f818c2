"""The daily round: queues the jobs that remove what is too old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from faceforge_sdk import PluginContext

FIRST_AFTER = 60.0
"""Seconds: starting Core should be quick, and one that runs for an hour a day has its round all the same."""

EVERY = 24 * 3600.0


def go_round(ctx: PluginContext) -> None:
    """Queue what is due. What no enabled plugin runs is left out; a job that still waits is not queued twice."""
    for job_type, payload in _due(ctx):
        try:
            ctx.jobs.enqueue(job_type, payload, dedupe_key=job_type)
        except InvalidInput as error:
            ctx.log.info("%s is left out: %s", job_type, error)


def _due(ctx: PluginContext) -> Iterator[tuple[str, Mapping[str, Any]]]:
    keep_days, keep_log_days = ctx.config.get("keep_days"), ctx.config.get("keep_log_days")
    if keep_days is not None or keep_log_days is not None:
        yield "jobs.prune", {"jobs_older_than_days": keep_days, "logs_older_than_days": keep_log_days}
    if ctx.trash.summary().keep_days is not None:
        yield "trash.purge", {}
