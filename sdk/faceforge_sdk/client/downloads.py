"""An asset's bytes on their way from Core: taken up where a connection breaks, and proven by their hash."""

from __future__ import annotations

import hashlib
import io
import re
import secrets
import time
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

import httpx2

from faceforge_sdk import files
from faceforge_sdk.errors import IntegrityError

from .exchange import BREAKS, at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .exchange import Exchange

_UNUSABLE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_TAKEN = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_PART = re.compile(r"bytes (\d+)-\d+/(\d+)")


class Download:
    """The bytes of one asset, which never change: what came before a break need not come again."""

    def __init__(
        self, exchange: Exchange, asset_id: str, progress: Callable[[int, int | None], None] | None = None
    ) -> None:
        self._exchange = exchange
        self._asset_id = asset_id
        self._progress = progress
        self._received = 0

    def content(self) -> bytes:
        """All of them, in memory."""
        buffer = io.BytesIO()
        self.write_to(buffer)
        return buffer.getvalue()

    def write_to(self, file: BinaryIO) -> None:
        """Write them as they come. Raises `IntegrityError` at the end if they were not the asset's."""
        digest = hashlib.sha256()
        for piece in self._pieces():
            digest.update(piece)
            file.write(piece)
        if digest.hexdigest() != self._asset_id:
            raise IntegrityError(
                f"What came for the asset {self._asset_id} are other bytes: their SHA-256 is {digest.hexdigest()}.",
                details={"asset_id": self._asset_id, "reason": "hash"},
            )

    def _pieces(self) -> Iterator[bytes]:
        breaks = 0
        while True:
            before = self._received
            try:
                yield from self._rest()
            except httpx2.TransportError as error:
                breaks = 1 if self._received > before else breaks + 1
                if breaks >= BREAKS:
                    raise self._exchange.unreachable(error) from error
                time.sleep(0.1 * breaks)
            else:
                return

    def _rest(self) -> Iterator[bytes]:
        """What did not come yet, by one request."""
        headers = {"Accept-Encoding": "identity"}
        if self._received:
            headers["Range"] = f"bytes={self._received}-"
        path = "/v1/assets" + at(self._asset_id, "download")
        with self._exchange.stream(lambda: self._exchange.request("GET", path, headers=headers)) as response:
            start, total = _extent(response)
            if start > self._received:
                raise IntegrityError(f"Bytes from {start} on came where {self._received} was asked for.")
            known = self._received - start  # a server that knows no ranges begins anew
            for piece in response.iter_raw():
                fresh = piece[known:]
                known -= len(piece) - len(fresh)
                if fresh:
                    self._received += len(fresh)
                    yield fresh
                    if self._progress is not None:
                        self._progress(self._received, total)


def download_into(target: Path, download: Download) -> Path:
    """Put the bytes at `target`, whole and flushed or not at all. Raises as `Download.write_to`, and OSError."""
    draft = target.with_name(f".{target.name[:200]}.{secrets.token_hex(8)}.part")
    try:
        with draft.open("xb") as file:
            download.write_to(file)
            file.flush()
            files.flush(file.fileno())
        files.replace(draft, target)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    files.flush_folder(target.parent)
    return target


def safe_name(filename: str | None) -> str:
    """A file name of somebody else's as one that every system takes, and that leads nowhere; empty if nothing is left.

    Longer ones than 200 characters lose some before their extension.
    """
    name = _UNUSABLE.sub("_", filename or "").strip(" .")
    if _TAKEN.match(name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if len(name) > 200 and dot and len(extension) < 20:
        return stem[: 199 - len(extension)] + dot + extension
    return name[:200]


def _extent(response: httpx2.Response) -> tuple[int, int | None]:
    """Where an answer begins, and how many bytes there are."""
    part = _PART.fullmatch(response.headers.get("content-range", "")) if response.status_code == 206 else None
    if part is not None:
        return int(part[1]), int(part[2])
    length = response.headers.get("content-length", "")
    return 0, int(length) if length.isdecimal() else None
