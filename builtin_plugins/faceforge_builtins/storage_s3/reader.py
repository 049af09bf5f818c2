"""A range of an object as it streams in: the right bytes, all of them, or an error."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from urllib3.exceptions import HTTPError

from .pace import TooSlow

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from urllib3.response import BaseHTTPResponse

    from faceforge_sdk.errors import StorageUnavailable

    from .pace import Pace


class S3Reader:
    """The SDK's `ByteReader` over one answer; `lost` makes the error for a stream that breaks off.

    `stream` is read as the network gives it, so that a server that drips can be told from one that works.
    """

    def __init__(
        self, stream: BaseHTTPResponse, size: int, pace: Pace, lost: Callable[[str], StorageUnavailable]
    ) -> None:
        self._stream = stream
        self._left = size
        self._pace = pace
        self._lost = lost

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, and b"" at the end of the range. Raises `StorageUnavailable`."""
        wanted = min(size, self._left)
        if wanted <= 0:
            return b""
        before = time.monotonic()
        try:
            chunk = self._stream.read1(wanted)
            self._pace.note(len(chunk), time.monotonic() - before)
        except TooSlow as error:
            raise self._broken(f"is too slow ({error})") from error
        except (HTTPError, OSError) as error:
            raise self._broken(f"broke off ({type(error).__name__})") from error
        if not chunk:
            raise self._broken("ended early")
        self._left -= len(chunk)
        return chunk

    def read_ready(self, size: int, /) -> None:
        """Never: every read may wait for the network."""
        del size

    def close(self) -> None:
        """Let go of the connection; one with bytes left in it is not used again."""
        self._stream.close()
        self._stream.release_conn()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _broken(self, how: str) -> StorageUnavailable:
        self.close()
        return self._lost(f"its answer {how}")
