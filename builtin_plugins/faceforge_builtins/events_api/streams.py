"""An answer that goes on: sent as it comes, kept alive while nothing comes, and closed with its connection.

FastAPI encodes the messages. It does not send them: its own event streams log an error whenever a client leaves while
one is on its way (https://github.com/fastapi/fastapi/discussions/15725).
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from anyio import Lock, create_task_group, sleep
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from fastapi.sse import ServerSentEvent
    from starlette.types import Send

PING_SECONDS = 15.0


class EventStream(StreamingResponse):
    """Sends `messages` until they end or the client leaves, and closes them then.

    The data of a message is a text, ready to be sent (`raw_data`).
    """

    media_type = "text/event-stream"

    def __init__(self, messages: AsyncGenerator[ServerSentEvent, None]) -> None:
        super().__init__((), headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        self._messages = messages

    async def stream_response(self, send: Send) -> None:
        sending = Lock()

        async def say(body: bytes) -> None:
            async with sending:
                await send({"type": "http.response.body", "body": body, "more_body": True})

        async def ping() -> None:
            while True:
                await sleep(PING_SECONDS)
                await say(KEEPALIVE_COMMENT)

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with create_task_group() as tasks, aclosing(self._messages):
            tasks.start_soon(ping)
            async for message in self._messages:
                await say(_encoded(message))
            tasks.cancel_scope.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _encoded(message: ServerSentEvent) -> bytes:
    return format_sse_event(
        data_str=message.raw_data, event=message.event, id=message.id, retry=message.retry, comment=message.comment
    )
