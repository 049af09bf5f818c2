"""Plugins over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import (
    Deleted,
    ForgottenPlugin,
    Plugin,
    PluginConfig,
    PluginConfigRequest,
    PluginInstallation,
    PluginList,
)

from .exchange import SLOW, at
from .uploads import Upload

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

    from .exchange import Exchange

_ROOT = "/v1/plugins"


class Plugins:
    """The plugins of a Core."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._ask = exchange.ask

    def list(self) -> PluginList:
        """All that are or once were known, and the manifests that can't be used."""
        return self._ask("GET", _ROOT, PluginList)

    def get(self, plugin_id: str) -> Plugin:
        """One of them. Raises `NotFound`."""
        for plugin in self.list().items:
            if plugin.plugin_id == plugin_id:
                return plugin
        raise NotFound(f"There is no plugin {plugin_id!r}.")

    def install(self, source: str | Path | bytes | BinaryIO, filename: str | None = None) -> PluginInstallation:
        """Put a plugin into the home, from a ZIP of its folder or a wheel; a new one stays disabled.

        One that is there is replaced, and keeps its configuration and data. Raises `InvalidInput` that names what is
        wrong with it, `Conflict` if a built-in or a package has its id, `PayloadTooLarge`.
        """
        with Upload(source, filename=filename) as upload:
            response = upload.send(self._exchange, f"{_ROOT}/install", timeout=SLOW)
            installed = self._exchange.data_of(response, PluginInstallation)
            upload.require_same(installed.sha256)
            return installed

    def remove(self, plugin_id: str) -> None:
        """Disable it and remove its folder; its configuration and data stay. Raises `NotFound`, `Conflict`."""
        self._ask("DELETE", _ROOT + at(plugin_id), Deleted, timeout=SLOW)

    def forget(self, plugin_id: str) -> ForgottenPlugin:
        """Remove for good what one that is off kept: tables, data about entities and assets, files, configuration.

        Raises `NotFound`, `Conflict` for one that is enabled, came with Core or keeps the files of assets.
        """
        return self._ask("DELETE", _ROOT + at(plugin_id, "data"), ForgottenPlugin, timeout=SLOW)

    def enable(self, plugin_id: str) -> Plugin:
        """Switch on; ``state`` and ``error`` of the answer tell what became of it. Raises `NotFound`."""
        return self._ask("POST", _ROOT + at(plugin_id, "enable"), Plugin, timeout=SLOW)

    def disable(self, plugin_id: str) -> Plugin:
        """Switch off. Raises `NotFound`, and `Conflict` for an essential built-in."""
        return self._ask("POST", _ROOT + at(plugin_id, "disable"), Plugin, timeout=SLOW)

    def config(self, plugin_id: str) -> PluginConfig:
        """Its configuration, without secrets. Raises `NotFound`."""
        return self._ask("GET", _ROOT + at(plugin_id, "config"), PluginConfig)

    def configure(self, plugin_id: str, config: Mapping[str, Any]) -> PluginConfig:
        """Replace the configuration; secrets that are left out stay. Raises `NotFound`, `InvalidInput`."""
        body = PluginConfigRequest(config=dict(config))
        return self._ask("PUT", _ROOT + at(plugin_id, "config"), PluginConfig, body=body, timeout=SLOW)
