"""Copies of a whole home in another place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_sdk.models import BackupList, BackupReport


class Backups(Protocol):
    """Backups of this home, in the folder that ``backup.folder`` of core.json names."""

    def list(self) -> BackupList:
        """Those that are complete, the newest first."""
        ...

    def make(
        self,
        progress: Callable[[float, str | None], None],
        check_cancelled: Callable[[], None],
        report: Callable[[str, Mapping[str, Any]], None],
    ) -> BackupReport:
        """Copy database, configuration, plugins, their data, and every file wherever it lies; Core goes on meanwhile.

        A file that an earlier backup holds is not copied again. One that can't be read is reported, and the rest is a
        backup all the same; what was not finished is none. Afterwards the newest ``backup.keep`` stay. Blocks, and
        waits for another that is being made. Raises `InvalidInput` where no folder is chosen, `Conflict` for one that
        lies in the home or holds something else, `IntegrityError` for a damaged database, `StorageUnavailable` and
        `InsufficientStorage` for the folder.
        """
        ...
