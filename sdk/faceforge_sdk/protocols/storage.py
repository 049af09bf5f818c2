"""The bytes of assets on their way in and out, whichever provider holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO, Self

    from faceforge_sdk.errors import FaceForgeError
    from faceforge_sdk.models import Asset, MigratePlan, MigrateRequest, StorageUsage, VerifyOptions, VerifyReport

    from .providers import ByteReader


@dataclass(frozen=True, slots=True)
class UploadFacts:
    """What storage rules may decide by. `byte_size` is in bytes."""

    kind: str
    filename: str
    mime_type: str
    byte_size: int


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A companion JSON file, as it was sent: not parsed yet."""

    filename: str
    content: bytes


class Upload(Protocol):
    """One file on its way in, hashed while it is written to a private temporary file.

    A context manager: leaving it without `commit` removes every trace. All methods block and none may run on the
    event loop.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append. Raises `PayloadTooLarge` past ``limits.upload_bytes`` and `InsufficientStorage` on a full disk."""

    def commit(
        self, *, filename: str, content_type: str | None, kind: str = "file", sidecar: Sidecar | None = None
    ) -> Asset:
        """Store what was written; durable when this returns.

        Known bytes give the existing asset, brought back from the trash if it lay there, with a new sidecar added
        once. Raises `InvalidInput` (empty file, bad name, bad sidecar), `InsufficientStorage`; nothing is kept then.
        After `InvalidInput` it may be called again, with better words.
        """
        ...

    @property
    def known(self) -> bool:
        """Whether `commit` met a live asset with these bytes; False before."""
        ...

    @property
    def displaced(self) -> bool:
        """Whether `commit` put the bytes into the home because the place they belong did not take them."""
        ...


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """Where a file came from, and what its folder said of it then: by this it is known again without being read.

    `path` is absolute, as the system spells it (`os.fsencode`); `mtime_ns` and `inode` are those of its `stat`, the
    latter 0 where the system gives none; `sidecar` says the same of its companion file, in any form, and is empty
    where there is none.
    """

    path: bytes
    byte_size: int
    mtime_ns: int
    inode: int = 0
    sidecar: str = ""


class Received(Protocol):
    """A file that was copied into the home and hashed, and is not durable yet; nobody but its holder knows of it."""

    @property
    def content_hash(self) -> str:
        """The SHA-256 of its bytes, as 64 hex characters."""
        ...

    @property
    def byte_size(self) -> int:
        """How many bytes it has."""
        ...

    def discard(self) -> None:
        """Remove it, if it was not kept; repeatable."""


SMALL_FILE_BYTES = 256 * 1024
"""What `SmallFiles` takes, at most."""


