"""Who answers the same questions from the same database without Core: raw SQLite, and Datasette."""

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

from benchmarks.contest import Peer
from benchmarks.library import COMMON, RARE
from benchmarks.servers import Served, free_port, program
from benchmarks.wire import Connection, p50, request
from faceforge_core.clock import now
from faceforge_core.db.search_text import trigrams_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from benchmarks.bench import Bench

    from .api import OurApi

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

    name = "raw SQLite"
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

    name = "Datasette"
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
