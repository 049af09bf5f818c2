"""Queueing a job of another plugin, and the way to where it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.responses import RedirectResponse

from faceforge_sdk import JobHandler, NavItem

from .notices import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Response

    from faceforge_sdk import PluginContext

JOBS = "/ui/jobs"


def can_run(ctx: PluginContext, job_type: str) -> bool:
    """Whether an active plugin runs jobs of this type."""
    return any(one.value.job_type == job_type for one in ctx.plugins.contributed(JobHandler))


def jobs_are_shown(ctx: PluginContext) -> bool:
    """Whether there are pages of jobs: their plugin may be switched off."""
    return any(one.value.path == JOBS for one in ctx.plugins.contributed(NavItem))


def queue(ctx: PluginContext, job_type: str, asked: Mapping[str, Any], back: str, dedupe_key: str) -> Response:
    """Queue a job and lead to its page; back with a notice where there is none."""
    job = ctx.jobs.enqueue(job_type, asked, dedupe_key=dedupe_key)
    return RedirectResponse(f"{JOBS}/{job.job_id}", 303) if jobs_are_shown(ctx) else told(back, "queued")
