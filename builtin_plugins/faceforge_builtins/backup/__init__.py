"""Backups: over HTTP, as a job, and by themselves every so many days."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from faceforge_sdk import HealthCheck, JobHandler, Router, hookimpl
from faceforge_sdk.recurring import Recurring

from . import health, jobs, routes
from .calendar import EVERY, FIRST_AFTER, look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk import PluginContext


@hookimpl
@contextmanager
def lifespan(ctx: PluginContext) -> Iterator[None]:
    if not ctx.config.get("every_days"):
        yield
        return
    with Recurring("backups", lambda: look(ctx), ctx.log, first_after=FIRST_AFTER, every=EVERY):
        yield


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(routes.build(ctx.backups, ctx.jobs))]


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[Any]]:
    return [jobs.handler(ctx.backups)]


@hookimpl
def register_health_checks(ctx: PluginContext) -> list[HealthCheck]:
    return [HealthCheck("backup", lambda: health.check(ctx.backups))]
