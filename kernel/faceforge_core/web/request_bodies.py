"""Bounds on what a client may send, and polite ways to stop listening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio
from starlette.exceptions import HTTPException

from faceforge_core.web.envelope import Refusal, refusal_of
from faceforge_sdk.errors import PayloadTooLarge

if TYPE_CHECKING:
    from starlette.types import Message, Receive

IDLE_SECONDS: Final = 60.0
"""A body that stands still longer is given up: whoever keeps requests open and silent would shut out all others."""

_LINGER_SECONDS: Final = 5.0
_STALLED: Final = Refusal(408, "client_error", "The body of the request did not arrive.")


def too_large(limit: int) -> PayloadTooLarge:
    """The refusal of a body beyond `limit` bytes."""
    return PayloadTooLarge(f"The body is larger than {limit} bytes.")


class BoundedBody:
    """A `receive` for a body of at most `limit` bytes (None: any number) that never stands still for a minute.

    Past either bound it raises, and again at every further call; `refusal` then is what to tell the client.
    """

    def __init__(self, receive: Receive, limit: int | None) -> None:
        self._receive = receive
        self._limit = limit
        self._count = 0
        self._complete = False
        self._error: PayloadTooLarge | HTTPException | None = None
        self.refusal: Refusal | None = None

    async def __call__(self) -> Message:
        if self._error is not None:
            raise self._error
        if self._complete:  # whoever asks on waits for the client to leave
            return await self._receive()
        with anyio.move_on_after(IDLE_SECONDS):
            return self._counted(await self._receive())
        self._error = HTTPException(_STALLED.status, _STALLED.message)
        self.refusal = _STALLED
        raise self._error

    def _counted(self, message: Message) -> Message:
        if message["type"] == "http.request":
            self._count += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._limit is not None and self._count > self._limit:
                self._error = too_large(self._limit)
                self.refusal = refusal_of(self._error)
                raise self._error
        return message


async def linger(receive: Receive) -> None:
    """Throw away what the client still sends, for five seconds at most.

    Closing a connection with unread bytes resets it, and the client loses the answer that explains why.
    """
    with anyio.move_on_after(_LINGER_SECONDS):
        more = True
        while more:
            message = await receive()
            more = message["type"] == "http.request" and message.get("more_body", False)
