"""Receiving one file: the body flows through a bounded buffer into the storage service, never through memory whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.requests import ClientDisconnect

from faceforge_sdk.errors import FaceForgeError, InvalidInput
from faceforge_sdk.multipart import MultipartReader, PartBegin, PartData, PartEnd
from faceforge_sdk.protocols import Sidecar
from faceforge_sdk.strict_json import MAX_BYTES as MAX_SIDECAR_BYTES

if TYPE_CHECKING:
    from starlette.requests import Request

    from faceforge_sdk.models import Asset
    from faceforge_sdk.multipart import PartEvent
    from faceforge_sdk.protocols import Storage, Upload


BUFFER = 1024 * 1024
MAX_PARTS = 100


class UploadReceiver:
    """Sorts the parts of one multipart body: the field ``file`` into the upload, ``meta`` aside, others away."""

    def __init__(self, storage: Storage, kind: str, expected_size: int | None) -> None:
        self._storage = storage
        self._kind = kind
        self._expected_size = expected_size
        self._upload: Upload | None = None
        self._file: PartBegin | None = None
        self._meta: PartBegin | None = None
        self._meta_content = bytearray()
        self._current: PartBegin | None = None
        self._parts = 0
        self._buffer: list[memoryview] = []
        self._buffered = 0
        self._writing: asyncio.Task[None] | None = None

    def begin(self) -> Upload:
        """The upload, begun if it is not yet. Blocks; raises what `Storage.begin_upload` raises."""
        if self._upload is None:
            self._upload = self._storage.begin_upload(expected_size=self._expected_size)
        return self._upload

    async def receive(self, request: Request) -> None:
        """Read the whole body. Raises `InvalidInput` when it is no upload, and what `Upload.write` raises."""
        reader = MultipartReader(request.headers.get("content-type"))
        try:
            async for chunk in request.stream():
                for event in reader.feed(chunk):
                    self._take(event)
                if self._buffered >= BUFFER:
                    await self._write_behind()
        except ClientDisconnect as exc:
            raise InvalidInput("The upload was broken off by the client.") from exc
        reader.finish()
        if self._file is None:
            raise InvalidInput("The field `file` is missing.", details=_missing_file())

    async def store(self) -> Asset:
        """Write what is left and commit, in one go on one thread."""
        await self._settle()
        return await to_thread.run_sync(self._commit)

    async def close(self) -> None:
        """Remove what was not stored."""
        try:
            await self._settle()
        except FaceForgeError:
            pass  # raised to the client already, or overtaken by the error that is on its way
        finally:
            if self._upload is not None:
                await to_thread.run_sync(self._end)

    async def _settle(self) -> None:
        """Wait until no thread writes any more. Raises what that write raised."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing

    def _take(self, event: PartEvent) -> None:
        match event:
            case PartBegin():
                self._begin(event)
            case PartData(data) if self._current is self._file and self._file is not None:
                self._buffer.append(data)
                self._buffered += len(data)
            case PartData(data) if self._current is self._meta and self._meta is not None:
                self._meta_content += data
                if len(self._meta_content) > MAX_SIDECAR_BYTES:
                    raise InvalidInput(f"The sidecar is larger than {MAX_SIDECAR_BYTES} bytes.")
            case PartEnd():
                self._current = None
            case _:
                pass

    def _begin(self, part: PartBegin) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise InvalidInput(f"The multipart body has more than {MAX_PARTS} parts.")
        self._current = part
        if part.name == "file":
            if self._file is not None:
                raise InvalidInput("The field `file` is given twice; upload one file at a time.")
            self._file = part
        elif part.name == "meta":
            self._meta, self._meta_content = part, bytearray()

    async def _write_behind(self) -> None:
        """Hand the buffer to a thread and go on receiving; at most one buffer is under way."""
        await self._settle()
        pieces, self._buffer, self._buffered = self._buffer, [], 0
        self._writing = asyncio.create_task(to_thread.run_sync(self._write, pieces))

    def _write(self, pieces: list[memoryview]) -> None:
        upload = self.begin()
        for piece in pieces:
            upload.write(piece)

    def _commit(self) -> Asset:
        if self._file is None:
            raise InvalidInput("The field `file` is missing.", details=_missing_file())
        self._write(self._buffer)
        asset = self.begin().commit(
            filename=self._file.filename or "",
            content_type=self._file.content_type,
            kind=self._kind,
            sidecar=self._sidecar(),
        )
        self._end()
        return asset

    def _end(self) -> None:
        if self._upload is not None:
            upload, self._upload = self._upload, None
            upload.__exit__(None, None, None)

    def _sidecar(self) -> Sidecar | None:
        if self._meta is None:
            return None
        return Sidecar(filename=self._meta.filename or "_meta.json", content=bytes(self._meta_content))


async def receive_upload(request: Request, storage: Storage, kind: str) -> Asset:
    """Store the file of a multipart request; nothing is kept unless this returns.

    What is known to fit into the buffer is received first, and takes one turn of a thread in all. For the rest
    storage is asked before a byte is read.
    """
    length = request.headers.get("content-length", "")
    expected = int(length) if length.isdecimal() else None
    receiver = UploadReceiver(storage, kind, expected)
    if expected is None or expected > BUFFER:
        await to_thread.run_sync(receiver.begin)
    try:
        await receiver.receive(request)
        return await receiver.store()
    finally:
        await receiver.close()


def _missing_file() -> list[dict[str, object]]:
    return [{"type": "missing", "loc": ["body", "file"], "msg": "Field required"}]
