"""The limits that transfers and the start are measured against: bare ASGI apps, run by uvicorn."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.responses import FileResponse, PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

FOLDER = Path(os.environ.get("BENCHMARK_FOLDER", "."))
_BLOCK = 1 << 20


async def raw_put(scope: Scope, receive: Receive, send: Send) -> None:
    """Stream any body into a file, hashing it, flush it to the disk, answer with the hash: nothing else."""
    found = hashlib.sha256()
    target = FOLDER / f"put-{threading.get_ident()}-{id(scope)}"
    with target.open("wb", buffering=0) as file:
        buffer: list[bytes] = []
        size, more = 0, True

        def flush(pieces: list[bytes]) -> None:
            for piece in pieces:
                found.update(piece)
                file.write(piece)

        while more:
            message = await receive()
            buffer.append(message.get("body", b""))
            size += len(buffer[-1])
            more = message.get("more_body", False)
            if size >= _BLOCK or not more:
                await to_thread.run_sync(flush, buffer)
                buffer, size = [], 0
        await to_thread.run_sync(os.fsync, file.fileno())
    target.unlink()
    await PlainTextResponse(found.hexdigest())(scope, receive, send)


async def file_response(scope: Scope, receive: Receive, send: Send) -> None:
    """Starlette's own way to send a file, ranges included."""
    await FileResponse(FOLDER / "content.bin")(scope, receive, send)


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    """An answer, and nothing before it."""
    await PlainTextResponse("ok")(scope, receive, send)
