"""An archive on its way in: kept in a nameless file of the home, which is gone whenever it is closed."""

from __future__ import annotations

import tempfile
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.requests import ClientDisconnect

from faceforge_sdk.errors import InvalidInput, PayloadTooLarge
from faceforge_sdk.files import storage_error
from faceforge_sdk.multipart import MultipartReader, PartBegin, PartData, PartEnd

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from starlette.requests import Request

    from faceforge_sdk.multipart import PartEvent

MAX_ARCHIVE_BYTES = 100 * 1024 * 1024
MAX_PARTS = 100

ARCHIVE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "minLength": 1,
                            "description": "A ZIP of the plugin's folder, or a wheel, with its name.",
                        },
                    },
                },
                "example": {"file": "the bytes of palette-1.0.0.zip"},
            }
        },
    }
}


@asynccontextmanager
async def received_archive(request: Request, folder: Path) -> AsyncIterator[tuple[BinaryIO, str]]:
    """The field ``file`` of a multipart request, as an open file, and its name.

    Raises `InvalidInput` for a request that has none, or several, and `PayloadTooLarge`.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MAX_ARCHIVE_BYTES + MAX_PARTS * 1024:
        raise _too_large()
    file = await to_thread.run_sync(_nameless_file, folder)
    try:
        receiver = _Receiver(file)
        reader = MultipartReader(request.headers.get("content-type"))
        async for chunk in request.stream():
            await to_thread.run_sync(receiver.take, reader.feed(chunk))
        reader.finish()
        yield file, receiver.filename()
    except ClientDisconnect as exc:
        raise InvalidInput("The upload was broken off by the client.") from exc
    finally:
        await to_thread.run_sync(file.close)


def _nameless_file(folder: Path) -> BinaryIO:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)
    except OSError as exc:
        raise storage_error(exc) from exc


class _Receiver:
    """Writes the parts called ``file``, of which there may be one, and passes over all others."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._filename: str | None = None
        self._writing = False
        self._size = 0
        self._parts = 0

    def take(self, events: Sequence[PartEvent]) -> None:
        for event in events:
            match event:
                case PartBegin():
                    self._begin(event)
                case PartData(data) if self._writing:
                    self._write(data)
                case PartEnd():
                    self._writing = False
                case _:
                    pass

    def filename(self) -> str:
        if self._filename is None:
            missing = [{"type": "missing", "loc": ["body", "file"], "msg": "Field required"}]
            raise InvalidInput("The field `file` is missing.", details=missing)
        return self._filename

    def _begin(self, part: PartBegin) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise InvalidInput(f"The multipart body has more than {MAX_PARTS} parts.")
        if part.name != "file":
            return
        if self._filename is not None:
            raise InvalidInput("The field `file` is given twice; install one plugin at a time.")
        self._filename, self._writing = part.filename or "", True

    def _write(self, data: memoryview) -> None:
        self._size += len(data)
        if self._size > MAX_ARCHIVE_BYTES:
            raise _too_large()
        try:
            self._file.write(data)
        except OSError as exc:
            raise storage_error(exc) from exc


def _too_large() -> PayloadTooLarge:
    return PayloadTooLarge(f"A plugin's archive has at most {MAX_ARCHIVE_BYTES} bytes.")
