"""The end of all that a plugin kept: its tables, its data about entities and assets, its folder, its configuration."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from faceforge_sdk.errors import Conflict, NotFound, StorageUnavailable
from faceforge_sdk.manifest import is_code_id
from faceforge_sdk.models import ForgottenPlugin

if TYPE_CHECKING:
    from pathlib import Path

    from faceforge_core.catalog.plugin_data import PluginDataCatalog
    from faceforge_core.db.keepers import Keepers
    from faceforge_core.db.plugin_steps import PluginSteps
    from faceforge_core.home import Home
    from faceforge_core.plugins.records import Records
    from faceforge_core.plugins.switch import Switch


class Forgetting:
    """Removes what a plugin that is out kept. Where it ends early, it is begun again: the record goes last."""

    def __init__(
        self, home: Home, steps: PluginSteps, plugin_data: PluginDataCatalog, records: Records, keepers: Keepers
    ) -> None:
        self._home = home
        self._steps = steps
        self._plugin_data = plugin_data
        self._records = records
        self._keepers = keepers

    def forget(self, plugin_id: str, switch: Switch) -> ForgottenPlugin:
        """See `Plugins.forget`."""
        with switch.alone():
            self._require_out(plugin_id, switch)
            self._require_no_files(plugin_id)
            code = is_code_id(plugin_id)
            forgotten = ForgottenPlugin(
                plugin_id=plugin_id,
                tables=self._steps.drop(plugin_id) if code else 0,
                subjects=self._plugin_data.forget(plugin_id),
                files=_remove(self._home.data_dir_of(plugin_id)) if code else 0,
            )
            self._keepers.forget(plugin_id)
            self._records.forget(plugin_id)
        return forgotten

    def _require_out(self, plugin_id: str, switch: Switch) -> None:
        found = switch.look().found.get(plugin_id) or switch.running(plugin_id)
        record = self._records.known().get(plugin_id)
        if found is not None and found.source == "builtin":
            raise Conflict(f"{found.manifest.name} came with Core: what it keeps stays.")
        if found is None and record is None:
            raise NotFound(f"There is no plugin {plugin_id!r}.")
        if switch.running(plugin_id) is not None or (found is not None and record is not None and record.enabled):
            raise Conflict(f"The plugin {plugin_id} is enabled: disable it before what it keeps is removed.")

    def _require_no_files(self, plugin_id: str) -> None:
        for place, assets in self._keepers.held(plugin_id).items():
            files = f"the files of {assets} asset{'' if assets == 1 else 's'}, the trash included"
            move = f"`faceforge storage migrate fs --from {place}`"
            raise Conflict(
                f"{plugin_id} keeps {files}: enable it, move them with {move} or purge them, and disable it."
            )


def _remove(folder: Path) -> int:
    """Remove a folder; returns how many files were in it. A link is removed, and not followed."""
    if folder.is_symlink():
        folder.unlink()
        return 1
    if not folder.is_dir():
        return 0
    files = sum(not path.is_dir() or path.is_symlink() for path in folder.rglob("*"))
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise StorageUnavailable(f"{error.filename or folder} can't be removed: {error.strerror}.") from error
    return files
