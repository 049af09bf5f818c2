"""The `System` service of the SDK: the running Core, described without secrets."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from faceforge_core import __version__
from faceforge_core.clock import text_of
from faceforge_core.db import backups
from faceforge_core.db.driver import sqlite3
from faceforge_core.refusals import StartRefused
from faceforge_sdk import API_VERSION
from faceforge_sdk.errors import IntegrityError, StorageUnavailable
from faceforge_sdk.models import SystemInfo, SystemPaths
from faceforge_sdk.protocols import Backup

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_core.health.service import HealthService
    from faceforge_core.home import Home
    from faceforge_sdk.models import HealthFinding
    from faceforge_sdk.protocols import Network


class SystemService:
    """What plugins and clients may know of this Core; `network` and `warnings` are asked each time."""

    def __init__(
        self,
        home: Home,
        *,
        safe_mode: bool,
        network: Callable[[], Network],
        warnings: Callable[[], Sequence[str]],
        health: HealthService | None = None,
    ) -> None:
        self._home = home
        self._health = health
        self._safe_mode = safe_mode
        self._network = network
        self._warnings = warnings

    def network(self) -> Network:
        return self._network()

    def health(self, *, deep: bool = False) -> Sequence[HealthFinding]:
        return self._health.findings(deep=deep) if self._health else ()

    def backups(self) -> Sequence[Backup]:
        found = []
        for path in backups.all_in(self._home.backups_dir):
            with suppress(FileNotFoundError):  # removed meanwhile
                facts = path.stat()
                made_at = text_of(datetime.fromtimestamp(facts.st_mtime, UTC))
                found.append(Backup(path, made_at, facts.st_size))
        return sorted(found, key=lambda one: one.made_at, reverse=True)

    def back_up(self) -> Backup:
        try:
            path = backups.take_by_hand(self._home.database, self._home.backups_dir)
        except StartRefused as error:
            raise IntegrityError(str(error)) from error
        except (OSError, sqlite3.Error) as error:
            raise StorageUnavailable(f"The copy of the database could not be made: {error}.", retry_after=60) from error
        return next(one for one in self.backups() if one.path == path)

    def info(self) -> SystemInfo:
        home = self._home
        return SystemInfo(
            version=__version__,
            faceforge_home=str(home.root),
            paths=SystemPaths(
                db_dir=str(home.db_dir),
                s3_dir=str(home.s3_dir),
                assets_dir=str(home.assets_dir),
                logs_dir=str(home.logs_dir),
                config_dir=str(home.config_dir),
                plugins_dir=str(home.plugins_dir),
                tmp_dir=str(home.tmp_dir),
            ),
            api_version=API_VERSION,
            safe_mode=self._safe_mode,
            warnings=list(self._warnings()),
        )
