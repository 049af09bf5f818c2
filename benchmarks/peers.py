"""The limits that transfers are measured against: bare ASGI apps, each run by uvicorn as ``peers:NAME``."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.responses import FileResponse

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

FOLDER = Path(os.environ.get("PEER_FOLDER", "."))


async def raw_put(scope: Scope, receive: Receive, send: Send) -> None:
    """Stream any body into a file, hashing it, flush it, answer: nothing else."""
    if scope["type"] != "http":
        return
    digest = hashlib.sha256()
    target = FOLDER / f"put-{threading.get_ident()}-{id(scope)}"
    with target.open("wb", buffering=0) as file:
        buffer: list[bytes] = []
        size, more = 0, True

        def flush(pieces: list[bytes]) -> None:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)

        while more:
            message = await receive()
            buffer.append(message.get("body", b""))
            size += len(buffer[-1])
            more = message.get("more_body", False)
            if size >= 1 << 20 or not more:
                await to_thread.run_sync(flush, buffer)
                buffer, size = [], 0
        await to_thread.run_sync(os.fsync, file.fileno())
    target.unlink()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def file_response(scope: Scope, receive: Receive, send: Send) -> None:
    """Starlette's own way to send a file, ranges included."""
    if scope["type"] == "http":
        await FileResponse(FOLDER / "content.bin")(scope, receive, send)
