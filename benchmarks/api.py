"""The metadata API beside an empty route behind the same guard: ratios, measured in one run.

    python benchmarks/api.py [ENTITIES]

Fills a temporary home with ENTITIES (100,000) seeded entities, starts a real Core on it with a folder plugin whose one
route does nothing, verifies the answers, and measures all of them in turn, five rounds, over kept connections.
"""

from __future__ import annotations

import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from faceforge_core.catalog.entity_rows import EntityRows
from faceforge_core.catalog.ids import new_id
from faceforge_core.clock import text_of
from faceforge_core.db.engine import Database
from faceforge_core.db.migrate import migrate
from faceforge_core.events import EventLog
from faceforge_sdk.models import Entity

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_core.db.engine import Transaction

ROUNDS = 5
TARGETS = {"get": 0.5, "list 50": 0.25, "q rare": 0.12, "create, 8 clients": 0.15}

EMPTY_PLUGIN = """
from fastapi import APIRouter
from faceforge_sdk import Envelope, Router, hookimpl, ok

@hookimpl
def register_routers(ctx):
    router = APIRouter()

    @router.get("/empty")
    async def empty() -> Envelope[None]:
        return ok(None)

    @router.post("/empty")
    async def empty_post() -> Envelope[None]:
        return ok(None)

    return [Router(router)]
"""


class Connection:
    """One kept connection that sends prepared requests."""

    def __init__(self, port: int, status: bytes = b" 200 ") -> None:
        self._status = status
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """The body of the answer. Raises `RuntimeError` for another status."""
        self._socket.sendall(request)
        answer = bytearray()
        while b"\r\n\r\n" not in answer:
            answer += self._socket.recv(65536)
        head, _, body = bytes(answer).partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = bytearray(body)
        while len(body) < length:
            body += self._socket.recv(65536)
        if self._status not in head[:16]:
            raise RuntimeError(bytes(head[:200] + b"\n" + body[:500]).decode())
        return bytes(body)

    def close(self) -> None:
        self._socket.close()


def fill(home: Path, count: int) -> str:
    """Store seeded entities, five hundred a transaction; returns the id of one in the middle."""
    (home / "db").mkdir(parents=True)
    path = home / "db" / "core.sqlite3"
    migrate(path, home / "backups")
    rng = random.Random(7)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(4, 9))) for _ in range(5000)]
    chosen = ""
    with Database(path) as database:
        rows = EntityRows(EventLog(database))
        for first in range(0, count, 500):
            batch = [_entity(words, n) for n in range(first, min(first + 500, count))]
            database.write(partial(_store, rows, batch))
            if first <= count // 2 < first + 500:
                chosen = batch[0].entity_id
    return chosen


def _entity(words: list[str], n: int) -> Entity:
    rare = " zyzzyva" if n % 20_000 == 777 else ""
    person = " person" if n % 5 == 0 else ""
    moment = text_of(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=37 * n))
    return Entity(
        entity_id=new_id(),
        display_name=f"{words[n % 5000].title()} {words[n * 7 % 5000].title()}{rare}{person}",
        aliases=[words[n * 3 % 5000]],
        tags=[words[n % 40], "all"],
        fields={"born": 1800 + n % 220, "city": words[n * 11 % 300]},
        created_at=moment,
        updated_at=moment,
        revision=1,
    )


def _store(rows: EntityRows, batch: list[Entity], tx: Transaction) -> None:
    for entity in batch:
        rows.insert(tx, entity)


def start(home: Path) -> tuple[subprocess.Popen[bytes], int, str]:
    """A real Core with the empty plugin enabled: process, port, token."""
    folder = home / "plugins" / "empty"
    folder.mkdir(parents=True)
    (folder / "plugin.json").write_text(
        json.dumps({"id": "bench.empty", "name": "Empty", "api_version": 1, "entrypoints": {"python": "plugin"}})
    )
    (folder / "plugin.py").write_text(EMPTY_PLUGIN)
    process = subprocess.Popen(
        [sys.executable, "-m", "faceforge_core"],
        env={**os.environ, "FACEFORGE_HOME": str(home), "FACEFORGE_PORT": "0"},
        stdout=subprocess.DEVNULL,
    )
    port = None
    while port is None:
        time.sleep(0.1)
        if (home / "core.lock.json").exists():
            port = json.loads((home / "core.lock.json").read_text()).get("port")
    token = json.loads((home / "config" / "core.json").read_text())["auth"]["install_token"]
    return process, port, token


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def p50(port: int, message: bytes, times: int) -> float:
    """Median milliseconds over one connection."""
    connection = Connection(port)
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        connection.ask(message)
        taken.append(time.perf_counter() - began)
    connection.close()
    return statistics.median(taken) * 1000