class SmallFiles(Protocol):
    """Receives small files by the dozen, beside this interpreter where it can; see `Storage.small_files`."""

    def receive(self, files: Sequence[FileOrigin]) -> Sequence[Received | None]:
        """One answer per file, in order: its copy, if it was as its origin says from the first byte to the last.

        None, and nothing is left of it, for one that `Storage.receive` has to receive, or to say what is wrong: one of
        more than `SMALL_FILE_BYTES`, one that is not there or not the same any more, all of them where there is no
        space or this was closed. Never raises; one call at a time.
        """
        ...

    def close(self) -> None:
        """End it, from any thread: a `receive` that waits for a slow disk comes back at once, without copies."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A received file and what is known of it, for `Storage.keep`.

    `import_id`: the job that remembers it among what it created; `links`: the entities it belongs to, each with the
    role it has there.
    """

    received: Received
    filename: str
    kind: str = "file"
    content_type: str | None = None
    sidecar: Sidecar | None = None
    origin: FileOrigin | None = None
    import_id: str | None = None
    links: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What an arrival became: its asset, or the error that is its own.

    `known`: it was a live asset before; `displaced`: the place where its bytes belong did not take them;
    `sidecar_problem`: why its sidecar was left out, as a sentence.
    """

    asset_id: str
    byte_size: int
    known: bool = False
    displaced: bool = False
    sidecar_problem: str | None = None
    error: FaceForgeError | None = None


class Storage(Protocol):
    """Bytes of assets, whichever provider holds them."""

    def begin_upload(self, *, expected_size: int | None = None) -> Upload:
        """Start an upload. Raises `InsufficientStorage` at once when `expected_size` bytes can't fit."""

    def receive(self, source: BinaryIO, byte_size: int, copied: Callable[[int], None]) -> Received:
        """Copy and hash the next `byte_size` bytes of an unbuffered file; what it got since is not read.

        The copy shares no writable bytes with the source: where the disk can clone, they share until either is
        written to. `copied` hears of each piece's size, and may stop it by raising. May be called from several threads
        at once. Raises `PayloadTooLarge`, `InsufficientStorage`, `StorageUnavailable`, and OSError of the source.
        """
        ...

    def small_files(self) -> SmallFiles:
        """Another way to receive, for many small files: several at once, and in a process of its own. To be closed."""
        ...

    def keep(self, arrivals: Sequence[Arrival], before_recording: Callable[[], None] | None = None) -> Sequence[Kept]:
        """Make many received files durable, then record them in one transaction, each as `Upload.commit` would.

        One answer per arrival, in order; one that is refused does not harm the others, and equal bytes among them
        become one asset. What was kept survives power loss when this returns, with its origin, its place among what
        the import created, and its links (those to an entity that is not live are left out). All staged files are
        gone afterwards, also after an error. Raises what concerns all of them: `Busy`, `InsufficientStorage`,
        `StorageUnavailable`; then nothing was recorded.

        `before_recording` is called once, when the bytes are durable and nothing is recorded: it may wait for what
        has to be recorded earlier, and forbid it by raising. Others who bring equal bytes wait meanwhile.
        """
        ...

    def as_file(self, asset: Asset) -> AbstractContextManager[Path]:
        """A file that holds the asset's bytes, for programs that want a path; to be read only, and gone afterwards.

        Its name is made of our own characters alone: the content hash, and the extension of the asset's file name
        where that consists of at most ten ASCII letters and digits. Raises as `open`.
        """
        ...

    def open(self, asset: Asset, start: int = 0, end: int | None = None) -> ByteReader:
        """Read an asset's bytes.

        Raises `IntegrityError` when they are missing or short, before the first byte, and `StorageUnavailable`.
        """

    def local_file(self, asset: Asset) -> Path | None:
        """A file that holds the asset's bytes, to be read only, or None where the provider has no such thing."""

    def usage(self) -> StorageUsage:
        """What each provider holds."""
        ...

    def verify(
        self,
        options: VerifyOptions,
        progress: Callable[[float, str | None], None],
        check_cancelled: Callable[[], None],
    ) -> VerifyReport:
        """Check that the facts hold together and that every asset's bytes are there. Changes nothing but by `repair`.

        `check_cancelled` stops it by raising.
        """
        ...

    def plan_migration(self, request: MigrateRequest) -> MigratePlan:
        """What `migrate` would move. Raises `InvalidInput` for a provider that no enabled plugin offers."""
        ...

    def migrate(
        self,
        request: MigrateRequest,
        progress: Callable[[float, str | None], None],
        check_cancelled: Callable[[], None],
        report: Callable[[str, Mapping[str, Any]], None],
    ) -> Mapping[str, int]:
        """Move the bytes of assets: copied, read back and compared, the row switched, then the source removed.

        Repeatable: what is moved already is not looked at again. A file that can't be moved stays where it is and is
        told to `report` (a sentence and what it is about). Returns how many were ``moved``, ``failed`` and ``bytes``.
        Raises `StorageUnavailable` when a side does not answer any more, and what `check_cancelled` raises.
        """
        ...

    def settle(
        self, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]
    ) -> Mapping[str, int]:
        """Move what went to the home for want of its own place to where the rules want it, as far as they can take it.

        Returns how many were ``moved`` and how many still ``wait``.
        """
        ...

    def adopt(
        self, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]
    ) -> Mapping[str, int]:
        """Verify the files that v0.1.9 left behind, and give those that share their bytes with others their own.

        Repeatable; does only what is left. Returns how many files were ``copied``, and how many are now ``ok``,
        ``missing``, ``altered``, ``shared``, ``external`` or ``unchecked``. `check_cancelled` stops it by raising.
        """
