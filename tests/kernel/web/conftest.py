"""A small guarded app, spoken to byte by byte: in process as ASGI, or through a socket to a real server."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from uvicorn.protocols.http.h11_impl import H11Protocol

from faceforge_core.auth import InstallToken
from faceforge_core.config_model import CoreConfig
from faceforge_core.owned import Owned
from faceforge_core.web.guard import AUTHENTICATED_BY, Guard, GuardPolicy
from faceforge_core.web.http_protocol import EnvelopeAnswers, HttpProtocol
from faceforge_core.web.live import LiveRoutes
from faceforge_core.web.routes import build_app
from faceforge_core.web.strict_body import StrictBody
from faceforge_sdk import Envelope, Router, ok

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

TOKEN = "a-token-that-nobody-guesses"
Headers = list[tuple[str | bytes, str | bytes]]


class Thing(BaseModel):
    name: str
    value: Any = None


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    pairs: Sequence[tuple[bytes, bytes]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return self.json["error"]["code"]


@dataclass
class Door:
    """The app behind the guard. `config`, `token` and `sessions` may be changed at any time."""

    config: CoreConfig = field(default_factory=CoreConfig)
    token: str = TOKEN
    sessions: set[str] = field(default_factory=set)
    things: list[Thing] = field(default_factory=list)
    received: int = 0
    loopback_only: bool = True
    gate: asyncio.Event | None = None
    live: LiveRoutes = field(init=False)

    def __post_init__(self) -> None:
        self.live = LiveRoutes(
            build_app([Owned("faceforge.test", Router(self._router(), uploads=("/v1/upload",)))], {})
        )

    @property
    def app(self) -> Guard:
        policy = GuardPolicy(
            config=lambda: self.config,
            token=InstallToken(lambda: self.token),
            valid_session=self.sessions.__contains__,
            body_limit=self.live.body_limit,
            loopback_only=self.loopback_only,
            pages=lambda: self.live.pages,
        )
        return Guard(StrictBody(self.live, lambda: self.config.limits), policy)

    def limits(self, **values: int | None) -> None:
        self.config = CoreConfig.model_validate({"limits": values})

    def _router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/healthz")
        async def health() -> dict[str, str]:
            return {"status": "ok"}

        @router.get("/v1/who")
        async def who(request: Request) -> dict[str, str | None]:
            return {"by": request.scope[AUTHENTICATED_BY]}

        @router.post("/v1/things")
        def create(thing: Thing) -> Envelope[Thing]:
            self.things.append(thing)
            return ok(thing)

        @router.post("/v1/upload")
        async def upload(request: Request) -> Envelope[int]:
            self.received = 0
            async for chunk in request.stream():
                self.received += len(chunk)
            return ok(self.received)

        @router.get("/v1/broken")
        def broken() -> None:
            raise RuntimeError("a secret inside")

        @router.get("/v1/exits")
        def exits() -> None:
            raise SystemExit(3)

        self._add_slow(router)
        self._add_pages(router)
        return router

    def _add_slow(self, router: APIRouter) -> None:
        @router.get("/v1/slow")
        async def slow() -> dict[str, str]:
            assert self.gate is not None
            await self.gate.wait()
            return {}

        @router.get("/v1/endless", response_class=StreamingResponse)
        async def endless() -> StreamingResponse:
            async def content() -> AsyncIterator[bytes]:
                yield b"begun"
                await asyncio.Event().wait()

            return StreamingResponse(content())

    def _add_pages(self, router: APIRouter) -> None:
        @router.get("/ui/entities", response_class=Response)
        async def page() -> Response:
            return Response("<!doctype html><p>Entities", media_type="text/html")

        @router.get("/ui/login")
        @router.post("/ui/login")
        @router.post("/ui/things")
        async def form() -> dict[str, str]:
            return {}

    def ask(
        self,
        method: str,
        target: str,
        headers: Headers = (),
        body: bytes | Sequence[bytes] = b"",
        *,
        host: str | bytes | None = "127.0.0.1:8787",
        app: Guard | None = None,
    ) -> Answer:
        """One request in process. `body` in several pieces goes without a Content-Length, as chunked ones do."""
        return asyncio.run(self.asking(method, target, headers, body, host=host, app=app))

    async def asking(
        self,
        method: str,
        target: str,
        headers: Headers = (),
        body: bytes | Sequence[bytes] = b"",
        *,
        host: str | bytes | None = "127.0.0.1:8787",
        app: Guard | None = None,
    ) -> Answer:
        path, _, query = target.partition("?")
        lines = [] if host is None else [(b"host", _bytes(host))]
        lines += [(_bytes(name).lower(), _bytes(value)) for name, value in headers]
        pieces = [body] if isinstance(body, bytes) else list(body)
        if not isinstance(body, bytes):
            lines.append((b"transfer-encoding", b"chunked"))
        elif body:
            lines.append((b"content-length", str(len(body)).encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": lines,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8787),
        }
        sent: list[Any] = []
        waiting = [
            {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
            for number, piece in enumerate(pieces, 1)
        ]

        async def receive() -> Any:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await (app or self.app)(scope, receive, send)
        assert [message["type"] for message in sent].count("http.response.start") == 1
        pairs = sent[0]["headers"]
        return Answer(
            sent[0]["status"],
            {name.decode().lower(): value.decode("latin-1") for name, value in pairs},
            pairs,
            b"".join(message.get("body", b"") for message in sent[1:]),
        )


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def bearer() -> Headers:
    """The right credential."""
    return [("Authorization", f"Bearer {TOKEN}")]


@dataclass
class Wire:
    """A real server. `talk` sends bytes as they are and returns everything that comes back until it closes."""

    port: int

    def talk(self, *pieces: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            for piece in pieces:
                connection.sendall(piece)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            return answer

    def status(self, *pieces: bytes) -> int:
        return int(self.talk(*pieces).split(b" ", 2)[1])


class _WithH11(EnvelopeAnswers, H11Protocol):
    """What `HttpProtocol` is where httptools is not."""


@pytest.fixture(params=[HttpProtocol, _WithH11], ids=["usual", "h11"])
def wire(door: Door, request: pytest.FixtureRequest) -> Iterator[Wire]:
    """`door` behind uvicorn, with each of its two parsers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(
            door.app, http=request.param, log_config=None, lifespan="off", proxy_headers=False, server_header=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Wire(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()
