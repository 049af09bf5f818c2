"""The metadata API beside an empty route behind the same guard, raw SQLite and Datasette on the same database."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from benchmarks import core
from benchmarks.bench import Subject
from benchmarks.contest import Contest, Peer
from benchmarks.library import COMMON, RARE, Sought
from benchmarks.results import Figure, Target
from benchmarks.servers import Served, free_port, program
from benchmarks.wire import Connection, p50, rate, request
from faceforge_core.clock import now
from faceforge_core.db.search_text import trigrams_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from benchmarks.bench import Bench

EMPTY, RAW, DATASETTE = "empty route", "raw SQLite", "Datasette"
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

_COUNTED = "(SELECT value FROM counters WHERE name = 'entities') AS total"
_BY_SEQ = (
    "CROSS JOIN entity_search AS s ON s.seq = {key} CROSS JOIN entities AS e ON e.entity_id = s.entity_id {where} "
    "ORDER BY {key} DESC LIMIT 50"
)
_MATCH = "FROM entity_fts CROSS JOIN entity_search AS s ON s.seq = entity_fts.rowid WHERE entity_fts MATCH :match"
_FOUND = (
    f"SELECT e.entity_id, e.display_name, e.aliases_json, e.tags_json, e.fields_json, e.created_at, e.updated_at, "
    f"(SELECT count(*) {_MATCH} AND s.text LIKE :like) AS total FROM entity_fts "
    + _BY_SEQ.format(key="entity_fts.rowid", where="WHERE entity_fts MATCH :match AND s.text LIKE :like")
)
QUERIES = {
    "get": "SELECT * FROM entities WHERE entity_id = :id AND deleted_at IS NULL",
    "list": f"SELECT *, {_COUNTED} FROM entities WHERE deleted_at IS NULL ORDER BY created_at DESC, entity_id LIMIT 50",
    "tag": "SELECT e.*, (SELECT count(*) FROM entity_tags WHERE tag = :tag) AS total FROM entity_tags AS t "
    + _BY_SEQ.format(key="t.seq", where="WHERE t.tag = :tag"),
    "rare": _FOUND,
    "common": _FOUND,
    "deep": f"SELECT *, {_COUNTED} FROM entities WHERE deleted_at IS NULL AND created_at <= :moment "
    "AND (created_at < :moment OR entity_id > :id) ORDER BY created_at DESC, entity_id LIMIT 50",
}
"""What has to be read for an answer, in SQL: for those who speak it."""


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


def parameters(ours: OurApi, key: str) -> dict[str, str]:
    """What the statement of `QUERIES` needs."""
    word = RARE if key == "rare" else COMMON
    return {
        "get": {"id": ours.keys["id"]},
        "list": {},
        "tag": {"tag": "all"},
        "deep": {"id": ours.keys["id"], "moment": ours.keys["moment"]},
    }.get(key) or ({} if key == "list" else {"match": trigrams_of(word) or "", "like": f"%{word}%"})


class RawSqlite(Peer):
    """The same tables and indexes, asked in this process by kept statements, without HTTP and JSON."""

    name = RAW
    promises = "the same tables and indexes in one process, no HTTP, no JSON; create: the same rows, synchronous=FULL"

    def __init__(self, ours: OurApi, bench: Bench, place: Path, count: int) -> None:
        self._ours, self._bench, self._path, self._count = ours, bench, place / "raw.sqlite3", count

    def start(self) -> None:
        shutil.copyfile(self._bench.libraries.database(self._count), self._path)
        self._connection = sqlite3.connect(self._path, isolation_level=None, cached_statements=256)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "temp_store=MEMORY"):
            self._connection.execute(f"PRAGMA {pragma}")

    def stop(self) -> None:
        with suppress(AttributeError):
            self._connection.close()

    def answers(self) -> Mapping[str, Any]:
        return {key: _answer(key, self._rows(key)) for key in QUERIES}

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        reads = {key: partial(self._read, key, key) for key in QUERIES}
        return {**reads, "common_first": partial(self._read, "common_first", "common"), "create": self._create}

    def _rows(self, key: str) -> list[Any]:
        return self._connection.execute(QUERIES[key], parameters(self._ours, key)).fetchall()

    def _read(self, key: str, query: str, _: int) -> Mapping[str, float]:
        sql, values = QUERIES[query], parameters(self._ours, query)
        return {key: p50(lambda: self._connection.execute(sql, values).fetchall(), self._bench.pick(20, 200))}

    def _create(self, round_: int) -> Mapping[str, float]:
        count = self._bench.pick(50, 2000)
        began = time.perf_counter()
        for number in range(count):
            self._insert(f"New {round_} {number}", (1 << 62) + (round_ << 30) + number)
        return {"create": count / (time.perf_counter() - began)}

    def _insert(self, name: str, seq: int) -> None:
        run, entity_id, moment = self._connection.execute, os.urandom(32).hex(), now()
        run("BEGIN IMMEDIATE")
        run(
            "INSERT INTO entities (entity_id, display_name, tags_json, fields_json, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (entity_id, name, '["new"]', '{"born":1900}', moment, moment),
        )
        run("INSERT INTO entity_search (seq, entity_id, text) VALUES (?, ?, ?)", (seq, entity_id, name.lower()))
        run("INSERT INTO entity_search_pending (seq) VALUES (?)", (seq,))
        run("INSERT INTO entity_tags (tag, seq) VALUES ('new', ?)", (seq,))
        run("INSERT INTO entity_facts (key_id, value, seq) VALUES (1, 1900, ?)", (seq,))
        run("UPDATE counters SET value = value + 1 WHERE name = 'entities'")
        run("INSERT INTO events (type, subject, at) VALUES ('entity.created', ?, ?)", (entity_id, moment))
        run("COMMIT")


class Datasette(Peer):
    """Datasette on a copy of the same file: rows and lists as it offers them, the rest in SQL that it is given."""

    name = DATASETTE
    promises = "reads only; the same tables and indexes, given the same SQL where it has no page of its own"

    def __init__(self, ours: OurApi, bench: Bench, place: Path, count: int) -> None:
        self._ours, self._bench, self._place, self._count = ours, bench, place, count

    def available(self) -> str:
        return "" if program("datasette") else "not installed: pip install --group bench"

    def start(self) -> None:
        path = self._place / "datasette.sqlite3"
        shutil.copyfile(self._bench.libraries.database(self._count), path)
        port = free_port()
        settings = {"sql_time_limit_ms": "60000", "suggest_facets": "off", "num_sql_threads": "3"}
        options = [word for name, value in settings.items() for word in ("--setting", name, value)]
        command = [sys.executable, "-m", "datasette", "serve", str(path), "--port", str(port), *options]
        self._served = Served(command, port, self._place)

    def stop(self) -> None:
        with suppress(AttributeError):
            self._served.stop()

    def _message(self, key: str) -> bytes:
        values = parameters(self._ours, key)
        if key == "get":
            path = f"/datasette/entities/{values['id']}.json?_shape=objects"
        elif key == "list":
            path = "/datasette/entities.json?_size=50&_sort_desc=created_at&deleted_at__isnull=1&_shape=objects"
        else:
            path = f"/datasette.json?{urlencode({'sql': QUERIES[key], **values, '_shape': 'objects'})}"
        return request("GET", path)

    def answers(self) -> Mapping[str, Any]:
        found = {}
        with Connection(self._served.port) as connection:
            for key in QUERIES:
                answer = json.loads(connection.ask(self._message(key)))
                total = {"total": answer["filtered_table_rows_count"]} if key == "list" else {}
                found[key] = _answer(key, [{**row, **total} for row in answer["rows"]])
        return found

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        reads = {key: partial(self._read, key, key) for key in QUERIES}
        return {**reads, "common_first": partial(self._read, "common_first", "common")}

    def _read(self, key: str, query: str, _: int) -> Mapping[str, float]:
        message = self._message(query)
        with Connection(self._served.port) as connection:
            return {key: p50(lambda: connection.ask(message), self._bench.pick(20, 200))}


def _answer(key: str, rows: list[Any]) -> Any:
    """What Core says too: the name of one, or ids and total of a page."""
    if key == "get":
        return rows[0]["display_name"]
    return [row["entity_id"] for row in rows], rows[0]["total"] if rows else None


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