def rate(port: int, message: Callable[[int], bytes], clients: int, seconds: float) -> float:
    """Answers per second to so many clients at once."""
    deadline = time.perf_counter() + seconds
    counts = [0] * clients

    def work(client: int) -> None:
        connection = Connection(port)
        while time.perf_counter() < deadline:
            connection.ask(message(counts[client]))
            counts[client] += 1
        connection.close()

    threads = [threading.Thread(target=work, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        entity_id = fill(home, count)
        process, port, token = start(home)
        try:
            measure(port, token, entity_id, count)
        finally:
            process.terminate()
            process.wait(20)


def measure(port: int, token: str, entity_id: str, count: int) -> None:
    connection = Connection(port)
    connection.ask(request("POST", "/v1/plugins/bench.empty/enable", token))
    reads = {
        "empty": request("GET", "/v1/plugins/bench.empty/empty", token),
        "get": request("GET", f"/v1/entities/{entity_id}", token),
        "list 50": request("GET", "/v1/entities?limit=50", token),
        "list 50 by name": request("GET", "/v1/entities?limit=50&sort_by=display_name&sort_order=asc", token),
        "tag": request("GET", "/v1/entities?limit=50&tag=all", token),
        "q rare": request("GET", "/v1/entities?q=zyzzyva", token),
        "q 20 %": request("GET", "/v1/entities?q=person", token),
        "value, 0.5 %": request("GET", "/v1/entities?field.born=1900", token),
        "range, 9 %": request("GET", "/v1/entities?field.born.gte=1900&field.born.lt=1920", token),
        "range, no total": request("GET", "/v1/entities?field.born.gte=1900&field.born.lt=1920&total=none", token),
        "range by name": request(
            "GET", "/v1/entities?field.born.gte=1900&sort_by=display_name&sort_order=asc&total=none", token
        ),
        "q and value": request("GET", "/v1/entities?q=person&field.born=1900&total=none", token),
        "newest hour and tag": request("GET", f"/v1/entities?tag=all&created_after={_last_hour(count)}", token),
    }
    totals = {
        "list 50": count,
        "tag": count,
        "q rare": len(range(777, count, 20_000)),
        "q 20 %": -(-count // 5),
        "value, 0.5 %": len(range(100, count, 220)),
        "range, 9 %": sum(1 for n in range(count) if 1900 <= 1800 + n % 220 < 1920),
    }
    for name, total in totals.items():
        found = json.loads(connection.ask(reads[name]))["data"]["total"]
        if found != total:
            raise RuntimeError(f"{name}: {found} found, {total} expected")
    reads["cursor, deep"] = request(
        "GET", f"/v1/entities?limit=50&cursor={_deep_cursor(connection, token, count)}", token
    )
    connection.close()
    times: dict[str, list[float]] = {name: [] for name in reads}
    rates: dict[str, list[float]] = {"empty POST, 8 clients": [], "create, 8 clients": []}
    empty_post = request("POST", "/v1/plugins/bench.empty/empty", token, b'{"a":1}')
    for round_ in range(ROUNDS):
        for name in reads if round_ % 2 else reversed(reads):
            times[name].append(p50(port, reads[name], 300))
        rates["empty POST, 8 clients"].append(rate(port, lambda _: empty_post, 8, 1.5))
        rates["create, 8 clients"].append(
            rate(
                port,
                lambda n: request("POST", "/v1/entities", token, b'{"display_name": "New %d"}' % n),
                8,
                1.5,
            )
        )
    report(times, rates)


def _last_hour(count: int) -> str:
    return text_of(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=37 * count) - timedelta(hours=1))


def _deep_cursor(connection: Connection, token: str, count: int) -> str:
    """The cursor four fifths down the list."""
    path = f"/v1/entities?limit=1&offset={count * 4 // 5}"
    return str(json.loads(connection.ask(request("GET", path, token)))["data"]["next_cursor"])


def report(times: dict[str, list[float]], rates: dict[str, list[float]]) -> None:
    print(f"{'':22}{'median':>10}{'min':>9}{'max':>9}   ratio  target")
    for name, found in times.items():
        ratio = statistics.median(one / other for one, other in zip(times["empty"], found, strict=True))
        print(_line(name, found, "ms", ratio))
    for name, found in rates.items():
        ratio = statistics.median(other / one for one, other in zip(rates["empty POST, 8 clients"], found, strict=True))
        print(_line(name, found, "/s", ratio))


def _line(name: str, found: list[float], unit: str, ratio: float) -> str:
    figures = f"{statistics.median(found):8.2f}{unit}{min(found):9.2f}{max(found):9.2f}"
    target = f"  ≥ {TARGETS[name]}" if name in TARGETS else ""
    return f"{name:22}{figures}   {ratio:5.2f}{target}"


if __name__ == "__main__":
    main()
