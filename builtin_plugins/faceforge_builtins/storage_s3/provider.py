"""The storage provider called ``s3``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.files import FileReader
from faceforge_sdk.locks import KeyLocks

from .caretaker import Caretaker
from .connection import Connection
from .objects import Objects
from .settings import ObjectKey
from .unproven import UnprovenFiles

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faceforge_sdk.protocols import ByteReader

    from .settings import Patience, Target


class S3Provider:
    """The `StorageProvider` over an S3 server whose word alone is not enough.

    A server may acknowledge what a power failure still takes away. So a file stays on this computer too, and is read
    from there, until the caretaker has read the object back in full and found the same bytes; `put` returns when both
    are so. Leave `cared_for` and objects are proven the next time.
    """

    name = "s3"

    def __init__(
        self, bucket: str, find_target: Callable[[], Target], data_dir: Path, patience: Patience, log: logging.Logger
    ) -> None:
        self._bucket = bucket
        self._log = log
        self._locks = KeyLocks()
        self._unproven = UnprovenFiles(data_dir / "unproven")
        self._connection = Connection(find_target, bucket, patience, log)
        self._objects = Objects(self._connection, patience)
        self._caretaker = Caretaker(self._objects, self._unproven, self._locks, patience, log)

    @contextmanager
    def cared_for(self, in_service: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """Prove objects and tidy up in the background meanwhile, once `in_service` says so."""
        try:
            with self._caretaker.working(self._bucket, in_service):
                yield
        finally:
            self._connection.close()

    def key_for(self, content_hash: str) -> str:
        """``<bucket>:assets/<first two hex>/<sha256>``, as v0.1.9 had it."""
        return str(ObjectKey.of(self._bucket, content_hash))

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        """Store in S3, and keep the file here until that is proven.

        Raises `StorageUnavailable` within ten seconds of the last useful progress, `InsufficientStorage` where the copy
        can't be kept; `source` is untouched then.
        """
        place = ObjectKey.parse(key)
        if place.content_hash != content_hash:
            raise IntegrityError("The key is that of other bytes.", details={"reason": "key"})
        with self._locks.holding(key):
            if self._unproven.path(place) is not None and self._unproven.is_whole(place):
                source.unlink()  # acknowledged just before, and still being proven
                return
            self._objects.store(place, source, byte_size, self._caretaker.abort_later)
            self._unproven.keep(place, source)
        self._caretaker.prove_later(place)

    def open(self, key: str, start: int, end: int) -> ByteReader:
        """Read from the copy here, else from S3."""
        place = ObjectKey.parse(key)
        path = self._unproven.path(place)
        if path is not None:
            try:
                return FileReader(path, start, end)
            except IntegrityError as error:
                if path.is_file():  # else it was proven and removed just now
                    self._log.error("The copy %s is damaged (%s); S3 is asked instead.", path, error)
        if start >= end:
            return _Nothing()
        return self._objects.open(place, start, end)

    def stat(self, key: str) -> int | None:
        """The size; asks the server only once the object is proven."""
        place = ObjectKey.parse(key)
        path = self._unproven.path(place)
        if path is not None:
            try:
                return path.stat().st_size
            except FileNotFoundError:
                pass
        return self._objects.size(place)

    def local_path(self, key: str) -> Path | None:
        """The copy, until the object is proven."""
        return self._unproven.path(ObjectKey.parse(key))

    def delete(self, key: str) -> None:
        """Remove the copy first: else it would be taken for an object that got lost, and be uploaded again."""
        place = ObjectKey.parse(key)
        with self._locks.holding(key):
            self._unproven.drop(place)
            self._objects.delete(place)

    def trouble(self) -> str | None:
        """Why it is not available, as a sentence; None while it is."""
        return self._connection.trouble()

    def available(self) -> bool:
        """Whether the server took and answered things lately; asks it at most every thirty seconds while it is down."""
        return self._connection.takes_files()


class _Nothing:
    """A range of no bytes."""

    def read(self, size: int, /) -> bytes:
        del size
        return b""

    def read_ready(self, size: int, /) -> None:
        del size

    def close(self) -> None: ...
