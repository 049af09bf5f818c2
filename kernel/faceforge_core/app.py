"""The web application around a kernel, and the server that runs it."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from faceforge_core.home import resolve_root
from faceforge_core.kernel import Kernel
from faceforge_core.keystrokes import Once
from faceforge_core.ports import choose_bind, read_ports
from faceforge_core.refusals import StartRefused
from faceforge_core.web.envelope import on_anything_else
from faceforge_core.web.guard import Guard, GuardPolicy
from faceforge_core.web.hosts import is_loopback
from faceforge_core.web.http_protocol import HttpProtocol
from faceforge_core.web.request_watch import RequestWatch
from faceforge_core.web.strict_body import StrictBody
from faceforge_core.web.threads import widen_thread_pool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import FrameType

    from starlette.types import ASGIApp

    from faceforge_core.ports import Bind

STOP_SECONDS = 4
_COLLECT_AFTER = 700, 10, 10


def create_app(kernel: Kernel, bind_host: str = "127.0.0.1") -> ASGIApp:
    """The ASGI app of a started kernel: watch, guard, body checks, then what the plugins serve at the moment."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        widen_thread_pool()
        yield

    routes = StrictBody(kernel.live, lambda: kernel.config.current.limits)
    policy = GuardPolicy(
        config=lambda: kernel.config.current,
        token=kernel.token,
        valid_session=kernel.sessions.valid,
        body_limit=kernel.live.body_limit,
        loopback_only=is_loopback(bind_host),
        pages=lambda: kernel.live.pages,
    )
    outer = Starlette(routes=[Mount("", routes)], lifespan=lifespan, exception_handlers={Exception: on_anything_else})
    outer.router.default = routes  # a Mount's pattern misses paths with a line break, and what follows is not ours
    return RequestWatch(Guard(outer, policy), kernel.requests, lambda: kernel.config.current)


def serve(root: Path) -> int:
    """Run Core on a home until it is stopped; returns the exit code. Raises `StartRefused`."""
    with Kernel(root, console=sys.stderr) as kernel:
        network = kernel.config.current.network
        bind = choose_bind(os.environ, network.bind_host, network.core_port, read_ports(root))
        with _listen(bind) as listener:
            port = int(listener.getsockname()[1])
            kernel.lock.publish(port)
            warn_of_reach(kernel, bind.host)
            _greet(kernel, bind.host, port)
            _outlive_stop_signals()
            # What is loaded by now stays: the collector would walk over all of it again and again, and every request
            # would wait for that.
            gc.freeze()
            gc.set_threshold(*_COLLECT_AFTER)  # as usual: __main__ had it collect rarely while all was loaded
            server_of(create_app(kernel, bind.host), kernel.end_streams).run(sockets=[listener])
    return 0


def warn_of_reach(kernel: Kernel, host: str) -> None:
    """Say what it means to listen on more than this computer."""
    if not is_loopback(host):
        kernel.warn(
            f"Core listens on {host}: other computers of the network can reach it. Requests and the install token "
            "travel unencrypted, and whoever has the token can read and change everything and run code, as plugins do."
        )


def serve_usual_home() -> int:
    """`serve` for the home that the environment names; a refusal is printed as a sentence and becomes the exit code."""
    try:
        return serve(resolve_root(os.environ, Path.home()))
    except StartRefused as exc:
        sys.stderr.write(f"{exc}\n")
        return exc.exit_code


def _listen(bind: Bind) -> socket.socket:
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # on Windows the option would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((bind.host, bind.port))
        listener.listen(2048)
    except OSError as exc:
        listener.close()
        raise StartRefused(f"Core can't listen on {bind.host}, port {bind.port}: {exc.strerror or exc}.") from exc
    listener.set_inheritable(False)
    return listener


class _Server(uvicorn.Server):
    """uvicorn, which would wait its whole patience for answers that go on as long as their clients listen."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams
        self._told_to_stop = Once(super().handle_exit)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A second Ctrl-C breaks off the requests under way."""
        self._told_to_stop(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Called within a tenth of a second after the stop signal.

        Not in the signal's handler itself: that may interrupt this very thread where it holds a lock of the bells.
        """
        self._end_streams()
        await super().shutdown(sockets)


def server_of(app: ASGIApp, end_streams: Callable[[], None]) -> uvicorn.Server:
    """The HTTP server of an app; `end_streams` ends what would keep it from stopping."""
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=STOP_SECONDS,
        ws="none",
    )
    return _Server(config, end_streams)


def _outlive_stop_signals() -> None:
    """uvicorn raises the signal that stopped it once more when it has ended; the kernel is still to be closed then."""
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)  # SIGBREAK is Windows' alone
        if number is not None:
            signal.signal(number, lambda *_: None)


def _greet(kernel: Kernel, host: str, port: int) -> None:
    """Where to click. The token itself is shown to a person at a terminal only, never to a pipe or a log."""
    name = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  # compared, not bound
    shown = f"[{name}]" if ":" in name else name
    token = kernel.config.current.auth.install_token
    hint = token if sys.stdout.isatty() else f"auth.install_token in {kernel.home.core_json}"
    lines = (
        f"FaceForge Core serves {kernel.home.root}",
        f"Open   http://{shown}:{port}/ui",
        f"Token  {hint}",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
