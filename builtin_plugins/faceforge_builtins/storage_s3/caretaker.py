"""The thread that proves objects by reading them back, repairs what the server lost, and tidies failed uploads."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING

from faceforge_sdk.errors import FaceForgeError, IntegrityError, StorageUnavailable

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faceforge_sdk.locks import KeyLocks

    from .objects import Objects
    from .settings import ObjectKey, Patience
    from .unproven import UnprovenFiles

_STOP_SECONDS = 2.0
_LONGEST_WAIT = 3600.0
_NOT_IN_SERVICE_YET = 0.2


class _Stopping(Exception):
    """The plugin is to end, in the middle of whatever is under way."""


class Caretaker:
    """Does what is due, one thing after the other, and waits while the server does not answer.

    What is to be proven is known by the copies themselves, so nothing is forgotten over a restart.
    """

    def __init__(
        self, objects: Objects, unproven: UnprovenFiles, locks: KeyLocks, patience: Patience, log: logging.Logger
    ) -> None:
        self._objects = objects
        self._unproven = unproven
        self._locks = locks
        self._patience = patience
        self._log = log
        self._changed = threading.Condition()
        self._due: dict[ObjectKey, float] = {}
        self._failures: dict[ObjectKey, int] = {}
        self._chores: list[Callable[[], object]] = []
        self._rest_until = 0.0
        self._stopping = False

    @contextmanager
    def working(self, bucket: str, in_service: Callable[[], bool]) -> Iterator[None]:
        """Run the thread meanwhile. A transfer that hangs at the end is not waited for."""
        self._stopping = False
        self._chores.append(partial(self._objects.abort_stale_uploads, bucket))
        for key in self._unproven:
            self.prove_later(key)
        # In a copy of the context, so that what it logs belongs to the same Core.
        thread = threading.Thread(
            target=copy_context().run, args=(self._work, in_service), name="faceforge-s3-caretaker", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._stopping = True
                self._changed.notify_all()
            thread.join(_STOP_SECONDS)

    def prove_later(self, key: ObjectKey) -> None:
        """Read the object back once the server had time to make it durable."""
        self._again(key, self._patience.prove_after)

    def abort_later(self, key: ObjectKey, upload_id: str) -> None:
        """Have the server drop the parts of a failed upload, without keeping anybody waiting."""
        with self._changed:
            self._chores.append(partial(self._objects.abort_upload, key, upload_id))
            self._changed.notify_all()

    # --- What the thread does

    def _work(self, in_service: Callable[[], bool]) -> None:
        try:
            self._wait_until(in_service)
            while True:
                self._next()()
        except _Stopping:
            return

    def _wait_until(self, in_service: Callable[[], bool]) -> None:
        with self._changed:
            while not in_service():
                self._keep_going()
                self._changed.wait(_NOT_IN_SERVICE_YET)

    def _next(self) -> Callable[[], None]:
        """What is due, as soon as something is."""
        with self._changed:
            while True:
                self._keep_going()
                now = time.monotonic()
                if now < self._rest_until:
                    pause: float | None = self._rest_until - now
                elif self._chores:
                    return self._do_chore
                else:
                    key = min(self._due, key=lambda one: self._due[one], default=None)
                    if key is not None and self._due[key] <= now:
                        return partial(self._attend_to, key)
                    pause = None if key is None else self._due[key] - now
                self._changed.wait(pause)

    def _do_chore(self) -> None:
        try:
            self._chores[0]()
        except StorageUnavailable:
            self._rest()
            return
        except FaceForgeError as error:
            self._log.warning("Parts of a failed upload can't be tidied in S3: %s", error)
        del self._chores[0]

    def _attend_to(self, key: ObjectKey) -> None:
        try:
            if self._prove(key):
                self._due.pop(key, None)
                self._failures.pop(key, None)
            else:
                self._later(key)
        except StorageUnavailable:
            self._rest()
        except (FaceForgeError, OSError) as error:
            self._log.warning("%s can't be proven now: %s", key, error)
            self._later(key)

    def _prove(self, key: ObjectKey) -> bool:
        """Whether nothing is left to do for this object: the server has it, or it was deleted."""
        if self._unproven.path(key) is None:
            return True
        found = self._hash_in_s3(key)
        with self._locks.holding(str(key)):
            path = self._unproven.path(key)
            if path is not None and found == key.content_hash:
                self._unproven.drop(key)
                self._log.info("%s is proven to be in S3.", key)
            elif path is not None:
                self._repair(key, path, "does not have" if found is None else "has other bytes for")
                return False
        return True

    def _hash_in_s3(self, key: ObjectKey) -> str | None:
        try:
            return self._objects.hash_of(key, self._keep_going)
        except IntegrityError:
            return ""

    def _repair(self, key: ObjectKey, path: Path, fault: str) -> None:
        if not self._unproven.is_whole(key):
            self._log.error("S3 %s %s, and the copy %s is damaged too.", fault, key, path)
            return
        self._log.warning("S3 %s %s, which it had acknowledged; the file is sent again.", fault, key)
        self._objects.store(key, path, path.stat().st_size, self.abort_later)

    # --- When

    def _keep_going(self) -> None:
        if self._stopping:
            raise _Stopping

    def _rest(self) -> None:
        self._rest_until = time.monotonic() + self._patience.rest

    def _later(self, key: ObjectKey) -> None:
        """Each time it fails the server gets twice as long."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        self._again(key, min(self._patience.prove_after * 2**failures, max(_LONGEST_WAIT, self._patience.prove_after)))

    def _again(self, key: ObjectKey, seconds: float) -> None:
        with self._changed:
            self._due[key] = time.monotonic() + seconds
            self._changed.notify_all()
