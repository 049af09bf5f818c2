"""Whether Core can do its work at this moment, part by part: quick, and without saying more than that."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy import text

from faceforge_core.db.statements import prepare
from faceforge_core.plugins.contributed import failure_of
from faceforge_sdk.models import Readiness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from faceforge_core.db.engine import Database
    from faceforge_core.home import Home

_log = logging.getLogger(__name__)

SECONDS = 2.0
FRESH = 1.0
_PAGE = 4096
_ONE = prepare(text("SELECT 1"))


class ReadinessService:
    """Asks each part in turn, at most once a second however often it is asked itself: the address is public."""

    def __init__(self, parts: Mapping[str, Callable[[], object]], seconds: float = SECONDS) -> None:
        self._parts = parts
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known: Readiness | None = None
        self._asked_at = 0.0

    def now(self) -> Readiness:
        """What each part says; one that raises, returns False, or takes too long fails. Blocks for that long each."""
        with self._lock:
            if self._known is None or time.monotonic() - self._asked_at > FRESH:
                checks = {name: self._works(name, part) for name, part in self._parts.items()}
                self._known = Readiness(ready=all(checks.values()), checks=checks)
                self._asked_at = time.monotonic()
            return self._known

    def _works(self, name: str, part: Callable[[], object]) -> bool:
        said: list[object] = []
        failure = failure_of(f"ready {name}", lambda: said.append(part()), self._seconds)
        if failure is not None:
            _log.warning("Not ready: %s: %s", name, failure)
        return failure is None and said != [False]


def database_reads(database: Database) -> None:
    """Raises if the database does not answer."""
    with database.read() as reader:
        reader.value(_ONE)


def database_writes(database: Database, folder: Path) -> None:
    """Raises if nothing can be committed: an empty transaction takes its turn among the others, and where the database
    lies there is room for a page."""
    database.write(lambda _: None)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_PAGE))


def home_is_there(home: Home) -> bool:
    """Whether the folders that take files are there: a disk may have been unplugged."""
    return all(folder.is_dir() for folder in (home.root, home.assets_dir, home.staging_dir))
