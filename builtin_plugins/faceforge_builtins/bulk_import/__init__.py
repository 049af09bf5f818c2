"""Brings the files of a folder in, as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import JobHandler, Router, hookimpl

from . import routes
from .job import importer
from .places import Places
from .request import JOB_TYPE, BulkImport, allowed_in

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(routes.build(ctx.jobs))]


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[BulkImport]]:
    places = Places.of(ctx.system.info(), ctx.config.get("roots") or ())
    return [JobHandler(JOB_TYPE, allowed_in(places), importer(ctx.storage))]
