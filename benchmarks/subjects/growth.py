"""How Core's figures change as the library grows: the same home with a thousand entities, and with a million."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks import core, machine
from benchmarks.bench import Subject
from benchmarks.contest import Contest, Peer
from benchmarks.library import COMMON, RARE, Sought, make_files
from benchmarks.results import Figure, Target
from benchmarks.wire import Connection, p50, rate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from benchmarks.bench import Bench

CLIENTS = 8
_DEEP = 0.8


class Grown(Peer):
    """A Core on a library of so many entities; each turn from its start to its end."""

    def __init__(self, bench: Bench, folder: Path, count: int) -> None:
        self.name = f"{count:,} entities"
        self._bench, self._folder, self._sought = bench, folder, Sought(count)
        self._home = folder / f"home-{count}"

    def prepare(self) -> None:
        self._bench.libraries.home(self._sought.count, self._home)
        self._bytes = (self._home / "db" / "core.sqlite3").stat().st_size
        with core.Core(self._home) as running:  # what is done once with a new home is not growth
            wrong = {
                query: (found, known)
                for query, known in (
                    ("limit=1", self._sought.count),
                    ("tag=all", self._sought.count),
                    (f"q={RARE}", self._sought.rare),
                    (f"q={COMMON}", self._sought.common),
                )
                if (found := running.ask("GET", f"/v1/entities?{query}")["total"]) != known
            }
            page = running.ask("GET", f"/v1/entities?limit=1&offset={int(self._sought.count * _DEEP)}")
        if wrong:
            raise RuntimeError(f"Totals that Core gives, and that are right: {wrong}")
        self._cursor, self._id = page["next_cursor"], page["items"][0]["entity_id"]

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"all": self._all}

    def _all(self, round_: int) -> Mapping[str, float]:
        source = self._folder / f"files-{self._sought.count}-{round_}"
        files = make_files(source, self._bench.pick(50, 1000), 4096, seed=self._sought.count + round_)
        with core.Core(self._home) as running:
            running.calm_down()
            found = {"start": running.started, "memory": machine.resident(running.pid), "bytes": self._per_entity()}
            found |= self._reads(running) | self._writes(running, round_)
            running.calm_down()
            seconds, result = running.job("/v1/assets/bulk-import", {"path": str(files)})
            if result["errors"]:
                raise RuntimeError(result)
            running.calm_down()
        return found | {"import": self._bench.pick(50, 1000) / seconds}

    def _per_entity(self) -> float:
        return self._bytes / self._sought.count

    def _reads(self, running: core.Core) -> dict[str, float]:
        paths = {
            "get": f"/v1/entities/{self._id}",
            "list": "/v1/entities?limit=50",
            "rare": f"/v1/entities?q={RARE}",
            "common": f"/v1/entities?q={COMMON}&total=none",
            "tag": "/v1/entities?limit=50&tag=all",
            "deep": f"/v1/entities?limit=50&cursor={self._cursor}",
        }
        times = self._bench.pick(20, 200)
        with Connection(running.port) as connection:
            return {
                key: p50(partial(connection.ask, running.message("GET", path)), times) for key, path in paths.items()
            }

    def _writes(self, running: core.Core, round_: int) -> dict[str, float]:
        def message(number: int) -> bytes:
            body: dict[str, Any] = {"display_name": f"Grown {round_} {number}", "tags": ["grown"]}
            return running.message("POST", "/v1/entities", body)

        return {"create": rate(running.port, message, CLIENTS, self._bench.pick(50, 1000))}


def figures(sizes: list[int]) -> list[Figure]:
    """What is measured of each size; targets are those of the largest, where that is a million."""
    million = sizes[0] >= 1_000_000 and 100_000 in sizes
    as_fast = (Target(at_most=1.5, beside=f"{100_000:,} entities"),) if million else ()
    within_5 = (Target(at_most=5),) if million else ()
    return [
        Figure("get", "get", "ms", targets=as_fast),
        Figure("list", "list 50, with total", "ms", targets=as_fast),
        Figure("rare", "q, rare word", "ms", targets=(Target(at_most=10),) if million else ()),
        Figure("common", "q, a fifth match, without total", "ms"),
        Figure("tag", "tag that all have", "ms", targets=within_5),
        Figure("deep", "page by cursor at 80 %", "ms", targets=within_5),
        Figure("create", f"create, {CLIENTS} clients", "/s", "higher"),
        Figure("import", "import of files of 4 KiB", "files/s", "higher"),
        Figure("start", "first answer", "s"),
        Figure("memory", "idle memory", "MB"),
        Figure("bytes", "database", "bytes per entity"),
    ]


def run(bench: Bench) -> None:
    """All sizes in turn, the largest first: it is compared with the smaller ones."""
    sizes = bench.pick([2000, 500], [1_000_000, 100_000, 10_000, 1000])
    with bench.place() as place:
        bench.hold(Contest("Growth", [Grown(bench, place, count) for count in sizes], figures(sizes)), 3)


SUBJECT = Subject(
    "Growth",
    "The largest library beside smaller ones: the ratio is what is left of the speed. Every round starts Core "
    "anew on each of them.",
    run,
)
