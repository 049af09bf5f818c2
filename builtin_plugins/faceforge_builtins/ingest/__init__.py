"""Reads files that came in: their true type, size, date and place, and what extractors find."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk import Command, EventHandler, JobHandler, hookimpl

from .command import ReadInput, read_command
from .events import follow_arrivals
from .first_reading import FirstReading
from .job import JOB_TYPE, ExtractInput, extract_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk import PluginContext


@hookimpl
@contextmanager
def lifespan(ctx: PluginContext) -> Iterator[None]:
    with FirstReading(ctx):
        yield


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[ExtractInput]]:
    return [JobHandler(JOB_TYPE, ExtractInput, extract_job(ctx), background=True)]


@hookimpl
def register_event_handlers(ctx: PluginContext) -> list[EventHandler]:
    return [EventHandler("ingest", "asset.*", follow_arrivals(ctx.jobs))]


@hookimpl
def register_commands(ctx: PluginContext) -> list[Command[ReadInput]]:
    return [read_command(ctx.jobs)]
