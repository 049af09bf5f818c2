"""Brings the files of a folder in, as a job, and takes them out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk import JobHandler, Router, hookimpl

from . import routes
from .job import importer
from .places import Places
from .request import JOB_TYPE, UNDO_TYPE, UndoImport, allowed_in
from .undo import undoer

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(routes.build(ctx.jobs, ctx.imports, _places(ctx)))]


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[Any]]:
    return [
        JobHandler(JOB_TYPE, allowed_in(_places(ctx), ctx.entities), importer(ctx.storage, ctx.imports)),
        JobHandler(UNDO_TYPE, UndoImport, undoer(ctx.jobs, ctx.imports)),
    ]


def _places(ctx: PluginContext) -> Places:
    return Places.of(ctx.system.info(), ctx.config.get("roots") or ())
