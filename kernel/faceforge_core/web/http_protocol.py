"""What a connection hears when its request could not even be read: the envelope, as everywhere else."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import TYPE_CHECKING

from faceforge_core.web.envelope import Refusal, code_for, envelope_response, failure_refusal

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Protocol
except ImportError:  # httptools is not made for this interpreter
    from uvicorn.protocols.http.h11_impl import H11Protocol as _Protocol  # type: ignore[assignment]  # one or the other

if TYPE_CHECKING:
    import asyncio
    from typing import Any

    from uvicorn.server import ServerState

_NOT_HTTP = Refusal(HTTPStatus.BAD_REQUEST, code_for(HTTPStatus.BAD_REQUEST), "The request is not valid HTTP/1.1.")


class EnvelopeAnswers:
    """Goes before one of uvicorn's protocols, which call any failure of reading a wrong request, in plain text."""

    if TYPE_CHECKING:
        transport: asyncio.Transport
        server_state: ServerState
        cycle: Any

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # what uvicorn would say
        """Answer and close; called in the ``except`` of what went wrong, whose context is a failure of ours if any.

        An answer that has begun is broken off instead: its client must not take more for a part of it.
        """
        error = sys.exc_info()[1]
        cause = error and error.__context__
        if not (self.cycle and self.cycle.response_started and not self.cycle.response_complete):
            self._answer(failure_refusal(cause) if isinstance(cause, MemoryError) else _NOT_HTTP)
        self.transport.close()

    def _answer(self, refusal: Refusal) -> None:
        answer = envelope_response(refusal)
        headers = [*self.server_state.default_headers, *answer.raw_headers, (b"connection", b"close")]
        head = b"".join(b"%s: %s\r\n" % header for header in headers)
        first = f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n".encode()
        self.transport.write(first + head + b"\r\n" + bytes(answer.body))


class HttpProtocol(EnvelopeAnswers, _Protocol):
    """Of a Core's server."""
