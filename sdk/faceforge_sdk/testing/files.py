"""Bytes in memory."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faceforge_sdk import strict_json
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.models import MigratePlan, ProviderUsage, StorageUsage, VerifyReport
from faceforge_sdk.protocols import SMALL_FILE_BYTES, Kept, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import BinaryIO, Self

    from faceforge_sdk.models import Asset, MigrateRequest, VerifyOptions
    from faceforge_sdk.protocols import Arrival, FileOrigin, Sidecar

    from .assets import FakeAssets
    from .imports import FakeImports


class FakeStorage:
    """`faceforge_sdk.protocols.Storage` over the bytes of `FakeAssets`."""

    def __init__(self, assets: FakeAssets, imports: FakeImports | None = None) -> None:
        self._assets = assets
        self._imports = imports

    def begin_upload(self, *, expected_size: int | None = None) -> FakeUpload:
        del expected_size  # there is always room
        return FakeUpload(self._assets)

    def receive(self, source: BinaryIO, byte_size: int, copied: Callable[[int], None]) -> FakeReceived:
        content = source.read(byte_size)
        copied(len(content))
        return FakeReceived(content)

    def small_files(self) -> FakeSmallFiles:
        return FakeSmallFiles()

    def keep(self, arrivals: Sequence[Arrival], before_recording: Callable[[], None] | None = None) -> Sequence[Kept]:
        if before_recording is not None:
            before_recording()
        return [self._keep(arrival) for arrival in arrivals]

    def _keep(self, arrival: Arrival) -> Kept:
        received = arrival.received
        if not isinstance(received, FakeReceived):
            raise TypeError("Only what `receive` gave can be kept.")
        upload = self.begin_upload()
        upload.write(received.content)
        try:
            asset = upload.commit(
                filename=arrival.filename, content_type=arrival.content_type, kind=arrival.kind, sidecar=arrival.sidecar
            )
        except InvalidInput as error:
            return Kept(received.content_hash, received.byte_size, error=error)
        if self._imports is not None:
            self._imports.remember(
                asset.asset_id, created=not upload.known, origin=arrival.origin, import_id=arrival.import_id
            )
            links = [(entity_id, asset.asset_id, role) for entity_id, role in arrival.links]
            self._imports.link(arrival.import_id, links)
        return Kept(asset.asset_id, received.byte_size, known=upload.known)

    @contextmanager
    def as_file(self, asset: Asset) -> Iterator[Path]:
        """A copy in the system's folder for temporary files."""
        suffix = Path(asset.filename or "").suffix
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, asset.content_hash + (suffix if suffix[1:].isalnum() and suffix.isascii() else ""))
            path.write_bytes(self._assets.content[asset.asset_id])
            yield path

    def open(self, asset: Asset, start: int = 0, end: int | None = None) -> BytesReader:
        return BytesReader(self._assets.content[asset.asset_id][start:end])

    def local_file(self, asset: Asset) -> Path | None:
        del asset  # nothing here is a file
        return None

    def usage(self) -> StorageUsage:
        content = self._assets.content.values()
        held = ProviderUsage(
            name="fs", active=True, available=True, assets=len(content), total_bytes=sum(map(len, content))
        )
        return StorageUsage(providers=[held], displaced=0)

    def verify(
        self,
        options: VerifyOptions,
        progress: Callable[[float, str | None], None],
        check_cancelled: Callable[[], None],
    ) -> VerifyReport:
        """All is well: what lies in memory can't be damaged."""
        check_cancelled()
        progress(100, None)
        content = [*self._assets.content.values()]
        hashed = content if options.deep else []
        return VerifyReport(
            checked_assets=len(content),
            hashed_assets=len(hashed),
            hashed_bytes=sum(map(len, hashed)),
            seen_objects=len(content),
            counts={},
            findings=[],
        )

    def plan_migration(self, request: MigrateRequest) -> MigratePlan:
        if request.to != "fs":
            raise InvalidInput(f"No enabled plugin offers the storage provider {request.to!r}.")
        return MigratePlan(shares=[], assets=0, total_bytes=0)

    def migrate(
        self,
        request: MigrateRequest,
        progress: Callable[[float, str | None], None],
        check_cancelled: Callable[[], None],
        report: Callable[[str, Mapping[str, Any]], None],
    ) -> Mapping[str, int]:
        """Everything is where it can be already."""
        del report
        self.plan_migration(request)
        check_cancelled()
        progress(100, None)
        return {"moved": 0, "failed": 0, "bytes": 0}

    def settle(
        self, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]
    ) -> Mapping[str, int]:
        check_cancelled()
        progress(100, None)
        return {"moved": 0, "wait": 0}

    def adopt(
        self, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]
    ) -> Mapping[str, int]:
        check_cancelled()
        progress(100, None)
        return {}


class BytesReader(io.BytesIO):
    """`faceforge_sdk.protocols.ByteReader` over bytes, which are always ready."""

    def read_ready(self, size: int, /) -> bytes | None:
        return self.read(size) or None


class FakeSmallFiles:
    """`faceforge_sdk.protocols.SmallFiles` in the test's own process."""

    def __init__(self) -> None:
        self.closed = False

    def receive(self, files: Sequence[FileOrigin]) -> Sequence[FakeReceived | None]:
        return [None if self.closed else self._receive(file) for file in files]

    def close(self) -> None:
        self.closed = True

    def _receive(self, origin: FileOrigin) -> FakeReceived | None:
        path = Path(os.fsdecode(origin.path))
        if path.is_symlink() or not path.is_file():
            return None
        facts = path.stat()
        if facts.st_size > SMALL_FILE_BYTES or (facts.st_size, facts.st_mtime_ns) != (
            origin.byte_size,
            origin.mtime_ns,
        ):
            return None
        return FakeReceived(path.read_bytes())


class FakeReceived:
    """`faceforge_sdk.protocols.Received` in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.content_hash = hashlib.sha256(content).hexdigest()
        self.byte_size = len(content)
        self.discarded = False

    def discard(self) -> None:
        self.discarded = True


class FakeUpload:
    """`faceforge_sdk.protocols.Upload` in memory."""

    def __init__(self, assets: FakeAssets) -> None:
        self.known = self.displaced = False
        self._assets = assets
        self._content = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._content.clear()

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self._content += chunk

    def commit(
        self, *, filename: str, content_type: str | None, kind: str = "file", sidecar: Sidecar | None = None
    ) -> Asset:
        entry = None if sidecar is None else _entry_of(sidecar)
        if not self._content or not filename:
            raise InvalidInput("The file is empty, or has no name.")
        content = bytes(self._content)
        self.known = self._assets.has(content)
        asset = self._assets.add(content, filename=filename, mime_type=content_type, kind=kind)
        if entry is not None:
            self._assets.record([Reading(asset.asset_id, entries=(entry,))])
        return self._assets.get(asset.asset_id)


def _entry_of(sidecar: Sidecar) -> Mapping[str, Any]:
    """What ``meta.metadata`` says of a companion file."""
    content = strict_json.loads(sidecar.content)
    named = {"Source": "UserSidecar", "Type": "JsonMetadata", "Name": sidecar.filename, "NameHashes": None}
    return {**named, "Data": content}
