"""JSON bodies, checked before any route sees them."""

from __future__ import annotations

from email.message import Message
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from faceforge_core.web.envelope import Refusal, error_response, refusal_of
from faceforge_core.web.guard import AUTHENTICATED_BY
from faceforge_core.web.request_bodies import too_large
from faceforge_sdk import strict_json
from faceforge_sdk.errors import InvalidInput, PayloadTooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message as AsgiMessage
    from starlette.types import Receive, Scope, Send

    from faceforge_core.config_model import Limits
    from faceforge_core.web.live import LiveRoutes

_INLINE_BYTES: Final = 64 * 1024
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_JSON: Final = (b"content-type", b"application/json")


class _Disconnected(Exception):
    """The client went away before its body was complete."""


class StrictBody:
    """ASGI layer inside the guard: a JSON body that some later reader would choke on is refused here.

    A body without a content type counts as JSON if the client showed its token on purpose (clients of v0.1.9 could
    leave it out); with a cookie it does not, since a page of another site could send that.
    """

    def __init__(self, app: LiveRoutes, limits: Callable[[], Limits]) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            return await self._app(scope, receive, send)
        headers = dict(scope["headers"])
        content_type = headers.get(b"content-type")
        if content_type is None and scope.get(AUTHENTICATED_BY) == "token":
            content_type = b"application/json"
        if not _is_json(content_type) or not _has_body(headers) or self._app.is_upload(scope["path"]):
            return await self._app(scope, receive, send)
        if b"content-type" not in headers:
            scope = {**scope, "headers": [*scope["headers"], _JSON]}
        return await self._checked(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self._read(scope, receive)
        except InvalidInput as error:
            refusal = Refusal(
                422, "validation_error", str(error), [{"type": "json_invalid", "loc": ["body"], "msg": str(error)}]
            )
            await error_response(scope, refusal)(scope, receive, send)
        except PayloadTooLarge as error:
            await error_response(scope, refusal_of(error))(scope, receive, send)
        except _Disconnected:
            return
        else:
            await self._app(scope, _replay(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        limits = self._limits()
        allowed = self._app.body_limit(scope["path"], limits)
        chunks, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise _Disconnected
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if allowed is not None and size > allowed:
                raise too_large(allowed)
            more = message.get("more_body", False)
        body = b"".join(chunks)
        if len(body) > _INLINE_BYTES:
            await to_thread.run_sync(_check, body, limits.json_depth)
        elif body:
            _check(body, limits.json_depth)
        return body


def _check(body: bytes, depth: int) -> None:
    strict_json.loads(body, max_bytes=len(body), max_depth=depth)


def _is_json(content_type: bytes | None) -> bool:
    if content_type is None:
        return False
    message = Message()  # what FastAPI reads the header with: where the two differed, a body would pass unchecked
    message["content-type"] = content_type.decode("latin-1")
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


def _has_body(headers: dict[bytes, bytes]) -> bool:
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def replayed() -> AsgiMessage:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replayed
