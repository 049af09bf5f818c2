"""The running Core as it describes itself."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from . import examples
from .wire import WireModel


class SystemPaths(WireModel):
    """Where things lie; absolute."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SYSTEM_PATHS]})

    db_dir: str
    s3_dir: str
    assets_dir: str
    logs_dir: str
    config_dir: str
    plugins_dir: str
    tmp_dir: str


class SystemInfo(WireModel):
    """The running Core. `warnings` are sentences on what the owner should look at."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SYSTEM_INFO]})

    version: str
    faceforge_home: str
    paths: SystemPaths
    api_version: int
    safe_mode: bool
    warnings: list[str]


class HealthFinding(WireModel):
    """What one check says: of Core where `plugin_id` is null, else of that plugin.

    `status` is ``ok``, ``warning``, ``error`` (it does not work), or ``off`` (nobody wants it to); `advice` says what
    to do.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.HEALTH]})

    name: str
    plugin_id: str | None
    status: Literal["ok", "warning", "error", "off"]
    summary: str
    advice: str | None
    facts: dict[str, str]


class Readiness(WireModel):
    """Whether Core can do its work now, and which of the parts it needs for that work."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.READINESS]})

    ready: bool
    checks: dict[str, bool]


class Pong(WireModel):
    """The answer to a ping."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    pong: Literal[True] = True
