"""The metadata API beside an empty route behind the same guard, raw SQLite and Datasette on the same database."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks import core
from benchmarks.bench import Subject
from benchmarks.contest import Contest, Peer
from benchmarks.library import COMMON, RARE, Sought
from benchmarks.results import Figure, Target
from benchmarks.wire import Connection, p50, rate

from .api_peers import QUERIES, Datasette, RawSqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from benchmarks.bench import Bench

EMPTY = "empty route"
CLIENTS = 8
_DEEP = 0.8

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


def figures(*, large: bool) -> list[Figure]:
    """What is measured; `large`: of a million."""
    deep = (Target(at_most=5),) if large else ()
    beside_empty = [
        Figure("name", "list 50 by name", "ms"),
        Figure("value", "field = value, 0.5 % match", "ms"),
        Figure("range", "field in a range, 9 % match", "ms"),
        Figure("range_no_total", "the same without total", "ms"),
        Figure("range_by_name", "a range, by name, without total", "ms"),
        Figure("q_and_value", "q and field, without total", "ms"),
        Figure("hour_and_tag", "newest hour and tag", "ms"),
    ]
    return [
        Figure("get", "get", "ms", targets=(Target(at_least=0.5, beside=EMPTY),)),
        Figure("list", "list 50, with total", "ms", targets=(Target(at_least=0.25, beside=EMPTY),)),
        Figure(
            "rare",
            "q, rare word",
            "ms",
            targets=(Target(at_least=0.12, beside=EMPTY), *((Target(at_most=10),) if large else ())),
        ),
        Figure("common", "q, a fifth match", "ms"),
        Figure("common_first", "the same, first after a write", "ms"),
        Figure("tag", "tag that all have", "ms", targets=deep),
        Figure("deep", "page by cursor at 80 %", "ms", targets=deep),
        *beside_empty,
        Figure("create", f"create, {CLIENTS} clients", "/s", "higher", (Target(at_least=0.15, beside=EMPTY),)),
    ]


class OurApi(Peer):
    """Core on a home with so many entities."""

    name = core.NAME
    promises = "create: committed with synchronous=FULL before the answer; all lists by index, q by trigrams (FTS5)"

    def __init__(self, bench: Bench, home: Path, count: int) -> None:
        self._bench, self._home, self._sought = bench, home, Sought(count)
        self._times = bench.pick(20, 200)
        self.core: core.Core
        self.keys: dict[str, str] = {}

    def prepare(self) -> None:
        self._bench.libraries.home(self._sought.count, self._home)
        folder = self._home / "plugins" / "empty"
        folder.mkdir(parents=True)
        manifest = {"id": "bench.empty", "name": "Empty", "api_version": 1, "entrypoints": {"python": "plugin"}}
        (folder / "plugin.json").write_text(json.dumps(manifest))
        (folder / "plugin.py").write_text(EMPTY_PLUGIN)

    def start(self) -> None:
        self.core = core.Core(self._home)
        self.core.ask("POST", "/v1/plugins/bench.empty/enable")
        page = self.core.ask("GET", f"/v1/entities?limit=1&offset={int(self._sought.count * _DEEP)}")
        (entity,) = page["items"]
        self.keys = {
            "id": entity["entity_id"],
            "moment": entity["created_at"],
            "cursor": page["next_cursor"],
        }

    def stop(self) -> None:
        with suppress(AttributeError):  # it did not start
            self.core.stop()

    def drain(self) -> None:
        self.core.calm_down()

    def paths(self) -> dict[str, str]:
        """What is asked for each figure."""
        name, no_total = "sort_by=display_name&sort_order=asc", "total=none"
        entities = {
            "list": "limit=50",
            "tag": "limit=50&tag=all",
            "rare": f"q={RARE}",
            "common": f"q={COMMON}",
            "deep": f"limit=50&cursor={self.keys['cursor']}",
            "name": f"limit=50&{name}",
            "value": "field.born=1900",
            "range": "field.born.gte=1900&field.born.lt=1920",
            "range_no_total": f"field.born.gte=1900&field.born.lt=1920&{no_total}",
            "range_by_name": f"field.born.gte=1900&{name}&{no_total}",
            "q_and_value": f"q={COMMON}&field.born=1900&{no_total}",
            "hour_and_tag": f"tag=all&created_after={self._sought.last_hour}",
        }
        found = {key: f"/v1/entities?{query}" for key, query in entities.items()}
        return {"get": f"/v1/entities/{self.keys['id']}", **found}

    def answers(self) -> Mapping[str, Any]:
        sought, paths = self._sought, self.paths()
        totals = {
            "list": sought.count,
            "tag": sought.count,
            "rare": sought.rare,
            "common": sought.common,
            "value": sought.born(range(1900, 1901)),
            "range": sought.born(range(1900, 1920)),
        }
        for key, total in totals.items():
            found = self.core.ask("GET", paths[key])["total"]
            if found != total:
                raise RuntimeError(f"{key}: Core says {found}, the seed says {total}")
        lists = {key: self.core.ask("GET", paths[key]) for key in QUERIES if key != "get"}
        found = {
            key: ([item["entity_id"] for item in page["items"]], page["total"] if page["items"] else None)
            for key, page in lists.items()
        }
        return found | {"get": self.core.ask("GET", paths["get"])["display_name"]}

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        reads = {key: partial(self._read, key) for key in self.paths()}
        return {**reads, "common_first": self._first_after_a_write, "create": self._create}

    def _read(self, key: str, _: int) -> Mapping[str, float]:
        message = self.core.message("GET", self.paths()[key])
        with Connection(self.core.port) as connection:
            return {key: p50(lambda: connection.ask(message), self._times)}

    def _first_after_a_write(self, _: int) -> Mapping[str, float]:
        """Totals are remembered until something is written."""
        taken = []
        write = self.core.message("PATCH", f"/v1/entities/{self.keys['id']}", {"fields": {"city": "x"}})
        read = self.core.message("GET", self.paths()["common"])
        with Connection(self.core.port) as connection:
            for _turn in range(self._bench.pick(3, 15)):
                connection.ask(write)
                time.sleep(0.05)  # the trigram index catches up by then
                began = time.perf_counter()
                connection.ask(read)
                taken.append(time.perf_counter() - began)
        return {"common_first": sorted(taken)[len(taken) // 2] * 1000}

    def _create(self, round_: int) -> Mapping[str, float]:
        def message(number: int) -> bytes:
            body = {"display_name": f"New {round_} {number}", "tags": ["new"], "fields": {"born": 1900}}
            return self.core.message("POST", "/v1/entities", body)

        return {"create": rate(self.core.port, message, CLIENTS, self._bench.pick(50, 2000))}


class EmptyRoute(Peer):
    """A route that does nothing, in the same Core behind the same guard: what all figures are compared with."""

    name = EMPTY
    promises = "a FastAPI route of a plugin in the same Core, behind the same guard, that does nothing"

    def __init__(self, ours: OurApi, bench: Bench) -> None:
        self._ours, self._bench = ours, bench

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        reads = {key: partial(self._read, key) for key in self._ours.paths()}
        return {**reads, "common_first": partial(self._read, "common_first"), "create": self._create}

    def _read(self, key: str, _: int) -> Mapping[str, float]:
        message = self._ours.core.message("GET", "/v1/plugins/bench.empty/empty")
        with Connection(self._ours.core.port) as connection:
            return {key: p50(lambda: connection.ask(message), self._bench.pick(20, 200))}

    def _create(self, _: int) -> Mapping[str, float]:
        message = self._ours.core.message("POST", "/v1/plugins/bench.empty/empty", {"display_name": "New 1"})
        return {"create": rate(self._ours.core.port, lambda _: message, CLIENTS, self._bench.pick(50, 3000))}


def run(bench: Bench) -> None:
    """Measure libraries of several sizes, one after the other."""
    for count in bench.pick([1000], [1000, 100_000], [1000, 100_000, 1_000_000]):
        with bench.place() as place:
            ours = OurApi(bench, place / "home", count)
            peers = [
                ours,
                EmptyRoute(ours, bench),
                RawSqlite(ours, bench, place, count),
                Datasette(ours, bench, place, count),
            ]
            bench.hold(Contest(f"{count:,} entities", peers, figures(large=count >= 1_000_000)), 5)


SUBJECT = Subject(
    "Metadata API",
    "Median of up to 200 requests over one kept connection in each round; create is a rate. The empty route runs in "
    "the same Core. Totals of searches are remembered until something is written, therefore the row of the first after "
    "a write.",
    run,
)
