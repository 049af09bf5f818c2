"""A place for bytes: what a plugin stands in for that keeps files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from faceforge_sdk.errors import FaceForgeError


class ByteReader(Protocol):
    """Bytes of a stored file, in order. `read` blocks."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, and b"" at the end of the asked range."""

    def read_ready(self, size: int, /) -> bytes | bytearray | None:
        """At most `size` bytes, and at least one, if that needs no waiting for a disk or a network; else None.

        May be called on the event loop. Returning None always is correct.
        """

    def close(self) -> None:
        """Let go of the file or the connection; whoever opened it calls this once it is done, or gave up."""


@runtime_checkable
class StorageProvider(Protocol):
    """A place for bytes. Keys are chosen by the provider's `key_for` and mean nothing outside it.

    Every method blocks, may be called from several threads, and raises `StorageUnavailable` when the place does not
    answer, `InsufficientStorage` when it is full.
    """

    @property
    def name(self) -> str:
        """What rows say in ``storage_provider``; unique among enabled plugins."""

    def key_for(self, content_hash: str) -> str:
        """Where bytes with this SHA-256 (64 hex characters) go."""

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        """Make the bytes of `source` durable under `key`.

        When this returns they survive power loss. `source` is a flushed private file on the home's volume; the
        provider may move it. What already stands there is kept only if it is proven equal.
        """

    def open(self, key: str, start: int, end: int) -> ByteReader:
        """Read bytes `start` (inclusive) to `end` (exclusive). Raises `IntegrityError` if they are not there."""

    def stat(self, key: str) -> int | None:
        """The size in bytes, or None when nothing readable stands there."""

    def local_path(self, key: str) -> Path | None:
        """A file that holds exactly these bytes and must not be written to, if the place has one."""

    def delete(self, key: str) -> None:
        """Remove; nothing happens if it is gone already."""

    def available(self) -> bool:
        """Whether a `put` would be tried now; cheap."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """Something that a provider holds; `modified_at` is in seconds of Unix time."""

    key: str
    byte_size: int
    modified_at: float


@runtime_checkable
class BatchProvider(StorageProvider, Protocol):
    """A provider that makes many files durable together at a fraction of the cost of one after the other."""

    def put_many(self, puts: Sequence[Put]) -> Sequence[FaceForgeError | None]:
        """As `put`, for each; one answer each, in order: None where it is durable, else why it is not there.

        When this returns, all that are there survive power loss. A source is left where it was if its put failed.
        Raises, with no put done, `StorageUnavailable` where the whole place does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Put:
    """The arguments of one `StorageProvider.put`."""

    key: str
    source: Path
    content_hash: str
    byte_size: int


@runtime_checkable
class ListingProvider(StorageProvider, Protocol):
    """A provider that can say what it holds, so that a check finds what no asset refers to any more.

    Its keys end in a slash and the SHA-256 of the bytes.
    """

    def objects(self) -> Iterator[StoredObject]:
        """All there is, in any order, one by one."""
        ...

    def set_aside(self, key: str) -> str:
        """Move what stands there out of the way without deleting it; returns where it is now, for people."""
        ...
