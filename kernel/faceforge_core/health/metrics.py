"""What there is to count in a running Core, beside its requests."""

from __future__ import annotations

import platform
from collections import Counter as Tally
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from faceforge_core import __version__
from faceforge_core.db import counters
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import jobs
from faceforge_sdk.metrics import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from faceforge_core.db.engine import Database
    from faceforge_sdk.protocols import Plugins

JOBS_BY_STATUS = prepare(select(jobs.c.status, func.count()).where(jobs.c.deleted_at.is_(None)).group_by(jobs.c.status))


class HouseMetrics:
    """Reads a few counters and one index; nothing here grows with the library."""

    def __init__(
        self,
        *,
        database: Database,
        plugins: Callable[[], Plugins],
        storage: Callable[[], Mapping[str, bool]],
        lags: Callable[[], Mapping[str, int]],
        requests: Callable[[], Sequence[Metric]],
    ) -> None:
        self._database = database
        self._plugins = plugins
        self._storage = storage
        self._lags = lags
        self._requests = requests

    def read(self) -> Sequence[Metric]:
        """All metrics as they are now; blocks."""
        return (*self._requests(), *self._of_the_database(), *self._of_the_house())

    def _of_the_database(self) -> Sequence[Metric]:
        with self._database.read() as reader:
            entities, assets = (counters.current(reader, name) for name in (counters.ENTITIES, counters.ASSETS))
            by_status = [Sample(int(count), (str(status),)) for status, count in reader.all(JOBS_BY_STATUS)]
        path = self._database.path
        files = [Sample(_size(path), ("main",)), Sample(_size(path.with_name(f"{path.name}-wal")), ("wal",))]
        return (
            _gauge("entities", "Entities that are not in the trash.", Sample(entities)),
            _gauge("assets", "Assets that are not in the trash.", Sample(assets)),
            _gauge("jobs", "Jobs, by status.", *by_status, labels=("status",)),
            _gauge("database_bytes", "What the files of the database take.", *files, labels=("file",)),
        )

    def _of_the_house(self) -> Sequence[Metric]:
        states = Tally(row.state for row in self._plugins().list().items)
        lags = [Sample(lag, (handler,)) for handler, lag in sorted(self._lags().items())]
        places = [Sample(int(works), (name,)) for name, works in sorted(self._storage().items())]
        return (
            _gauge("events_waiting", "Events a handler has still to look through.", *lags, labels=("handler",)),
            _gauge("plugins", "Plugins, by state.", *(Sample(n, (s,)) for s, n in states.items()), labels=("state",)),
            _gauge("storage_available", "Whether a place for files can be used.", *places, labels=("provider",)),
            _gauge(
                "build_info",
                "Always 1; its labels say what runs.",
                Sample(1, (__version__, platform.python_version())),
                labels=("version", "python"),
            ),
        )


def _gauge(name: str, text: str, *samples: Sample, labels: tuple[str, ...] = ()) -> Metric:
    return Metric(f"faceforge_{name}", text, "gauge", samples, labels)


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
