"""Empties the trash and removes old jobs and logs, as the configuration says; copies the database when asked to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk import JobHandler, hookimpl

from .backup import BACKUP, BackupInput, copier
from .rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk import PluginContext


@hookimpl
@contextmanager
def lifespan(ctx: PluginContext) -> Iterator[None]:
    with Rounds(ctx):
        yield


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[BackupInput]]:
    return [JobHandler(BACKUP, BackupInput, copier(ctx.system))]
