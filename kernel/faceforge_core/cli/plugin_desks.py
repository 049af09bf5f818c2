"""Plugins as commands get at them: of a home that is opened here, or asked of the Core that has it open."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from faceforge_sdk.errors import FaceForgeError
from faceforge_sdk.models import Plugin, PluginInstallation, PluginList

from .running import RunningCore, running_or_opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from faceforge_core.home import Home
    from faceforge_sdk.protocols import Plugins


class PluginDesk(Protocol):
    """The plugins of one home. All of it raises `FaceForgeError` with a sentence for people."""

    def list(self) -> PluginList:
        """All that are or once were known."""
        ...

    def install(self, source: Path) -> PluginInstallation:
        """Put a folder, a ZIP or a wheel into the home."""
        ...

    def remove(self, plugin_id: str) -> None:
        """Disable it and remove its folder."""
        ...

    def enable(self, plugin_id: str) -> Plugin:
        """Switch it on."""
        ...

    def disable(self, plugin_id: str) -> Plugin:
        """Switch it off."""
        ...


@contextmanager
def plugin_desk(home: Home) -> Iterator[PluginDesk]:
    """The plugins of a home, whether a Core has it open or not. Raises `StartRefused`, also while one starts."""
    with running_or_opened(home) as core:
        yield AskedCore(core) if isinstance(core, RunningCore) else _OpenedHome(core.plugins)


class _OpenedHome:
    """A home that no other process has open."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self.list = plugins.list
        self.remove = plugins.remove
        self.enable = plugins.enable
        self.disable = plugins.disable

    def install(self, source: Path) -> PluginInstallation:
        return self._plugins.install(source, source.name)


class AskedCore:
    """The Core that has the home open, by its API."""

    def __init__(self, core: RunningCore) -> None:
        self._core = core

    def list(self) -> PluginList:
        return PluginList.model_validate(self._core.ask("GET", "/v1/plugins"))

    def install(self, source: Path) -> PluginInstallation:
        from faceforge_core.plugins.packing import folder_digest, pack_folder  # zipfile and its like

        try:
            if not source.is_dir():
                with source.open("rb") as file:
                    return self._send(file, source.name)
            with tempfile.TemporaryFile() as packed:
                pack_folder(source, packed)
                packed.seek(0)
                installed = self._send(packed, f"{source.name}.zip")
            return installed.model_copy(update={"sha256": folder_digest(source)})
        except OSError as error:
            raise FaceForgeError(f"{source} can't be read: {error.strerror or error}") from error

    def _send(self, file: BinaryIO, filename: str) -> PluginInstallation:
        return PluginInstallation.model_validate(self._core.send_file("/v1/plugins/install", file, filename))

    def remove(self, plugin_id: str) -> None:
        self._core.ask("DELETE", f"/v1/plugins/{quote(plugin_id, safe='')}")

    def enable(self, plugin_id: str) -> Plugin:
        return Plugin.model_validate(self._core.ask("POST", f"/v1/plugins/{quote(plugin_id, safe='')}/enable"))

    def disable(self, plugin_id: str) -> Plugin:
        return Plugin.model_validate(self._core.ask("POST", f"/v1/plugins/{quote(plugin_id, safe='')}/disable"))
