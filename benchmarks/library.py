"""Seeded libraries: databases of any number of entities, and folders of files; the same ones every time.

Databases are filled with a few statements over many rows, a hundred times as fast as one entity after the other. Core's
answers are compared with what is known of the seed before anything is timed.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from faceforge_core.catalog import stored_json
from faceforge_core.clock import text_of
from faceforge_core.db.migrate import migrate
from faceforge_core.db.search_text import entity_text, sequence_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BATCH = 20_000
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_APART = timedelta(milliseconds=37)
RARE, COMMON = "zyzzyva", "person"
_RARE_AT, _RARE_EVERY = 777, 20_000


@dataclass(frozen=True)
class Sought:
    """What is known of a library of so many entities without asking it."""

    count: int

    @property
    def rare(self) -> int:
        """How many have the rare word."""
        return len(range(_RARE_AT, self.count, _RARE_EVERY))

    @property
    def common(self) -> int:
        """How many have the word that a fifth have."""
        return -(-self.count // 5)

    def born(self, years: range) -> int:
        """How many were born in these years."""
        return sum(len(range(year - 1800, self.count, 220)) for year in years)

    @property
    def last_hour(self) -> str:
        """The moment one hour before the newest."""
        return text_of(_BEGAN + _APART * self.count - timedelta(hours=1))


class Libraries:
    """Makes the database of each size once, and homes with copies of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def database(self, count: int) -> Path:
        """The database with so many entities; only to be read."""
        path = self._folder / f"library-{count}" / "core.sqlite3"
        if not path.exists():
            path.parent.mkdir(parents=True)
            fill(path, count)
        return path

    def home(self, count: int, home: Path) -> Path:
        """A new home with so many entities."""
        (home / "db").mkdir(parents=True)
        shutil.copyfile(self.database(count), home / "db" / "core.sqlite3")
        return home


def fill(path: Path, count: int) -> None:
    """Make a database with so many entities as Core would have it once its events are forgotten."""
    migrate(path, path.parent / "backups")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO fact_keys (key_id, space, key) VALUES (?, 'field', ?)", [(1, "born"), (2, "city")]
        )
        for rows in _batches(count):
            _insert(connection, rows)
        connection.execute(
            "INSERT INTO counters (name, value) VALUES ('entities', ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (count,),
        )
        connection.execute("INSERT INTO entity_fts (entity_fts) VALUES ('rebuild')")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _insert(connection: sqlite3.Connection, rows: list[dict[str, Any]]) -> None:
    by_id = sorted(rows, key=lambda row: str(row["entity_id"]))
    connection.executemany(
        "INSERT INTO entities (entity_id, display_name, aliases_json, tags_json, fields_json, created_at, updated_at)"
        " VALUES (:entity_id, :display_name, :aliases_json, :tags_json, :fields_json, :moment, :moment)",
        by_id,
    )
    connection.executemany("INSERT INTO entity_search (seq, entity_id, text) VALUES (:seq, :entity_id, :text)", rows)
    tags = sorted((tag, row["seq"]) for row in rows for tag in row["tags"])
    connection.executemany("INSERT INTO entity_tags (tag, seq) VALUES (?, ?)", tags)
    for key_id, key in ((1, "born"), (2, "city")):
        held = sorted((row[key], row["seq"]) for row in rows)
        connection.executemany(f"INSERT INTO entity_facts (key_id, value, seq) VALUES ({key_id}, ?, ?)", held)


def _batches(count: int) -> Iterator[list[dict[str, Any]]]:
    rng = random.Random(7)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(4, 9))) for _ in range(5000)]
    for first in range(0, count, _BATCH):
        yield [_row(rng, words, number) for number in range(first, min(first + _BATCH, count))]


def _row(rng: random.Random, words: list[str], n: int) -> dict[str, Any]:
    rare = f" {RARE}" if n % _RARE_EVERY == _RARE_AT else ""
    common = f" {COMMON}" if n % 5 == 0 else ""
    name = f"{words[n % 5000].title()} {words[n * 7 % 5000].title()}{rare}{common}"
    aliases, tags = [words[n * 3 % 5000]], [words[n % 40], "all"]
    fields: dict[str, Any] = {"born": 1800 + n % 220, "city": words[n * 11 % 300]}
    entity_id, moment = rng.randbytes(32).hex(), text_of(_BEGAN + _APART * n)
    return {
        "entity_id": entity_id,
        "display_name": name,
        "aliases_json": stored_json.dump(aliases),
        "tags_json": stored_json.dump(tags),
        "fields_json": stored_json.dump(fields),
        "moment": moment,
        "seq": sequence_of(moment, entity_id),
        "text": entity_text(name, aliases, tags, fields),
        "tags": tags,
        **fields,
    }


def make_files(folder: Path, count: int, size: int, seed: int) -> Path:
    """Fill a folder with random files, five hundred on each shelf."""
    rng = random.Random(seed)
    for number in range(count):
        shelf = folder / f"{number // 500:03}"
        shelf.mkdir(parents=True, exist_ok=True)
        (shelf / f"IMG_{number:05}.bin").write_bytes(rng.randbytes(size))
    return folder


def make_file(path: Path, size: int, seed: int) -> Path:
    """One random file."""
    rng = random.Random(seed)
    with path.open("wb") as file:
        for left in range(size, 0, -(1 << 20)):
            file.write(rng.randbytes(min(left, 1 << 20)))
    return path
