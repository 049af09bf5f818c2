"""A real Core that gets too few files, or too little memory: it says so, loses nothing, and goes on afterwards."""

from __future__ import annotations

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process that runs")

REFUSED = {503, 507}


@pytest.fixture
def core(start_process: Any) -> Any:
    return start_process(wait=False, cold=True).wait_until_healthy(120)


@contextmanager
def limited(core: Any, name: str, amount: int) -> Iterator[None]:
    """So long the process gets no more of something than `amount`."""
    import resource

    which = getattr(resource, name)
    before = resource.prlimit(core.pid, which)
    resource.prlimit(core.pid, which, (amount, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(core.pid, which, before)


class Visitor:
    """One client that reads and writes, and holds answers to the envelope. None among `statuses` is a closed door."""

    def __init__(self, core: Any, patience: float = 60) -> None:
        self._client = core.client(timeout=patience)
        self.stored: dict[str, bytes] = {}
        self.named: dict[str, str] = {}
        self.statuses: list[int | None] = []

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The data of a success."""
        try:
            answer = self._client.request(method, path, **options)
        except httpx.TransportError:
            self.statuses.append(None)
            return None
        self.statuses.append(answer.status_code)
        if answer.headers["content-type"] != "application/json":
            assert answer.status_code == 200, answer.text
            return answer.content
        body = answer.json()
        assert set(body) == {"ok", "data", "error"}, body
        if answer.status_code != 200:
            assert answer.status_code in REFUSED, body
            assert "Retry-After" in answer.headers or answer.status_code == 507
        return body["data"]

    def upload(self, content: bytes) -> None:
        if stored := self.ask("POST", "/v1/assets/upload", files={"file": ("a.bin", content)}):
            assert stored["asset_id"] == hashlib.sha256(content).hexdigest()
            self.stored[stored["asset_id"]] = content

    def name(self, name: str, **facts: Any) -> None:
        if made := self.ask("POST", "/v1/entities", json={"display_name": name, **facts}):
            self.named[made["entity_id"]] = name

    def go_round(self, number: int) -> None:
        """A bit of everything."""
        self.upload(b"small %d" % number)
        self.upload(b"%d" % number * 3_000_000)
        self.name(f"round {number}")
        self.ask("GET", "/v1/entities")
        self.ask("GET", "/v1/plugins")
        for asset_id in list(self.stored)[:1]:
            self.ask("GET", f"/v1/assets/{asset_id}/download")

    def finds_all(self) -> None:
        for asset_id, content in self.stored.items():
            assert self.ask("GET", f"/v1/assets/{asset_id}/download") == content
        for entity_id, name in self.named.items():
            assert self.ask("GET", f"/v1/entities/{entity_id}")["display_name"] == name


def test_r09_without_files_to_open_it_is_busy_and_afterwards_all_is_as_before(
    core: Any, check_home: Callable[..., dict[str, Any]]
) -> None:
    visitor = Visitor(core)
    visitor.go_round(0)
    opened = len(list(Path(f"/proc/{core.pid}/fd").iterdir()))
    with limited(core, "RLIMIT_NOFILE", opened + 1):
        for _ in range(2):  # these take what is left
            _try(core.client(timeout=60))
        for number in range(1, 4):
            visitor.go_round(number)
        assert set(visitor.statuses) - {200, None} <= REFUSED
        assert REFUSED & set(visitor.statuses), "nothing was short"
    _goes_on(core, visitor, check_home)


def test_r09_without_memory_it_answers_or_ends_and_what_it_said_is_kept(
    core: Any, start_process: Any, check_home: Callable[..., dict[str, Any]]
) -> None:
    """Libraries in Rust end a process that gets no memory: then this is a kill, which no code of ours sees coming."""
    crowd = [Visitor(core, patience=5) for _ in range(4)]
    crowd[0].name("before")

    def come(number: int) -> None:
        crowd[number].name(f"small {number}")
        crowd[number].upload(b"%d" % number * 100_000)
        crowd[number].name(f"large {number}", fields={str(key): key for key in range(30_000)})

    pages = int(Path(f"/proc/{core.pid}/statm").read_text().split()[0])
    with limited(core, "RLIMIT_AS", pages * os.sysconf("SC_PAGE_SIZE")), ThreadPoolExecutor(len(crowd)) as pool:
        list(pool.map(come, range(len(crowd))))
    assert {status for one in crowd for status in one.statuses} <= {200, None, *REFUSED}
    core.kill()

    again = start_process(core.home, wait=False).wait_until_healthy(120)
    visitor = Visitor(again)
    for one in crowd:
        visitor.stored |= one.stored
        visitor.named |= one.named
    _goes_on(again, visitor, check_home)


def _try(client: httpx.Client) -> None:
    with suppress(httpx.TransportError):
        client.get("/healthz")


def _goes_on(core: Any, visitor: Visitor, check_home: Callable[..., dict[str, Any]]) -> None:
    """All that was acknowledged is there, a new client is served, and everything works."""
    visitor.statuses.clear()
    visitor.finds_all()
    visitor.go_round(99)
    assert set(visitor.statuses) == {200}
    assert core.client(timeout=60).get("/readyz").json()["ready"] is True
    assert core.stop() == 0
    report = check_home(core.home, *visitor.stored)
    assert report["findings"] == []
    assert list((core.home / "tmp").glob("*.part")) == []
