"""Sending a stored file: streamed, resumable, cacheable, and inert in a browser."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from anyio import to_thread
from starlette.responses import Response

from faceforge_sdk.errors import IntegrityError

from .ranges import parse_range

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.datastructures import Headers
    from starlette.types import Receive, Scope, Send

    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import ByteReader

CHUNK = 512 * 1024
INLINE = 256 * 1024
"""Up to so many bytes are read where the file is opened, and sent in one piece."""

HARMLESS_TYPES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/tiff"}
)
"""Raster images, which no browser executes; everything else is sent as ``application/octet-stream``."""

_DOUBTFUL = re.compile(r"[^A-Za-z0-9 ._()\[\]@+,#&!~-]")


class Download(Response):
    """`size` bytes of a reader, streamed as fast as the client takes them and no faster.

    What lies in memory is sent right away; what has to come from a disk or a network is read on a thread, so that a
    slow reader or a slow disk holds up nobody else. Reading ends when the client goes away: the server takes bytes
    for a connection that is gone at once, so a cached film would be read to its end without ever waiting.
    """

    def __init__(self, status: int, headers: dict[str, str], size: int, reader: ByteReader) -> None:
        super().__init__(status_code=status, headers={**headers, "Content-Length": str(size)})
        self._size = size
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        leaving = asyncio.create_task(_leaving(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            left = self._size
            while left and not leaving.done():
                wanted = min(CHUNK, left)
                chunk = self._reader.read_ready(wanted)
                if chunk is None:
                    chunk = await to_thread.run_sync(_read_some, self._reader, wanted)
                left -= len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
                await asyncio.sleep(0)  # neither line above has to wait: this lets others have their turn
        finally:
            leaving.cancel()
            await to_thread.run_sync(self._reader.close)


async def _leaving(receive: Receive) -> None:
    """Returns when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def answer(
    asset: Asset, request_headers: Headers, *, head: bool, open_bytes: Callable[[int, int], ByteReader]
) -> Response:
    """The answer to a GET or HEAD. Blocks while the file is opened.

    Raises what `open_bytes` raises, and `RangeNotSatisfiable`.
    """
    headers = _headers(asset)
    if _not_modified(request_headers, headers):
        return Response(status_code=304, headers={name: headers[name] for name in ("ETag", "Last-Modified")})
    part = None if head else parse_range(_applicable_range(request_headers, headers), asset.byte_size)
    start, end = part or (0, asset.byte_size)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{asset.byte_size}"
    status = 206 if part else 200
    if head:
        return Response(status_code=status, headers={**headers, "Content-Length": str(asset.byte_size)})
    reader = open_bytes(start, end)
    if end - start > INLINE:
        return Download(status, headers, end - start, reader)
    try:
        return Response(_read_all(reader, end - start), status, headers)
    finally:
        reader.close()


def _read_all(reader: ByteReader, size: int) -> bytes:
    pieces = []
    while size:
        pieces.append(_read_some(reader, size))
        size -= len(pieces[-1])
    return b"".join(pieces)


def _read_some(reader: ByteReader, size: int) -> bytes:
    chunk = reader.read(size)
    if not chunk:  # a short answer must never look complete: it breaks off, and the client sees that
        raise IntegrityError("The stored file ended before its recorded size.", details={"reason": "size"})
    return chunk


def content_disposition(filename: str) -> str:
    """``attachment`` with the name once in ASCII and once exactly (RFC 6266)."""
    plain = _DOUBTFUL.sub("_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='', errors='replace')}"


def _headers(asset: Asset) -> dict[str, str]:
    mime_type = (asset.mime_type or "").lower()
    return {
        "Content-Type": mime_type if mime_type in HARMLESS_TYPES else "application/octet-stream",
        "Content-Disposition": content_disposition(asset.filename or asset.asset_id),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Accept-Ranges": "bytes",
        "ETag": f'"{asset.content_hash}"',
        "Last-Modified": _http_date(asset.created_at),
        "Cache-Control": "private, no-cache",
    }


def _http_date(timestamp: str) -> str:
    try:
        moment = datetime.fromisoformat(timestamp)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # another tool's timestamp: the epoch is never newer than what a client has
        moment = datetime.fromtimestamp(0, UTC)
    return format_datetime(moment, usegmt=True)


def _not_modified(request: Headers, headers: dict[str, str]) -> bool:
    wanted = request.get("if-none-match")
    if wanted is not None:
        tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return "*" in tags or headers["ETag"] in tags
    return request.get("if-modified-since") == headers["Last-Modified"]


def _applicable_range(request: Headers, headers: dict[str, str]) -> str | None:
    condition = request.get("if-range")
    if condition is not None and condition.strip() not in (headers["ETag"], headers["Last-Modified"]):
        return None
    return request.get("range")
