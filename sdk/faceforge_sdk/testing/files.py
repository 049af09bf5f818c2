"""Bytes in memory."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.models import MigratePlan, ProviderUsage, StorageUsage, VerifyReport
from faceforge_sdk.protocols import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO, Self

    from faceforge_sdk.models import Asset, MigrateRequest, VerifyOptions
    from faceforge_sdk.protocols import Arrival, Received, Sidecar

    from .catalog import FakeAssets
    from .imports import FakeImports

_PIECE = 1024 * 1024


class FakeStorage:
    """`faceforge_sdk.protocols.Storage` over the bytes of `FakeAssets`. `staged` has what was received and not kept."""

    def __init__(self, assets: FakeAssets, imports: FakeImports | None = None) -> None:
        self.staged: list[FakeReceived] = []
        self._assets = assets
        self._imports = imports

    def begin_upload(self, *, expected_size: int | None = None) -> FakeUpload:
        del expected_size  # there is always room
        return FakeUpload(self._assets)

    def receive(self, source: BinaryIO, byte_size: int, copied: Callable[[int], None]) -> FakeReceived:
        content = bytearray()
        while len(content) < byte_size and (piece := source.read(min(_PIECE, byte_size - len(content)))):
            content += piece
            copied(len(piece))
        received = FakeReceived(bytes(content), self.staged)
        self.staged.append(received)
        return received

    def keep(self, arrivals: Sequence[Arrival]) -> Sequence[Kept]:
        """One that is empty or has no name is refused; sidecars are not kept."""
        return [self._keep(arrival) for arrival in arrivals]

    def _keep(self, arrival: Arrival) -> Kept:
        content = self._content(arrival.received)
        known = self._assets.has(content)
        arrival.received.discard()
        if not content or not arrival.filename:
            error = InvalidInput("The file is empty, or has no name.")
            return Kept(arrival.received.content_hash, len(content), error=error)
        asset = self._assets.add(content, filename=arrival.filename, mime_type=arrival.content_type, kind=arrival.kind)
        if self._imports is not None:
            self._imports.remember(arrival, asset.asset_id, created=not known)
        return Kept(asset.asset_id, asset.byte_size, known=known)

    def _content(self, received: Received) -> bytes:
        for one in self.staged:
            if one is received:
                return one.content
        raise ValueError("It was not received here, or it is kept or discarded already.")

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


class FakeReceived:
    """`faceforge_sdk.protocols.Received` in memory."""

    def __init__(self, content: bytes, staged: list[FakeReceived]) -> None:
        self.content = content
        self.content_hash = hashlib.sha256(content).hexdigest()
        self.byte_size = len(content)
        self._staged = staged

    def discard(self) -> None:
        self._staged[:] = [one for one in self._staged if one is not self]


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
        del sidecar  # not kept
        if not self._content or not filename:
            raise InvalidInput("The file is empty, or has no name.")
        content = bytes(self._content)
        self.known = self._assets.has(content)
        return self._assets.add(content, filename=filename, mime_type=content_type, kind=kind)
