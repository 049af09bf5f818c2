"""The SDK's `Backups`: of this home, in the folder that the configuration names."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faceforge_core.db import identity
from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import Conflict, InvalidInput, StorageUnavailable
from faceforge_sdk.files import storage_error
from faceforge_sdk.models import BackupList, BackupReport

from .making import BackupMaker
from .place import BackupPlace
from .pruning import prune

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_core.config import CoreConfig
    from faceforge_core.db.engine import Database
    from faceforge_core.home import Home
    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import ByteReader

_LOOK_SECONDS = 0.2


class BackupService:
    """Guarantees and errors are those of the protocol. `config` is asked each time."""

    def __init__(
        self,
        *,
        home: Home,
        database: Database,
        config: Callable[[], CoreConfig],
        get_asset: Callable[[str], Asset | None],
        open_bytes: Callable[[Asset], ByteReader],
    ) -> None:
        self._home = home
        self._database = database
        self._config = config
        self._get_asset = get_asset
        self._open = open_bytes
        self._busy = threading.Lock()

    def list(self) -> BackupList:
        """See `Backups.list`."""
        wish = self._config().backup.folder
        if not wish:
            return BackupList(folder=None, available=False, items=[])
        place = BackupPlace(Path(wish))
        try:
            return BackupList(folder=wish, available=place.is_reachable, items=[*place.described()])
        except (OSError, StartRefused):
            return BackupList(folder=wish, available=False, items=[])

    def make(
        self,
        progress: Callable[[float, str | None], None],
        check_cancelled: Callable[[], None],
        report: Callable[[str, Mapping[str, Any]], None],
    ) -> BackupReport:
        """See `Backups.make`."""
        while not self._busy.acquire(timeout=_LOOK_SECONDS):
            check_cancelled()
            progress(0, "Waiting for the backup that is being made")
        try:
            return self._make(progress, check_cancelled, report)
        finally:
            self._busy.release()

    def _make(
        self,
        progress: Callable[[float, str | None], None],
        check_cancelled: Callable[[], None],
        report: Callable[[str, Mapping[str, Any]], None],
    ) -> BackupReport:
        place = self._place()
        place.claim(identity.home_uuid(self._database) or "")
        maker = BackupMaker(
            self._home,
            place,
            get_asset=self._get_asset,
            open_bytes=self._open,
            report=report,
            progress=progress,
            check_cancelled=check_cancelled,
        )
        made = maker.make()
        try:
            removed = prune(place, self._config().backup.keep, made.name, check_cancelled)
        except OSError as error:
            raise storage_error(error) from error
        return made.model_copy(update={"removed": removed})

    def _place(self) -> BackupPlace:
        wish = self._config().backup.folder
        if not wish:
            raise InvalidInput(
                "No folder for backups is chosen: `faceforge backup --to FOLDER` chooses one, or backup.folder in "
                "core.json."
            )
        folder = Path(wish).expanduser()
        if not folder.is_absolute():
            raise InvalidInput(f"The folder for backups is {wish!r}; name it in full, from the drive on.")
        try:
            folder, root = folder.resolve(), self._home.root.resolve()
        except OSError as error:
            raise StorageUnavailable(f"The folder for backups {folder} can't be used: {error.strerror}.") from error
        if folder == root or folder.is_relative_to(root) or root.is_relative_to(folder):
            raise Conflict(
                f"The folder for backups {folder} and the home {root} lie in one another: one mishap would take both."
            )
        return BackupPlace(folder)
