"""The door: every request passes here first, and nothing behind it has to remember to check."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse, Response

from faceforge_core.web.envelope import (
    FAILURE_LOGGED,
    Refusal,
    envelope_response,
    error_response,
    failure_refusal,
    refusal_of,
)
from faceforge_core.web.error_pages import wants_page
from faceforge_core.web.hosts import HostRule, MalformedHost
from faceforge_core.web.local_addresses import sign_in_address
from faceforge_core.web.public_paths import is_public
from faceforge_core.web.request_bodies import BoundedBody, linger, too_large
from faceforge_core.web.request_facts import UnreadableHeaders, cookie_values, explicit_tokens, read_headers
from faceforge_core.web.security_headers import secured
from faceforge_sdk.errors import Busy, FaceForgeError, Forbidden, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from faceforge_core.auth import InstallToken
    from faceforge_core.config import CoreConfig
    from faceforge_core.config_model import Limits
    from faceforge_core.web.pages import PageSet

logger = logging.getLogger(__name__)

AUTHENTICATED_BY: Final = "faceforge.authenticated_by"
"""Scope key: ``"token"``, ``"cookie"``, or None on a public path."""

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_OWN_SITE: Final = frozenset({b"same-origin", b"none"})
_UNCOUNTED: Final = frozenset({"/healthz", "/livez", "/readyz"})


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """What the guard decides by. `config` is asked at each request, so that a change of core.json counts at once.

    `loopback_only` says that Core is bound to this computer alone; `body_limit` tells how many
    bytes a body may have at a path; `pages` draws refusals for browsers, where there are pages already.
    """

    config: Callable[[], CoreConfig]
    token: InstallToken
    valid_session: Callable[[str], bool]
    body_limit: Callable[[str, Limits], int | None]
    loopback_only: bool = True
    pages: Callable[[], PageSet | None] = lambda: None


class _Refused(Exception):
    """Ends a request with an answer. `closing`: a body is on its way that nobody will read."""

    def __init__(self, response: Response, *, closing: bool = False) -> None:
        super().__init__(response.status_code)
        self.response = response
        self.closing = closing


class Guard:
    """Outermost ASGI app: Host, cross-site requests, load, body size, credentials; then headers on every answer.

    It reads only the decoded path, the method and the headers, never a URL put together from them. What it lets pass
    is authenticated, or on the one public list. Any exception from inside becomes a 500 in the envelope.
    """

    def __init__(self, app: ASGIApp, policy: GuardPolicy) -> None:
        self._app = app
        self._policy = policy
        self._config: CoreConfig | None = None
        self._hosts = HostRule(loopback_only=policy.loopback_only)
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = _Exchange(scope, receive, send, self._policy)
        try:
            self._admit(scope, exchange)
        except _Refused as refused:
            await exchange.answer(refused.response, closing=refused.closing)
        except FaceForgeError as error:
            await exchange.refuse(refusal_of(error))
        except Exception as error:
            logger.exception("The guard failed at %s", scope["path"])
            await exchange.fail(error)
        else:
            await self._serve(scope, exchange)

    async def _serve(self, scope: Scope, exchange: _Exchange) -> None:
        counted = scope["path"] not in _UNCOUNTED
        if counted and self._running >= self._current().limits.concurrent_requests:
            await exchange.refuse(refusal_of(Busy("Too many requests are under way.")))
            return
        self._running += counted
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except (Exception, SystemExit, BaseExceptionGroup) as error:
            if exchange.failure_is_news:
                logger.exception("%s %s failed", scope["method"], scope["path"])
            await exchange.fail(error)
        finally:
            self._running -= counted
        await exchange.settle()

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            found = _read(scope)
            self._check_host(found)
            _check_site(found)
            scope[AUTHENTICATED_BY] = self._authenticate(scope, found)
        except (_Refused, FaceForgeError):
            await send({"type": "websocket.close", "code": 1008, "reason": "Not allowed."})
        else:
            await self._app(scope, receive, send)

    def _admit(self, scope: Scope, exchange: _Exchange) -> None:
        """Let the request pass or raise `_Refused` or an error of the SDK."""
        found = _read(scope)
        self._check_host(found)
        path = scope["path"]
        if scope["method"] not in _SAFE_METHODS and (path == "/ui/login" or cookie_values(found)):
            _check_site(found)
        if b"content-length" in found or b"transfer-encoding" in found:
            exchange.bound(found, self._policy.body_limit(path, self._current().limits))
        scope[AUTHENTICATED_BY] = None if is_public(path) else self._authenticate(scope, found)

    def _current(self) -> CoreConfig:
        config = self._policy.config()
        if config is not self._config:
            self._hosts = HostRule(loopback_only=self._policy.loopback_only, allowed_names=config.network.allowed_hosts)
            self._config = config
        return config

    def _check_host(self, found: dict[bytes, bytes]) -> None:
        self._current()
        try:
            allowed = self._hosts.allows(found.get(b"host", b""))
        except MalformedHost:
            raise _Refused(envelope_response(_client_error(400, "The Host header names no host."))) from None
        if not allowed:
            message = "This host name is not one of FaceForge's; network.allowed_hosts in core.json can add it."
            raise _Refused(envelope_response(refusal_of(Forbidden(message))))

    def _authenticate(self, scope: Scope, found: dict[bytes, bytes]) -> str:
        """Every explicit credential has to be right; without one, any valid cookie will do."""
        token = self._policy.token
        explicit = explicit_tokens(found)
        if explicit:
            if all(token.accepts(candidate) for candidate in explicit):  # all of them: no early end to time
                return "token"
            raise Unauthorized("The token is not valid.")
        for value in cookie_values(found):
            if (value.isascii() and self._policy.valid_session(value.decode())) or token.accepts(value):
                return "cookie"
        if scope["type"] == "http" and scope["method"] == "GET" and wants_page(scope):
            raise _Refused(RedirectResponse(sign_in_address(scope["path"], scope["query_string"]), 303))
        raise Unauthorized("This needs the install token.")


class _Exchange:
    """One request's way in and out: counts the body, secures every answer, and answers itself when it has to."""

    __slots__ = ("_body", "_policy", "_receive", "_scope", "_send", "_waits", "receive", "started")

    def __init__(self, scope: Scope, receive: Receive, send: Send, policy: GuardPolicy) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._policy = policy
        self._waits = False
        self.receive: Receive = receive
        self.started = False
        self._body: BoundedBody | None = None

    def bound(self, found: dict[bytes, bytes], limit: int | None) -> None:
        """Refuse a body that says it is too long, and watch the others while they are read."""
        self._waits = b"expect" in found
        length = found.get(b"content-length")
        if length is not None and not length.isdigit():
            raise _Refused(envelope_response(_client_error(400, "The Content-Length is no number.")))
        if length is not None and limit is not None and (len(length) > 20 or int(length) > limit):
            raise _Refused(
                error_response(self._scope, refusal_of(too_large(limit)), self._policy.pages()), closing=True
            )
        self.receive = self._body = BoundedBody(self._receive, limit)

    async def send(self, message: Message) -> None:
        if self.torn:
            return  # whatever the app made of half a body; the refusal follows
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = secured(message.get("headers", ()))
        await self._send(message)

    async def refuse(self, refusal: Refusal, *, closing: bool = False) -> None:
        await self.answer(error_response(self._scope, refusal, self._policy.pages()), closing=closing)

    async def answer(self, response: Response, *, closing: bool = False) -> None:
        self.started = True
        headers = secured(response.raw_headers)
        if closing:
            headers.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        if closing and not self._waits:
            await self._send({"type": "http.response.body", "body": response.body, "more_body": True})
            await linger(self._receive)
            await self._send({"type": "http.response.body", "body": b""})
            return
        await self._send({"type": "http.response.body", "body": response.body})

    async def settle(self) -> None:
        """After the app returned: tell the client why its body was not read to the end."""
        refusal = self._torn
        if refusal is not None:
            await self.refuse(refusal, closing=True)

    @property
    def failure_is_news(self) -> bool:
        """Whether an exception that arrives here has not been logged, and is none of our own making."""
        return not self._scope.get(FAILURE_LOGGED) and not self.torn

    @property
    def torn(self) -> bool:
        """Whether the body was given up before anything was answered."""
        return self._torn is not None

    @property
    def _torn(self) -> Refusal | None:
        return None if self._body is None or self.started else self._body.refusal

    async def fail(self, error: BaseException) -> None:
        """A 500, or 503, if nothing was said yet; else the answer stays incomplete, which ends the connection."""
        if not self.started and not self.torn:
            await self.refuse(failure_refusal(error))


def _read(scope: Scope) -> dict[bytes, bytes]:
    try:
        return read_headers(scope["headers"])
    except UnreadableHeaders as error:
        raise _Refused(envelope_response(_client_error(error.status, str(error)))) from error


def _check_site(found: dict[bytes, bytes]) -> None:
    """Refuse what another site makes a browser send; what sends neither header is no browser."""
    site = found.get(b"sec-fetch-site")
    if site is not None:
        own = site.lower() in _OWN_SITE
    else:
        origin = found.get(b"origin")
        own = origin is None or origin.lower().partition(b"://")[2] == found[b"host"].lower()
    if not own:
        raise Forbidden("This request comes from another site.")


def _client_error(status: int, message: str) -> Refusal:
    return Refusal(status, "client_error", message)
