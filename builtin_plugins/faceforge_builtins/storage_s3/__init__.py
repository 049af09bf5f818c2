"""Files in an S3-compatible server, each kept on this computer too until the server is proven to have it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faceforge_sdk import HealthCheck, HealthReport, S3Endpoint, SettingsTrial, StorageProvider, hookimpl
from faceforge_sdk.texts import to_translate

from .settings import Patience, S3Settings, TargetFinder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from faceforge_sdk import PluginContext, TrialReport

    from .provider import S3Provider
    from .settings import Target


class S3Plugin:
    """The hooks, around one provider; while S3 is not enabled there is none, and nothing of boto3 is loaded."""

    def __init__(self) -> None:
        self._provider: S3Provider | None = None
        self._bucket = ""

    @hookimpl
    @contextmanager
    def lifespan(self, ctx: PluginContext) -> Iterator[None]:
        settings = S3Settings.model_validate(ctx.config)
        if not settings.enabled:
            yield
            return
        from .credentials import with_keys
        from .provider import S3Provider

        settings = with_keys(settings, os.environ, Path(ctx.system.info().paths.config_dir))
        finder = _finder(ctx, settings)
        self._bucket = settings.bucket
        self._provider = S3Provider(settings.bucket, finder, ctx.data_dir, Patience(), ctx.log)
        with self._provider.cared_for(lambda: _serves(ctx)):
            yield

    @hookimpl
    def register_storage_providers(self) -> list[StorageProvider]:
        return [] if self._provider is None else [self._provider]

    @hookimpl
    def register_health_checks(self) -> list[HealthCheck]:
        return [HealthCheck("storage-s3", self._report)]

    @hookimpl
    def register_settings_trials(self, ctx: PluginContext) -> list[SettingsTrial]:
        return [SettingsTrial("storage-s3", lambda config: _attempt(ctx, config))]

    def _report(self) -> HealthReport:
        if self._provider is None:
            return HealthReport("off", to_translate("Files are not kept in S3: storage.s3.enabled is false."))
        trouble = self._provider.trouble()
        if trouble is not None:
            advice = to_translate(
                "New files go to the home meanwhile. See that the server runs, and that its address and keys are right."
            )
            return HealthReport("warning", trouble, advice)
        facts = {"bucket": self._bucket}
        return HealthReport("ok", to_translate("S3 answers; files go to the bucket %(bucket)s."), None, facts, facts)


def _finder(ctx: PluginContext, settings: S3Settings) -> TargetFinder:
    return TargetFinder(settings, ctx.system.network(), lambda: ctx.plugins.contributed(S3Endpoint))


def _attempt(ctx: PluginContext, config: Mapping[str, Any]) -> TrialReport:
    from .credentials import with_keys
    from .trial import Trial

    def find(settings: S3Settings) -> Target:
        return _finder(ctx, with_keys(settings, os.environ, Path(ctx.system.info().paths.config_dir)))()

    return Trial(find).attempt(config, ctx.config)


def _serves(ctx: PluginContext) -> bool:
    """Whether this activation is in service by now, and so all endpoints that others contribute are known."""
    kind: type[Any] = StorageProvider  # a protocol, which types take for no class
    return any(one.plugin_id == ctx.plugin_id for one in ctx.plugins.contributed(kind))
