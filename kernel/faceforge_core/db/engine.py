"""The database: one thread that writes, committing together what waits together, and any number of readers."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from faceforge_core.db import sqlite
from faceforge_core.db.checkpoints import Checkpointer
from faceforge_core.db.driver import FAILURES, is_io_error, translated
from faceforge_core.db.pieces import Piece
from faceforge_core.db.readers import ReaderPool, Reading
from faceforge_core.db.transactions import Chore, Reader, Transaction
from faceforge_sdk.errors import (
    Busy,
    Conflict,
    FaceForgeError,
    InsufficientStorage,
    InvalidInput,
    StatementRefused,
    StorageUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Self

    from faceforge_core.db.driver import sqlite3

__all__ = ["Database", "Reader", "Transaction"]

T = TypeVar("T")
logger = logging.getLogger(__name__)

_BATCH_PIECES = 64
_BATCH_SECONDS = 0.005
_CHORE_PAUSE = 0.02
_CHORES_GATHERED = 400
_CHORES_LATE = 2.0
"""Chores wait for a pause in the writing, but not longer than this: a steady stream of writes leaves none."""


class Database:
    """The SQLite file at `path`, created private (0600) where it is missing; schema is `db.migrate`'s business.

    Raises the SDK's errors for a file that cannot be opened. Close it, or use it as a context manager.
    """

    def __init__(self, path: Path, *, max_waiting: int = 100) -> None:
        self.path = path
        self.generation = 0
        """Grows with every commit: what was computed from reads may be kept while it stands still."""
        self._max_waiting = max_waiting
        self._waiting: SimpleQueue[Piece | None] = SimpleQueue()
        self._aside: Piece | None = None
        self._inside = threading.local()
        self._gate = threading.Lock()
        self._closed = False
        self._readers = ReaderPool(path)
        self._checkpointer = Checkpointer(path)
        self._connection: sqlite3.Connection | None = None
        self._writers_opened = 0
        self._chores: dict[Chore, None] = {}
        self._chores_asked = 0
        self._chores_since = 0.0
        try:
            sqlite.make_private(path)
            self._writer()
        except (*FAILURES, OSError) as error:
            raise translated(error) from error
        self._thread = threading.Thread(target=self._run, name="database-writer", daemon=True)
        self._thread.start()

    @property
    def connections_opened(self) -> int:
        """How many connections were ever opened: no request changes it once the engine is warm."""
        return self._writers_opened + self._readers.opened

    def read(self) -> AbstractContextManager[Reader]:
        """Open a snapshot for reading, from any thread: nothing waits for writers, nor they for it."""
        return Reading(self._readers)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in the writing transaction and return its result once it is safely on disk.

        Work of several callers may be committed together; what one raises reaches only itself, with its own changes
        undone. Raises `Busy` within 6 s when another program holds the file, at once when too much waits already, and
        `InsufficientStorage` when the volume is full or failing. Never call it from `work` or on the event loop.
        """
        self._require_outside()
        return self.submit(work).result()

    def submit(self, work: Callable[[Transaction], T], *, owner: str | None = None) -> Future[T]:
        """Queue `work` like `write` and return its answer to come, for `asyncio.wrap_future`.

        It is committed together with work of the same `owner` only, whose fault it is if all of that is undone.
        `Busy` and `StorageUnavailable` of the queue itself are raised here.
        """
        piece = Piece(work, owner)
        with self._gate:
            if self._closed:
                raise StorageUnavailable("The database is closed.")
            if self._waiting.qsize() >= self._max_waiting:
                raise Busy("Too many writes are waiting.", retry_after=1)
            self._waiting.put(piece)
        return piece.answer

    @contextmanager
    def writing_here(self) -> Iterator[None]:
        """For the thread that works on the writing connection meanwhile: it can't wait for another write."""
        self._require_outside()
        self._inside.writing = True
        try:
            yield
        finally:
            self._inside.writing = False

    def _require_outside(self) -> None:
        if getattr(self._inside, "writing", False):
            raise RuntimeError("Work that is being written cannot wait for another write: use its transaction.")

    def close(self) -> None:
        """Finish what waits, empty the log into the database and close every connection. May be called twice."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()
        self._readers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Everything below runs on the writer's thread.

    def _run(self) -> None:
        self._inside.writing = True
        going = True
        while going:
            pause = _CHORE_PAUSE if self._chores else self._checkpointer.idle_seconds()
            try:
                piece = self._put_aside() or self._waiting.get(timeout=pause)
            except Empty:
                going = self._do_chores() if self._chores else self._when_idle()
                continue
            going = piece is not None and self._commit_with_others(piece)
            if going and self._chores_are_due():
                going = self._do_chores()
        self._disconnect(checkpoint=True)

    def _chores_are_due(self) -> bool:
        late = bool(self._chores) and time.monotonic() - self._chores_since > _CHORES_LATE
        return late or self._chores_asked >= _CHORES_GATHERED

    def _do_chores(self) -> bool:
        going = True
        chores, self._chores, self._chores_asked = self._chores, {}, 0
        for chore in chores:
            piece = Piece(chore)
            going = self._commit_with_others(piece) and going
            if piece.error is not None:
                logger.warning("A chore of the database failed, and is left for later: %s", piece.error)
            elif piece.result:
                self._chores[chore] = None
        return going

    def _commit_with_others(self, first: Piece) -> bool:
        """Do `first` and what waits behind it in one transaction; return False when the end was among them."""
        try:
            connection = self._writer()
            connection.execute("BEGIN IMMEDIATE")
        except FAILURES as error:
            # Who waited behind it waited as long: five seconds more would break the promise.
            return self._refuse_all(first, error)
        batch: list[Piece] = []
        more = True
        try:
            more = self._attempt_batch(connection, first, batch)
            self._commit(connection, batch)
        except FAILURES as error:
            self._undo(connection, batch, error)
        self._answer(batch)
        return more

    def _attempt_batch(self, connection: sqlite3.Connection, first: Piece, batch: list[Piece]) -> bool:
        deadline = time.monotonic() + _BATCH_SECONDS
        piece: Piece | None = first
        while piece is not None:
            if piece.answer.set_running_or_notify_cancel():
                batch.append(piece)
                piece.attempt(connection)
            if not connection.in_transaction or len(batch) >= _BATCH_PIECES or time.monotonic() > deadline:
                return True
            try:
                piece = self._put_aside() or self._waiting.get_nowait()
            except Empty:
                return True
            if piece is not None and piece.owner != first.owner:
                self._aside = piece
                return True
        return False

    def _put_aside(self) -> Piece | None:
        """What came out of the queue and had to wait for the next transaction."""
        piece, self._aside = self._aside, None
        return piece

    def _answer(self, batch: list[Piece]) -> None:
        for piece in batch:
            if piece.error is None:
                self._call_back(piece)
                if not self._chores:
                    self._chores_since = time.monotonic()
                self._chores.update(dict.fromkeys(piece.chores))
                self._chores_asked += len(piece.chores)
        for piece in batch:
            piece.settle()
        self._checkpoint(self._checkpointer.after_commit)

    def _commit(self, connection: sqlite3.Connection, batch: list[Piece]) -> None:
        if connection.in_transaction:
            connection.execute("COMMIT")
            self.generation += 1
            return
        # One statement failed so badly that SQLite rolled back the whole transaction under its neighbours too.
        cause = next((piece.error for piece in batch if piece.error), None)
        for piece in batch:
            piece.error = piece.error or _undone_by(cause)
        if cause is not None and is_io_error(cause):
            self._disconnect()

    def _undo(self, connection: sqlite3.Connection, batch: list[Piece], error: Exception) -> None:
        for piece in batch:
            piece.error = piece.error or error
        if is_io_error(error):
            self._disconnect()
            return
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except FAILURES:  # closing undoes it as well, and nobody would be answered if this thread ended
            self._disconnect()

    def _call_back(self, piece: Piece) -> None:
        for callback in piece.callbacks:
            try:
                callback()
            except Exception:
                logger.exception("A callback after a commit failed.")

    def _refuse_all(self, first: Piece, error: Exception) -> bool:
        piece: Piece | None = first
        while piece is not None:
            if piece.answer.set_running_or_notify_cancel():
                piece.error = error
                piece.settle()
            try:
                piece = self._put_aside() or self._waiting.get_nowait()
            except Empty:
                return True
        return False

    def _when_idle(self) -> bool:
        self._checkpoint(self._checkpointer.idle)
        return True

    def _checkpoint(self, checkpoint: Callable[[sqlite3.Connection], None]) -> None:
        if self._connection is None:
            return
        try:
            checkpoint(self._connection)
        except FAILURES as error:
            # Everything committed is safe in the log; the next checkpoint tries again.
            logger.warning("The write-ahead log could not be copied into the database: %s", error)

    def _writer(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite.open_writer(self.path)
            self._writers_opened += 1
            self._checkpointer.reset()
        return self._connection

    def _disconnect(self, *, checkpoint: bool = False) -> None:
        if self._connection is None:
            return
        if checkpoint:
            self._when_idle()
        try:
            self._connection.close()
        except FAILURES as error:
            logger.warning("The database could not be closed properly: %s", error)
        self._connection = None


def _undone_by(cause: BaseException | None) -> FaceForgeError:
    """What to tell those who shared a transaction with the piece that took it down."""
    if isinstance(cause, StatementRefused | InvalidInput | Conflict):
        return Busy("The write was undone together with another one that failed; try again.")
    return InsufficientStorage("The write was undone: the volume is full or failing.")
