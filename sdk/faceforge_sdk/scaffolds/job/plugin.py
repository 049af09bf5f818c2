"""What Core calls when the plugin is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import JobHandler, hookimpl

from .counting import CountInput, count_initials

if TYPE_CHECKING:
    from faceforge_sdk import JobContext, PluginContext


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[CountInput]]:
    def run(job: JobContext[CountInput]) -> dict[str, object]:
        return {"initials": count_initials(job, ctx.entities)}

    return [JobHandler(f"{ctx.plugin_id}.count", CountInput, run)]
