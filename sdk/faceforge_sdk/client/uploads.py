"""One file on its way to Core: read in pieces, hashed while it is sent."""

from __future__ import annotations

import hashlib
import io
import json
import mimetypes
import os
import re
import secrets
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote

from faceforge_sdk.errors import IntegrityError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    import httpx2

    from .exchange import Exchange

CHUNK = 256 * 1024
_PLAIN_NAME = re.compile(r'[^"\\\x00-\x1f\x7f]+')


class Upload:
    """A multipart body that is made while it is sent, anew for each try; a context manager that closes its file."""

    def __init__(
        self,
        source: str | Path | bytes | BinaryIO,
        *,
        filename: str | None = None,
        mime_type: str | None = None,
        meta: Any = None,
        progress: Callable[[int, int | None], None] | None = None,
    ) -> None:
        self._closing = ExitStack()
        self._file = self._opened(source)
        self._start = self._file.tell() if self._file.seekable() else None
        self._size = None if self._start is None else self._file.seek(0, os.SEEK_END) - self._start
        name = filename or Path(str(getattr(self._file, "name", ""))).name or "file"
        self._boundary = secrets.token_hex(16)
        self._head = self._part("file", name, mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream")
        self._tail = self._tail_with(meta)
        self._progress = progress
        self._digest = hashlib.sha256()
        self._begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def send(
        self, exchange: Exchange, path: str, query: Mapping[str, str] | None = None, *, timeout: float | None = None
    ) -> httpx2.Response:
        """The answer of Core to the whole file.

        Raises `CoreUnreachable`, and `InvalidInput` where it wants the file later and it can't be read again.
        """
        return exchange.send(lambda: self._request(exchange, path, query, timeout))

    def require_same(self, content_hash: str) -> None:
        """Make sure that Core got the bytes that were read here, by their SHA-256. Raises `IntegrityError`."""
        sent = self._digest.hexdigest()
        if content_hash != sent:
            raise IntegrityError(
                f"Core got other bytes than were sent: their SHA-256 is {content_hash}, not {sent}.",
                details={"reason": "hash", "sent": sent, "stored": content_hash},
            )

    def _request(
        self, exchange: Exchange, path: str, query: Mapping[str, str] | None, timeout: float | None
    ) -> httpx2.Request:
        if self._start is not None:
            self._file.seek(self._start)
        elif self._begun:
            raise InvalidInput("Core asked to try again later, and this file can't be read a second time.")
        self._begun = True
        headers = {"Content-Type": f"multipart/form-data; boundary={self._boundary}"}
        if self._size is not None:
            headers["Content-Length"] = str(len(self._head) + self._size + len(self._tail))
        return exchange.request("POST", path, query=query, headers=headers, content=self._body(), timeout=timeout)

    def _opened(self, source: str | Path | bytes | BinaryIO) -> BinaryIO:
        if isinstance(source, bytes):
            return self._closing.enter_context(io.BytesIO(source))
        if isinstance(source, str | Path):
            return self._closing.enter_context(Path(source).open("rb"))
        return source

    def _body(self) -> Iterator[bytes]:
        """The parts. What a file gets while it is read stays out; one that shrinks is an `InvalidInput`."""
        self._digest = hashlib.sha256()
        yield self._head
        sent = 0
        while self._size is None or sent < self._size:
            piece = self._file.read(CHUNK if self._size is None else min(CHUNK, self._size - sent))
            if not piece and self._size is not None:
                raise InvalidInput(f"The file became shorter while it was read: {sent} of {self._size} bytes.")
            if not piece:
                break
            self._digest.update(piece)
            yield piece
            sent += len(piece)
            if self._progress is not None:
                self._progress(sent, self._size)
        yield self._tail

    def _part(self, field: str, name: str, content_type: str) -> bytes:
        # A name in RFC 5987's form where quotation marks and the like would be altered on the way.
        plain = _PLAIN_NAME.fullmatch(name) is not None
        said = f'filename="{name}"' if plain else f"filename*=UTF-8''{quote(name, safe='', errors='replace')}"
        head = f'--{self._boundary}\r\nContent-Disposition: form-data; name="{field}"; {said}\r\n'
        return f"{head}Content-Type: {content_type}\r\n\r\n".encode("utf-8", "replace")

    def _tail_with(self, meta: Any) -> bytes:
        end = f"\r\n--{self._boundary}--\r\n".encode()
        if meta is None:
            return end
        content = meta if isinstance(meta, bytes) else json.dumps(meta, ensure_ascii=False).encode()
        return b"\r\n" + self._part("meta", "_meta.json", "application/json") + content + end
