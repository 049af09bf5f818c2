"""Entities over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import JobHandler, Router, hookimpl

from . import bulk, bulk_job, routes

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [
        Router(bulk.build(ctx.entities, ctx.jobs), bulk=(bulk.UPSERT_PATH, bulk.TAG_PATH, bulk.TRASH_PATH)),
        Router(routes.build(ctx.entities)),
    ]


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[bulk_job.BulkInput]]:
    return [JobHandler(bulk_job.JOB_TYPE, bulk_job.BulkInput, bulk_job.runner(ctx.entities))]
