"""What the owner should look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from faceforge_sdk.models import JobQuery

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Job, Plugin, ProviderUsage

    from .holdings import Holdings

_JOBS = 3
_DAYS = 7


@dataclass(frozen=True, slots=True)
class Attention:
    """Sentences of Core's own, and things that are not as they should be."""

    warnings: list[str]
    jobs: list[Job]
    plugins: list[Plugin]
    places: list[ProviderUsage]

    def __bool__(self) -> bool:
        return bool(self.warnings or self.jobs or self.plugins or self.places)


def needing_attention(ctx: PluginContext, holdings: Holdings) -> Attention:
    """Warnings, the jobs that failed of late, plugins that don't work, places whose files can't be reached."""
    since = (datetime.now(UTC) - timedelta(days=_DAYS)).isoformat(timespec="milliseconds")
    failed = ctx.jobs.list(JobQuery(status="failed", limit=_JOBS, total="none")).items
    return Attention(
        warnings=list(ctx.system.info().warnings),
        jobs=[job for job in failed if job.created_at >= since],
        plugins=[plugin for plugin in ctx.plugins.list().items if plugin.state == "error"],
        places=[one for one in holdings.storage.providers if one.assets and not one.available],
    )
