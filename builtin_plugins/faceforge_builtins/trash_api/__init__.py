"""The trash of all kinds over HTTP: how much lies in it, and removing it for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import JobHandler, Router, hookimpl

from .jobs import PurgeInput, purger
from .routes import build

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(build(ctx.trash, ctx.jobs))]


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[PurgeInput]]:
    return [JobHandler("trash.purge", PurgeInput, purger(ctx.trash))]
