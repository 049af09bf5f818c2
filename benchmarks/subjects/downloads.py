"""Downloads beside nginx with sendfile, and Starlette's FileResponse."""

from __future__ import annotations

import hashlib
import random
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from benchmarks import core, machine, servers
from benchmarks.bench import Subject
from benchmarks.contest import Contest, Peer
from benchmarks.library import make_file
from benchmarks.results import Figure, Target
from benchmarks.wire import Connection, digest, fetch, request, upload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from benchmarks.bench import Bench

NGINX, FILE_RESPONSE = "nginx", "FileResponse"
RANGE = 4096
SLOW_READERS = 20
_SLOW_SECONDS = 4.0


class Server(Peer):
    """Whatever serves the file at `port` when it is asked by `message`."""

    port: int
    message: bytes

    def __init__(self, content: Path, ranges: int) -> None:
        self._content, self._ranges = content, ranges
        self._size = content.stat().st_size

    def answers(self) -> Mapping[str, Any]:
        with self._content.open("rb") as file:
            file.seek(self._first(random.Random(1)))
            piece = file.read(RANGE)
        with Connection(self.port, status=b" 206 ") as connection:
            found = connection.ask(self._ranged(self._first(random.Random(1))))
        if found != piece:
            raise RuntimeError(f"{self.name} sends another range than was asked for.")
        return {"sha256": digest(self.port, self.message, self._size), "range": hashlib.sha256(found).hexdigest()}

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"whole": self._whole, "ranges": self._many_ranges}

    def _whole(self, _: int) -> Mapping[str, float]:
        return {"whole": self._size / (1 << 20) / fetch(self.port, self.message, self._size)}

    def _many_ranges(self, round_: int) -> Mapping[str, float]:
        rng = random.Random(round_)
        with Connection(self.port, status=b" 206 ") as connection:
            began = time.perf_counter()
            for _ in range(self._ranges):
                connection.ask(self._ranged(self._first(rng)))
            return {"ranges": self._ranges / (time.perf_counter() - began)}

    def _first(self, rng: random.Random) -> int:
        return rng.randrange(self._size - RANGE)

    def _ranged(self, first: int) -> bytes:
        return self.message[:-2] + f"Range: bytes={first}-{first + RANGE - 1}\r\n\r\n".encode()


class OurDownloads(Server):
    """Core, with its guard and a look into the database for each request."""

    name = core.NAME
    promises = "behind the guard, a row read for each request"

    def __init__(self, content: Path, ranges: int, home: Path) -> None:
        super().__init__(content, ranges)
        self._home = home

    def start(self) -> None:
        self._core = core.Core(self._home)
        _, asset = upload(self._core.port, self._core.token, self._content)
        self.port = self._core.port
        self.message = self._core.message("GET", f"/v1/assets/{asset['asset_id']}/download")

    def stop(self) -> None:
        with suppress(AttributeError):
            self._core.stop()

    def drain(self) -> None:
        self._core.calm_down()

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {**super().tasks(), "slow": self._slow_readers}

    def _slow_readers(self, _: int) -> Mapping[str, float]:
        """Peak of memory above idle while many read 64 KiB five times a second, and how long others wait then."""
        machine.forget_peak(self._core.pid)
        idle = machine.resident(self._core.pid)
        readers = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(SLOW_READERS)]
        waits = []
        health = request("GET", "/healthz")
        try:
            for reader in readers:
                reader.sendall(self.message)
            deadline = time.monotonic() + _SLOW_SECONDS
            with Connection(self.port) as connection:
                while time.monotonic() < deadline:
                    for reader in readers:
                        reader.recv(1 << 16)
                    began = time.perf_counter()
                    connection.ask(health)
                    waits.append(time.perf_counter() - began)
                    time.sleep(0.2)
        finally:
            for reader in readers:
                reader.close()
        peak = machine.resident(self._core.pid, peak=True) - idle
        return {"slow": peak, "others": sorted(waits)[len(waits) // 2] * 1000}


class Nginx(Server):
    """The file as a static one."""

    name = NGINX
    promises = "one worker, sendfile, no TLS, no guard"

    def available(self) -> str:
        return "" if servers.program("nginx") else "not installed: apt-get install nginx-light"

    def start(self) -> None:
        self._served = servers.nginx(self._content.parent)
        self.port, self.message = self._served.port, request("GET", f"/{self._content.name}")

    def stop(self) -> None:
        with suppress(AttributeError):
            self._served.stop()


class FileResponses(Server):
    """`benchmarks.asgi_limits.file_response`."""

    name = FILE_RESPONSE
    promises = "Starlette's FileResponse as it comes, bare under the same uvicorn, no guard"

    def start(self) -> None:
        self._served = servers.asgi("file_response", self._content.parent)
        self.port, self.message = self._served.port, request("GET", "/")

    def stop(self) -> None:
        with suppress(AttributeError):
            self._served.stop()


def run(bench: Bench) -> None:
    """The whole file, many short ranges, and readers that take their time."""
    mebibytes, ranges = bench.pick(16, 1024), bench.pick(100, 2000)
    figures = [
        Figure("whole", f"{mebibytes:,} MiB", "MiB/s", "higher", (Target(at_least=0.8, beside=NGINX),)),
        Figure(
            "ranges",
            "ranges of 4 KiB over one connection",
            "/s",
            "higher",
            (Target(at_least=10, beside=FILE_RESPONSE),),
        ),
        Figure("slow", f"{SLOW_READERS} slow readers: memory above idle", "MB", targets=(Target(at_most=100),)),
        Figure("others", "another request meanwhile", "ms"),
    ]
    with bench.place() as place:
        content = make_file(place / "content.bin", mebibytes << 20, seed=3)
        peers = [OurDownloads(content, ranges, place / "home"), Nginx(content, ranges), FileResponses(content, ranges)]
        bench.hold(Contest("Downloads", peers, figures), 5)


SUBJECT = Subject("Downloads", "From the page cache; the client drops what comes in the kernel.", run)
