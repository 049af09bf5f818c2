"""A SeaweedFS of Core's own: started, watched, started again, and gone when Core is."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk import HealthCheck, HealthReport, S3Endpoint, hookimpl
from faceforge_sdk.texts import to_translate

from .plan import Plan, SeaweedSettings
from .server import TROUBLE, ManagedServer

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

    @hookimpl
    def register_health_checks(self) -> list[HealthCheck]:
        return [HealthCheck("seaweedfs", self._report)]

    def _report(self) -> HealthReport:
        server = self._server
        if server is None:
            return HealthReport("off", to_translate("Core runs no SeaweedFS: seaweed.enabled is false."))
        facts = {"url": server.plan.url, "log": str(server.plan.log_file)}
        if server.is_ready():
            return HealthReport("ok", to_translate("SeaweedFS answers at %(url)s."), None, facts, facts)
        advice = to_translate(
            "`faceforge tools use weed` puts the program where Core looks; what it says is in %(log)s."
        )
        if server.trouble is None:
            return HealthReport("warning", to_translate("SeaweedFS is being started."), advice, facts, facts)
        return HealthReport("warning", TROUBLE, advice, facts, {**facts, "reason": server.trouble})
