"""The trash of all kinds: how much lies in it, and removing it for good."""

from __future__ import annotations

import logging
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from faceforge_core.catalog import trashed
from faceforge_core.db import identity, seen_days
from faceforge_core.home import read_marker
from faceforge_core.refusals import StartRefused
from faceforge_core.storage.providers import is_providers
from faceforge_sdk.errors import NotFound, StorageUnavailable
from faceforge_sdk.models import TrashSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from faceforge_core.catalog.trashed import Due, StoredFile
    from faceforge_core.config import CoreConfig
    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_core.events import EventLog
    from faceforge_core.storage.service import StorageService
    from faceforge_sdk.models import TrashKind

_log = logging.getLogger(__name__)

SKIPPED = "skipped"


class TrashService:
    """The SDK's `Trash`.

    Rows go first and bytes last, one asset at a time: whatever ends the process costs at most one file without a row.
    Nothing is removed while `assets_dir` is not the folder that this database belongs to.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        storage: StorageService,
        config: Callable[[], CoreConfig],
        assets_dir: Path,
    ) -> None:
        self._database = database
        self._events = events
        self._storage = storage
        self._config = config
        self._assets_dir = assets_dir

    def summary(self, older_than_days: int | None = None) -> TrashSummary:
        """How much lies in the trash, or how much of it was deleted so long ago."""
        with self._database.read() as reader:
            until = trashed.END_OF_TIME if older_than_days is None else _until(reader, older_than_days)
            counts = {kind: trashed.count(reader, kind, until) for kind in trashed.KINDS}
        return TrashSummary(
            **{kind.replace("-", "_"): number for kind, number in counts.items()},
            keep_days=self._config().trash.limit,
        )

    def purge(self, kind: TrashKind, thing_id: str) -> None:
        """Remove one thing for good, its bytes too.

        Raises `NotFound` if it is not in the trash, and `StorageUnavailable`, with nothing removed, where its bytes
        can't be removed now.
        """
        if kind == "assets":
            self._require_disk()
            removed = self._remove_asset(thing_id)
        else:
            removed = bool(self._remove(kind, [thing_id]))
        if not removed:
            raise NotFound(f"There is nothing with the id {thing_id[:80]!r} in the trash of {kind}.")

    def purge_older(
        self,
        kinds: Sequence[TrashKind],
        older_than_days: int,
        progress: Callable[[float, str | None], None],
        check_cancelled: Callable[[], None],
    ) -> Mapping[str, int]:
        """Remove for good what was deleted at least so long ago.

        Returns how many of each kind, and how many assets were ``skipped`` because the provider of their bytes does
        not answer: they stay in the trash. Raises `StorageUnavailable`, with no asset removed from then on, where the
        folder for files is not there; and what `check_cancelled` raises.
        """
        wanted = [kind for kind in trashed.KINDS if kind in kinds]
        done: dict[str, int] = {**dict.fromkeys(wanted, 0), SKIPPED: 0}
        if "assets" in wanted:
            self._require_disk()
        with self._database.read() as reader:
            until = _until(reader, older_than_days)
            total = sum(trashed.count(reader, kind, until) for kind in wanted)
        for kind in wanted:
            purged = self._purge_assets if kind == "assets" else partial(self._purge_rows, kind)
            for outcome, number in purged(until, check_cancelled):
                done[outcome] += number
                handled = sum(done.values())
                progress(min(100.0, 100.0 * handled / max(total, 1)), f"{handled} of {total}")
        return done

    def _purge_rows(
        self, kind: TrashKind, until: str, check_cancelled: Callable[[], None]
    ) -> Iterator[tuple[str, int]]:
        """Remove what is due, a batch at a time, and say of how many after each."""
        for page in self._due(kind, until):
            check_cancelled()
            yield kind, len(self._remove(kind, [due.thing_id for due in page], until))

    def _purge_assets(self, until: str, check_cancelled: Callable[[], None]) -> Iterator[tuple[str, int]]:
        """Remove the assets that are due, and say of each what became of it."""
        with self._database.read() as reader:
            shared = trashed.shared_places(reader)
        for due in chain.from_iterable(self._due("assets", until)):
            check_cancelled()
            self._require_disk()
            try:
                yield "assets", int(self._remove_asset(due.thing_id, until, shared))
            except StorageUnavailable as error:
                if not is_providers(error):
                    raise
                _log.warning("The asset %s stays in the trash: %s", due.thing_id, error)
                yield SKIPPED, 1

    def _due(self, kind: TrashKind, until: str) -> Iterator[Sequence[Due]]:
        """Pages of what is due; those that stay although they are due do not come twice."""
        after = None
        while True:
            with self._database.read() as reader:
                page = trashed.due(reader, kind, until, after)
            if not page:
                return
            yield page
            after = page[-1]

    def _remove(self, kind: TrashKind, ids: Sequence[str], until: str = trashed.END_OF_TIME) -> Sequence[str]:
        return self._database.write(lambda tx: trashed.remove(tx, self._events, kind, ids, until))

    def _remove_asset(
        self, asset_id: str, until: str = trashed.END_OF_TIME, shared: Collection[tuple[str, str]] | None = None
    ) -> bool:
        """Whether it was in the trash. Raises `StorageUnavailable` if its bytes can't be removed now."""
        for _ in range(2):  # the second time for a file that was taken over into the home just now
            with self._database.read() as reader:
                stored = trashed.file_of(reader, asset_id)
            if stored is None:
                return False
            forget = partial(self._database.write, partial(self._forget, stored, until))
            if self._storage.remove(stored, forget=forget, needed=partial(self._is_needed, stored, shared)):
                return True
        return False

    def _forget(self, stored: StoredFile, until: str, tx: Transaction) -> bool:
        if trashed.file_of(tx, stored.asset_id) != stored:
            return False
        return bool(trashed.remove(tx, self._events, "assets", [stored.asset_id], until))

    def _is_needed(self, stored: StoredFile, shared: Collection[tuple[str, str]] | None) -> bool:
        """Whether another asset has its bytes in the same place; with `shared` known, looking costs nothing."""
        if shared is not None and (stored.provider, stored.key) not in shared:
            return False
        with self._database.read() as reader:
            return trashed.is_named(reader, stored)

    def _require_disk(self) -> None:
        try:
            marker = read_marker(self._assets_dir)
        except StartRefused as error:
            raise StorageUnavailable(str(error), retry_after=30) from error
        if marker is None or marker.uuid != identity.home_uuid(self._database):
            raise StorageUnavailable(
                f"Nothing is removed: {self._assets_dir} is not the folder that belongs to this home; the disk that "
                "holds it may not be mounted.",
                retry_after=30,
            )


def _until(reader: Reader, days: int) -> str:
    """When a thing must have been deleted, at the latest, to be so old; no moment at all if nothing can be.

    Nothing is older than Core has seen days pass (see `seen_days`). What was in the trash at the upgrade from v0.1.9
    counts as deleted then. Of what is younger nothing is so old either, as long as that is not: so one comparison
    decides for all.
    """
    until = seen_days.days_ago(reader, days)
    return until if days == 0 or identity.trash_counts_from(reader) <= until else ""
