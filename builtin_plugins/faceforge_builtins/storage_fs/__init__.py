"""Files in the home's own folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from faceforge_sdk import HealthCheck, JobHandler, StorageProvider, hookimpl

from .adopt import AdoptInput, adopter
from .health import report
from .provider import FileSystemProvider

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_storage_providers(ctx: PluginContext) -> list[StorageProvider]:
    places = ctx.system.info()
    return [FileSystemProvider(Path(places.paths.assets_dir), Path(places.faceforge_home) / "quarantine", ctx.log)]


@hookimpl
def register_health_checks(ctx: PluginContext) -> list[HealthCheck]:
    assets_dir = Path(ctx.system.info().paths.assets_dir)
    return [HealthCheck("storage-fs", lambda: report(assets_dir))]


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[Any]]:
    return [JobHandler("storage.adopt", AdoptInput, adopter(ctx.storage))]
