"""Bounds on what a client may send, and polite ways to stop listening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio

from faceforge_sdk.errors import PayloadTooLarge

if TYPE_CHECKING:
    from starlette.types import Message, Receive

_LINGER_SECONDS: Final = 5.0


def too_large(limit: int) -> PayloadTooLarge:
    """The refusal of a body beyond `limit` bytes."""
    return PayloadTooLarge(f"The body is larger than {limit} bytes.")


class CountedBody:
    """A `receive` that counts: past `limit` bytes it raises `PayloadTooLarge`, and again at every further call."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._count = 0

    @property
    def exceeded(self) -> bool:
        """Whether the client sent more than it may."""
        return self._count > self._limit

    @property
    def refusal(self) -> PayloadTooLarge:
        """What to tell the client."""
        return too_large(self._limit)

    async def __call__(self) -> Message:
        if self.exceeded:
            raise self.refusal
        message = await self._receive()
        if message["type"] == "http.request":
            self._count += len(message.get("body", b""))
            if self.exceeded:
                raise self.refusal
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
