"""Whether a backup is due, looked at now and then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .jobs import JOB_TYPE
from .newest import newest_of

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import BackupList

FIRST_AFTER = 120.0
"""Seconds: a Core that runs for an hour a day has its backup all the same, and starting it is not slowed down."""

EVERY = 3600.0


def look(ctx: PluginContext) -> bool:
    """Queue a backup if one is due; whether it did.

    Where the folder is not there, its disk not connected, the next look an hour later may find it.
    """
    days = int(ctx.config.get("every_days") or 0)
    due = days > 0 and is_due(ctx.backups.list(), timedelta(days=days), datetime.now(UTC))
    if due:
        ctx.jobs.enqueue(JOB_TYPE, {}, dedupe_key=JOB_TYPE)
    return due


def is_due(backups: BackupList, every: timedelta, moment: datetime) -> bool:
    """Whether the newest backup is so old, or there is none; False while the folder's disk is not there."""
    if backups.folder is None or not backups.available:
        return False
    newest = newest_of(backups, moment)
    return newest is None or datetime.fromisoformat(newest.created_at) <= moment - every
