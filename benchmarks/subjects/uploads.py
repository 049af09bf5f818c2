"""Uploads beside a bare ASGI app that streams, hashes and flushes what it gets, and does nothing else."""

from __future__ import annotations

import hashlib
import os
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from benchmarks import core, machine, servers
from benchmarks.bench import Subject
from benchmarks.contest import Contest, Peer
from benchmarks.library import make_file
from benchmarks.results import Figure, Target
from benchmarks.wire import multipart, rate, send, upload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from benchmarks.bench import Bench

RAW = "raw PUT"
CLIENTS, SMALL = 8, 50 * 1024


class Content:
    """What both sides get: other bytes each time, since known ones would not be written again."""

    def __init__(self, folder: Path, size: int, count: int) -> None:
        self.size, self.count = size, count
        self.path = make_file(folder / "upload.bin", size, seed=3)
        self.small = random.Random(5).randbytes(SMALL)

    def change(self) -> Path:
        """The large file with a new beginning."""
        with self.path.open("r+b") as file:
            file.write(os.urandom(16))
        return self.path


class OurUploads(Peer):
    """Core, by its multipart upload."""

    name = core.NAME
    promises = "SHA-256, flushed to the disk with its row before the answer; the same bytes are stored once"

    def __init__(self, home: Path, content: Content) -> None:
        self._home, self._content = home, content

    def start(self) -> None:
        self._core = core.Core(self._home)
        small = (self._home / "warm.bin", b"warm")
        small[0].write_bytes(small[1])
        upload(self._core.port, self._core.token, small[0])

    def stop(self) -> None:
        with suppress(AttributeError):
            self._core.stop()

    def drain(self) -> None:
        self._core.calm_down()

    def answers(self) -> Mapping[str, Any]:
        _, asset = upload(self._core.port, self._core.token, self._content.path)
        return {"sha256": asset["content_hash"], "size": asset["byte_size"]}

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"large": self._large, "small": self._small}

    def _large(self, _: int) -> Mapping[str, float]:
        path = self._content.change()
        machine.forget_peak(self._core.pid)
        idle = machine.resident(self._core.pid)
        seconds, _asset = upload(self._core.port, self._core.token, path)
        peak = machine.resident(self._core.pid, peak=True) - idle
        return {"large": self._content.size / (1 << 20) / seconds, "memory": peak}

    def _small(self, _: int) -> Mapping[str, float]:
        head, before, after = multipart(self._core.token, SMALL)
        body = self._content.small

        def message(_: int) -> bytes:
            return head + before + os.urandom(16) + body[16:] + after

        return {"small": rate(self._core.port, message, CLIENTS, self._content.count)}


class RawPut(Peer):
    """`benchmarks.asgi_limits.raw_put`."""

    name = RAW
    promises = "bare ASGI app under the same uvicorn: SHA-256 while it streams, one fsync; no form, no guard, no row"

    def __init__(self, folder: Path, content: Content) -> None:
        self._folder, self._content = folder, content

    def start(self) -> None:
        self._served = servers.asgi("raw_put", self._folder)

    def stop(self) -> None:
        with suppress(AttributeError):
            self._served.stop()

    def answers(self) -> Mapping[str, Any]:
        _, answer = send(self._served.port, self._content.path, self._head(self._content.size))
        with self._content.path.open("rb") as file:
            known = hashlib.file_digest(file, "sha256").hexdigest()
        if answer.decode() != known:
            raise RuntimeError("The raw PUT gives another hash than the file has.")
        return {"sha256": known, "size": self._content.path.stat().st_size}

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"large": self._large, "small": self._small}

    def _large(self, _: int) -> Mapping[str, float]:
        seconds, _answer = send(self._served.port, self._content.change(), self._head(self._content.size))
        return {"large": self._content.size / (1 << 20) / seconds}

    def _small(self, _: int) -> Mapping[str, float]:
        head, body = self._head(SMALL), self._content.small
        return {"small": rate(self._served.port, lambda _: head + body, CLIENTS, self._content.count)}

    @staticmethod
    def _head(size: int) -> bytes:
        return f"PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n".encode()


def run(bench: Bench) -> None:
    """One large file over one connection, many small ones over eight."""
    mebibytes, count = bench.pick(16, 1024), bench.pick(100, 2000)
    figures = [
        Figure("large", f"{mebibytes:,} MiB", "MiB/s", "higher", (Target(at_least=0.75, beside=RAW),)),
        Figure("memory", "peak of memory above idle meanwhile", "MB", targets=(Target(at_most=16),)),
        Figure("small", f"{count:,} × 50 KiB, {CLIENTS} clients", "/s", "higher", (Target(at_least=500),)),
    ]
    with bench.place() as place:
        content = Content(place, mebibytes << 20, count)
        peers = [OurUploads(place / "home", content), RawPut(place, content)]
        bench.hold(Contest("Uploads", peers, figures), 5)


SUBJECT = Subject("Uploads", "The client sends with sendfile from the page cache; bytes are others each time.", run)
