"""Jobs over HTTP: start, watch, cancel, retry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import JobHandler, Router, hookimpl

from . import job_types, routes, stream
from .prune import PruneInput, pruner

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(routes.build(ctx.jobs)), Router(stream.build(ctx.jobs)), Router(job_types.build(ctx.plugins))]


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[PruneInput]]:
    return [JobHandler("jobs.prune", PruneInput, pruner(ctx.jobs))]
