"""From found files to assets: asked for, read ahead by threads, and kept by the batch in the order they were found."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from faceforge_sdk import JobCancelled
from faceforge_sdk.errors import FaceForgeError, RetryLater
from faceforge_sdk.protocols import Arrival

from .intake import TakenIn, as_text, origin_of
from .keeping import AT_ONCE, Keeper
from .readers import Readers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Future

    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Imports, Kept, Storage

    from .owners import Owners
    from .progress import Meter
    from .readers import Pending
    from .report import Report
    from .request import BulkImport
    from .scan import FoundFile
    from .selection import Selection

BATCH_FILES = 500
BATCH_SECONDS = 0.25
AHEAD_FILES = (AT_ONCE + 1) * BATCH_FILES
AHEAD_BYTES = 128 * 1024 * 1024
"""How much is read and not kept yet, at most: while some is kept the rest is read; a stop throws some away."""

_LOOK_SECONDS = 0.05


class Pipeline:
    """One import under way.

    Everything happens on the thread that runs the job, but for reading, and for keeping the batches before: that
    waits for the disk most of the time.
    """

    def __init__(
        self,
        job: JobContext[BulkImport],
        storage: Storage,
        imports: Imports,
        selection: Selection,
        owners: Owners,
        report: Report,
        meter: Meter,
    ) -> None:
        self._job = job
        self._storage = storage
        self._imports = imports
        self._selection = selection
        self._owners = owners
        self._report = report
        self._meter = meter
        self._readers = Readers(storage, lambda: job.cancelled)
        self._keeper = Keeper(storage)
        self._keeping: deque[tuple[Sequence[TakenIn], Future[Sequence[Kept]]]] = deque()
        self._under_way: deque[Pending] = deque()
        self._batch: list[TakenIn] = []
        self._ahead_files = self._ahead_bytes = 0
        self._due = 0.0
        self._next_look = 0.0

    def run(self, files: Iterable[FoundFile]) -> None:
        """Import them all. What was read and not kept when it ends early leaves nothing behind."""
        group: list[FoundFile] = []
        try:
            for file in files:
                group.append(file)
                if len(group) == BATCH_FILES:
                    self._take(group)
                    group = []
                self._look_around()
            self._take(group)
            self._readers.send()
            while self._under_way:
                self._settle_next()
            self._keep()
            while self._keeping:
                self._tell_kept()
        finally:
            self._readers.close()
            self._keeper.close()
            while self._keeping:
                with suppress(FaceForgeError):  # what ended the import is raised already
                    self._tell_kept()
            for pending in self._under_way:
                pending.discard()
            for taken in self._batch:
                taken.received.discard()

    def _take(self, group: Sequence[FoundFile]) -> None:
        """Pass over what is known without being read; have the others read."""
        known: list[tuple[FoundFile, str]] = []
        others: list[FoundFile] = []
        for file, asset_id in zip(group, self._known(group), strict=True):
            if not file.byte_size:
                self._report.empty(file)
                self._meter.done(0)
            elif asset_id is None:
                others.append(file)
            else:
                known.append((file, asset_id))
        self._pass_over(known)
        for file in others:
            self._feed(file)

    def _known(self, group: Sequence[FoundFile]) -> Sequence[str | None]:
        if self._job.input.reread or not group:
            return [None] * len(group)
        return self._imports.unchanged([origin_of(file) for file in group])

    def _pass_over(self, unchanged: Sequence[tuple[FoundFile, str]]) -> None:
        if self._owners.any and unchanged:
            links = [(owner, asset_id, role) for file, asset_id in unchanged for owner, role in self._owners.of(file)]
            self._imports.link(self._job.job_id, links)
        for file, asset_id in unchanged:
            self._report.unchanged(file, asset_id)
            self._meter.done(file.byte_size)
        self._report.batch_over()

    # --- Reading

    def _feed(self, file: FoundFile) -> None:
        while not self._has_room(file) and self._make_room():
            pass
        self._ahead_files += 1
        self._ahead_bytes += _weight(file)
        self._under_way.append(self._readers.submit(file))
        self._look_around()
        if self._job.input.throttle_ms:
            self._pause()

    def _make_room(self) -> bool:
        """Wait for something that takes room; False where nothing does."""
        if self._under_way:
            self._settle_next()
        elif self._batch:
            self._keep()
        elif self._keeping:
            self._tell_kept()
        else:
            return False
        return True

    def _has_room(self, file: FoundFile) -> bool:
        return self._ahead_files < AHEAD_FILES and self._ahead_bytes + _weight(file) <= AHEAD_BYTES

    def _pause(self) -> None:
        self._readers.send()
        while self._under_way:
            self._settle_next()
        until = time.monotonic() + self._job.input.throttle_ms / 1000
        while (left := until - time.monotonic()) > 0:
            self._look_around()
            self._job.check_cancelled()
            time.sleep(min(left, _LOOK_SECONDS))

    def _look_around(self) -> None:
        """Now and then: collect what was read, keep what waits for long, say how far it is."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_SECONDS
        self._job.check_cancelled()
        self._readers.send()
        while self._under_way and self._under_way[0].done:
            self._settle(self._under_way.popleft())
        while self._keeping and self._keeping[0][1].done():
            self._tell_kept()
        if self._batch and now >= self._due and not self._keeping:
            self._keep()
        self._meter.tell(sum(min(one.copied, one.file.byte_size) for one in self._under_way))

    def _settle_next(self) -> None:
        """Wait for the file whose turn it is, but not for long."""
        if self._under_way[0].wait(_LOOK_SECONDS):
            self._settle(self._under_way.popleft())
        self._look_around()

    def _settle(self, pending: Pending) -> None:
        outcome = pending.outcome
        if isinstance(outcome, TakenIn):
            self._batch.append(outcome)
            if len(self._batch) == 1:
                self._due = time.monotonic() + BATCH_SECONDS
            if len(self._batch) >= BATCH_FILES:
                self._keep()
            return
        self._is_through(pending.file)
        if isinstance(outcome, FaceForgeError | OSError) and not isinstance(outcome, RetryLater):
            self._report.failed(pending.file.path, outcome)
            self._meter.done(pending.file.byte_size)
            return
        raise outcome or JobCancelled  # no file's fault: trying again later imports the rest

    # --- Keeping

    def _keep(self) -> None:
        """Have the batch kept, behind those that are being kept."""
        if not self._batch:
            return
        while len(self._keeping) >= AT_ONCE:
            self._tell_kept()
        self._job.check_cancelled()
        batch, self._batch = self._batch, []  # from here on they are the storage's
        self._keeping.append((batch, self._keeper.keep([self._arrival(taken) for taken in batch])))

    def _tell_kept(self) -> None:
        """Wait for the oldest batch that is being kept, and tell of it."""
        batch, answer = self._keeping.popleft()
        for taken, kept in zip(batch, answer.result(), strict=True):
            self._kept(taken, kept)
        self._report.batch_over()

    def _arrival(self, taken: TakenIn) -> Arrival:
        file = taken.file
        return Arrival(
            received=taken.received,
            filename=as_text(file.name),
            kind=self._selection.kind_of(as_text(file.name)),
            sidecar=taken.sidecar,
            origin=taken.origin,
            import_id=self._job.job_id,
            links=self._owners.of(file) if self._owners.any else (),
        )

    def _kept(self, taken: TakenIn, kept: Kept) -> None:
        self._is_through(taken.file)
        self._report.kept(taken, kept)
        self._meter.done(taken.file.byte_size)

    def _is_through(self, file: FoundFile) -> None:
        self._ahead_files -= 1
        self._ahead_bytes -= _weight(file)


def _weight(file: FoundFile) -> int:
    return file.byte_size + (file.sidecar.byte_size if file.sidecar else 0)
