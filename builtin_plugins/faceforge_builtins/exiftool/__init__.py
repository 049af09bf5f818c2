"""Reads what files say about themselves with ExifTool, if it is in the home's tools folder."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from faceforge_sdk import AssetExtractor, HealthCheck, hookimpl

from .extractor import BATCH, SOURCE, Extractor
from .health import report
from .pool import Pool
from .program import Finder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk import PluginContext


class ToolsSettings(BaseModel):
    """The plugin's part of ``tools`` in core.json."""

    exiftool_enabled: bool = True
    exiftool_path: str | None = None


class ExifToolPlugin:
    """The hooks, around the running ExifTools; none is started before the first file."""

    def __init__(self) -> None:
        self._finder: Finder | None = None
        self._extractor: Extractor | None = None

    @hookimpl
    @contextmanager
    def lifespan(self, ctx: PluginContext) -> Iterator[None]:
        settings = ToolsSettings.model_validate(ctx.config)
        if not settings.exiftool_enabled:
            yield
            return
        self._finder = Finder(Path(ctx.system.info().faceforge_home) / "tools", settings.exiftool_path, ctx.log)
        pool = Pool()
        self._extractor = Extractor(self._finder, pool)
        try:
            yield
        finally:
            pool.close()

    @hookimpl
    def register_asset_extractors(self) -> list[AssetExtractor]:
        extractor = self._extractor
        if extractor is None:
            return []
        return [
            AssetExtractor("exiftool", SOURCE, extractor.accepts, extractor.extract, batch=BATCH, ready=extractor.ready)
        ]

    @hookimpl
    def register_health_checks(self) -> list[HealthCheck]:
        finder = self._finder
        return [HealthCheck("exiftool", lambda: report(finder))]
