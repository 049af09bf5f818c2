"""A Core that is really served, for what speaks to it over the network."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from faceforge_core.testing import RunningCore, running_core
from faceforge_sdk.client import FaceForge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCore]:
    """One Core for all tests of a file; its `address` is that of a real server."""
    with running_core(tmp_path_factory.mktemp("sdk") / "home", raise_server_exceptions=False) as core:
        yield core


@pytest.fixture(scope="module")
def remote(served: RunningCore) -> Iterator[FaceForge]:
    """A client of `served`, over a socket."""
    with FaceForge(served.address, served.token) as ff:
        yield ff


class BreakingProxy:
    """Passes connections on to a server, and breaks some of them off in the middle of what the server says.

    `breaks` says after how many bytes of answers, one connection after the other; those behind pass whole.
    """

    def __init__(self, target: str, breaks: list[int]) -> None:
        host, _, port = target.removeprefix("http://").partition(":")
        self._target = host, int(port)
        self._breaks = breaks
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):  # wakes up who accepts
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        passing: list[threading.Thread] = []
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                break
            most = self._breaks[self.connections] if self.connections < len(self._breaks) else None
            self.connections += 1
            far = socket.create_connection(self._target)
            passing += [
                threading.Thread(target=_pass_on, args=(near, far, None)),
                threading.Thread(target=_pass_on, args=(far, near, most)),
            ]
            for thread in passing[-2:]:
                thread.start()
        for thread in passing:
            thread.join()


def _pass_on(source: socket.socket, target: socket.socket, most: int | None) -> None:
    passed = 0
    with suppress(OSError):
        while chunk := source.recv(65_536):
            chunk = chunk[: None if most is None else most - passed]
            target.sendall(chunk)
            passed += len(chunk)
            if passed == most:
                break
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@pytest.fixture
def breaking(served: RunningCore) -> Iterator[Callable[..., tuple[FaceForge, BreakingProxy]]]:
    """A client of `served` through a `BreakingProxy`: ``breaking(100_000, 200_000)``."""
    closing: list[FaceForge | BreakingProxy] = []

    def make(*breaks: int) -> tuple[FaceForge, BreakingProxy]:
        proxy = BreakingProxy(served.address, [*breaks])
        ff = FaceForge(proxy.url, served.token)
        closing.extend([ff, proxy])
        return ff, proxy

    yield make
    for one in closing:
        one.close()
