"""A SeaweedFS of Core's own: started, watched, started again, and gone when Core is."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk import S3Endpoint, hookimpl

from .plan import Plan, SeaweedSettings
from .server import ManagedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk import PluginContext


class SeaweedPlugin:
    """The hooks, around one server; while it is not enabled there is none."""

    def __init__(self) -> None:
        self._server: ManagedServer | None = None

    @hookimpl
    @contextmanager
    def lifespan(self, ctx: PluginContext) -> Iterator[None]:
        settings = SeaweedSettings.model_validate(ctx.config)
        if not settings.enabled:
            yield
            return
        self._server = ManagedServer(Plan.of(settings, ctx.system), ctx.log)
        with self._server.running():
            yield

    @hookimpl
    def register_s3_endpoints(self) -> list[S3Endpoint]:
        server = self._server
        if server is None:
            return []
        keys = server.keys
        return [S3Endpoint("seaweedfs", server.plan.url, keys.access_key, keys.secret_key, server.is_ready, order=100)]
