"""Plugins as they travel."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, RootModel

from . import examples
from .wire import JsonObject, WireModel

PluginSubject = Literal["entity", "asset"]
"""What plugins keep data about."""


class PluginError(WireModel):
    """Why a plugin is not active: one sentence, and the traceback for its author."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.PLUGIN_ERROR]}
    )

    summary: str
    traceback: str | None = None


class Plugin(WireModel):
    """A plugin as the user sees it. `enabled` is the wish that is kept, `state` is what became of it."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.PLUGIN]}
    )

    plugin_id: str
    name: str
    version: str | None
    enabled: bool
    discovered: bool
    config: JsonObject
    config_schema: JsonObject | None
    source: Literal["builtin", "folder", "package"]
    state: Literal["disabled", "active", "stopping", "error"]
    error: PluginError | None
    essential: bool
    capabilities: list[str]
    permissions: list[str]
    contributions: dict[str, int]
    restart_required: bool
    config_secrets_set: list[str] = []
    description: str | None = None


class PluginInstallation(WireModel):
    """What an installation put in place; never enabled by it.

    `sha256` is of the archive as it came, or of a folder's names and contents; `replaced` is the version that stood
    there before, None if none did.
    """

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.PLUGIN_INSTALLATION]}
    )

    plugin: Plugin
    sha256: str
    files: int
    byte_size: int
    replaced: str | None


class IgnoredManifest(WireModel):
    """A `plugin.json` that can't be used, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.IGNORED_MANIFEST]})

    path: str
    reason: str


class PluginList(WireModel):
    """All plugins that are or once were known."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PLUGIN_LIST]})

    items: list[Plugin]
    ignored: list[IgnoredManifest]


class PluginConfig(WireModel):
    """A plugin's configuration; values marked ``writeOnly`` are null and named in `config_secrets_set`."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.PLUGIN_CONFIG]}
    )

    plugin_id: str
    config: JsonObject
    config_secrets_set: list[str] = []


class PluginConfigRequest(WireModel):
    """A new configuration, whole; secrets that are left out or null keep their value, an empty text clears one."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PLUGIN_CONFIG_REQUEST]})

    config: JsonObject


class PluginDataRequest(WireModel):
    """What a plugin is to keep about a subject, in place of what it kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PLUGIN_DATA_REQUEST]})

    data: JsonObject


class PluginDataEntry(WireModel):
    """What one plugin keeps about a subject."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PLUGIN_DATA_ENTRY]})

    plugin_id: str
    data: JsonObject


class SubjectData(RootModel[dict[str, JsonObject]]):
    """What all plugins keep about a subject, by plugin id."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SUBJECT_DATA]})


class PluginCommand(WireModel):
    """A command that a plugin offers, and the JSON Schema of what it takes."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PLUGIN_COMMAND]})

    plugin_id: str
    name: str
    help: str
    input_schema: JsonObject


class PluginCommands(WireModel):
    """What a plugin offers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [examples.PLUGIN_COMMAND]}]})

    items: list[PluginCommand]


class CommandRequest(WireModel):
    """What a command is given."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.COMMAND_REQUEST]})

    input: JsonObject = {}


class CommandOutput(WireModel):
    """What a command says."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.COMMAND_OUTPUT]})

    output: str


class ForgottenPlugin(WireModel):
    """What was removed of a plugin's data: tables, entities and assets about which it kept something, files."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.FORGOTTEN_PLUGIN]})

    plugin_id: str
    tables: int
    subjects: int
    files: int
