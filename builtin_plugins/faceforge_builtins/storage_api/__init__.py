"""Where bytes lie: over HTTP, and as jobs that check and move them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from faceforge_sdk import JobHandler, Router, hookimpl
from faceforge_sdk.recurring import Recurring

from . import jobs, routes
from .settling import EVERY_SECONDS, look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk import PluginContext


@hookimpl
@contextmanager
def lifespan(ctx: PluginContext) -> Iterator[None]:
    with Recurring("settling", lambda: look(ctx), ctx.log, first_after=EVERY_SECONDS, every=EVERY_SECONDS):
        yield


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(routes.build(ctx.storage, ctx.jobs))]


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[Any]]:
    return jobs.handlers(ctx.storage)
