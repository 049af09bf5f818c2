"""Lists of assets are exactly what a plain reading gives, whichever way they go, and each way goes through an index."""

from __future__ import annotations

import hashlib
import itertools
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from faceforge_core.catalog import asset_lists, asset_statements
from faceforge_core.catalog import assets as assets_module
from faceforge_core.catalog.asset_facts import AssetReadings
from faceforge_core.catalog.asset_filters import CONDITIONS, FACT_ORDERS, SHORT_TEXT, TEXT
from faceforge_core.catalog.asset_lists import AssetLists
from faceforge_core.catalog.asset_statements import Shape
from faceforge_core.catalog.assets import AssetCatalog, NewAsset
from faceforge_core.db import search_index
from faceforge_core.db.engine import Database
from faceforge_core.db.migrate import migrate
from faceforge_core.db.statements import prepare
from faceforge_core.events import EventLog
from faceforge_sdk.errors import InvalidInput, NotFound
from faceforge_sdk.models import AssetFacts, AssetPatch, AssetQuery, TrashQuery, media_group
from faceforge_sdk.protocols import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from faceforge_sdk.models import Asset

WORDS = ("Müller", "straße", "STRASSE", "İzmir", "中文日本", "🦊", "100%", "a_b", 'say "hi"', "photo", "IMG_")
SORTS = ("created_at", "updated_at", "filename", "byte_size", *FACT_ORDERS)


class Shelf:
    """A database with assets of which `said` tells everything."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.events = EventLog(database)
        self.catalog = AssetCatalog(database, self.events)
        self.readings = AssetReadings(database, self.events)
        self.lists = AssetLists(database)
        self.words: dict[str, list[str]] = {}
        self._numbers = itertools.count()

    def store(self, filename: str, **values: Any) -> Asset:
        content_hash = hashlib.sha256(f"{filename} {next(self._numbers)}".encode()).hexdigest()
        facts: dict[str, Any] = {
            "content_hash": content_hash,
            "byte_size": len(filename),
            "kind": "file",
            "filename": filename,
            "mime_type": "image/jpeg",
            "storage_provider": "fs",
            "storage_key": content_hash,
            "bytes_state": "ok",
            "sidecar": None,
            **values,
        }
        self.database.write(lambda tx: self.catalog.store(tx, NewAsset(**facts)))
        return self.catalog.get(str(facts["content_hash"]))

    def read(self, asset_id: str, words: list[str] | None = None, **facts: Any) -> None:
        self.words[asset_id] = words or []
        self.readings.record([Reading(asset_id, AssetFacts(**facts), words={"test": words or []})])

    def ids(self, **query: Any) -> list[str]:
        """All that a query finds, walked by cursor; every page tells the same total, and offsets lead to the same."""
        found: list[str] = []
        cursor, totals = None, set()
        while True:
            page = self.lists.list(AssetQuery.model_validate({"limit": 7, **query, "cursor": cursor}))
            found += [asset.asset_id for asset in page.items]
            totals.add(page.total)
            cursor = page.next_cursor
            if cursor is None:
                break
        assert totals == {len(found)}, query
        shifted = self.lists.list(AssetQuery.model_validate({"limit": 5, **query, "offset": 3})).items
        assert [asset.asset_id for asset in shifted] == found[3:8], query
        return found

    def all(self) -> list[Asset]:
        with self.database.read() as reader:
            ids = [row[0] for row in reader.all(prepare(text("SELECT asset_id FROM assets WHERE deleted_at IS NULL")))]
        return [self.catalog.get(asset_id) for asset_id in ids]

    def settle(self) -> None:
        while self.database.write(search_index.ASSET_TEXTS.index_pending):
            pass


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


def fill(shelf: Shelf, rng: random.Random, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few different values, so that many are equal; some of the same millisecond; a third is not read yet."""
    moments = (f"2026-03-0{rng.randint(1, 3)}T00:00:00.{rng.randrange(5):03}Z" for _ in itertools.count())
    monkeypatch.setattr(assets_module, "now", lambda: next(moments))
    for _ in range(number):
        name = " ".join(rng.choices(WORDS, k=2)) + rng.choice([".jpg", ".pdf"])
        kind, mime = rng.choice(["file", "scan"]), rng.choice(["image/png", "image/jpeg", "text/plain", None])
        asset = shelf.store(name, kind=kind, mime_type=mime)
        if rng.random() < 2 / 3:
            shelf.read(asset.asset_id, rng.choices(WORDS, k=2), **some_facts(rng))


def some_facts(rng: random.Random) -> dict[str, Any]:
    def maybe(value: Any) -> Any:
        return value if rng.random() < 0.7 else None

    lat, lon = rng.choice([(48.1, 11.5), (-17.8, 179.5), (-16.5, -179.9), (0.0, 0.0)])
    located = rng.random() < 0.6
    width, height = maybe(rng.choice([100, 200, 4000])), rng.choice([100, 200, 3000])
    return {
        "media_type": maybe(
            rng.choice(["image/png", "image/jpeg", "video/mp4", "text/csv", "application/pdf", "application/wasm"])
        ),
        "width": width,
        "height": height if width else None,
        "duration_seconds": maybe(rng.choice([0.0, 1.5, 1.25])),
        "page_count": maybe(rng.choice([1, 2])),
        "taken_at": maybe(f"2024-05-0{rng.randint(1, 4)}T10:00:00.000"),
        "latitude": lat if located else None,
        "longitude": lon if located else None,
    }


def some_query(rng: random.Random) -> dict[str, Any]:
    choices: dict[str, Any] = {
        "q": rng.choice(["ß", "ss", "strasse", "müLLER", "中文", "中文日", "%", 'say "', ".jpg", "zzz", "i̇zm", "o I"]),
        "kind": "scan",
        "mime_type": rng.choice(["image/*", "image/png"]),
        "media_type": rng.choice(["image/*", "video/mp4", "audio/*"]),
        "media_group": rng.choice(["picture", "document", "archive", "other"]),
        "min_size": rng.choice([5, 12]),
        "max_size": rng.choice([12, 16]),
        "created_after": "2026-03-02",
        "created_before": "2026-03-03T00:00:00.002Z",
        "taken_after": "2024-05-02",
        "taken_before": "2024-05-03T10:00:00",
        "min_width": rng.choice([101, 200]),
        "max_width": 200,
        "min_height": 200,
        "max_height": 2999,
        "min_duration": 0,
        "max_duration": 1.3,
        "min_pages": 2,
        "max_pages": 1,
        "has_location": rng.random() < 0.5,
        "within": rng.choice(["-20,170,10,-170", "40,10,50,20", "-90,-180,90,180"]),
        "shape": rng.choice(["landscape", "portrait", "square"]),
        "linked": rng.random() < 0.2,
    }
    chosen = rng.sample(sorted(choices), k=rng.choice([0, 1, 1, 2, 3]))
    return {name: choices[name] for name in chosen}


def plainly(shelf: Shelf, query: dict[str, Any], sort_by: str, sort_order: str) -> list[str]:
    """What a query means, said without SQL."""
    asked = AssetQuery.model_validate(query)
    held = [asset for asset in shelf.all() if fits(asset, asked, shelf.words.get(asset.asset_id, []))]
    values = {asset.asset_id: sort_value(asset, sort_by) for asset in held}
    if sort_by in FACT_ORDERS:
        held = [asset for asset in held if values[asset.asset_id] is not None]
    held.sort(key=lambda asset: asset.asset_id, reverse=sort_by in FACT_ORDERS and sort_order == "desc")
    held.sort(key=lambda asset: values[asset.asset_id], reverse=sort_order == "desc")
    return [asset.asset_id for asset in held]


def sort_value(asset: Asset, sort_by: str) -> Any:
    value = getattr(asset.facts if sort_by in FACT_ORDERS else asset, sort_by)
    return value.encode() if isinstance(value, str) else value


def fits(asset: Asset, asked: AssetQuery, words: list[str]) -> bool:
    facts = asset.facts
    lines = "\n".join([asset.filename or "", *words]).casefold()
    return all(
        (
            (asked.q or "").casefold() in lines,
            not asked.kind or asset.kind == asked.kind,
            of_type(asset.mime_type, asked.mime_type),
            of_type(facts.media_type, asked.media_type),
            asked.media_group in (None, media_group(facts.media_type)),
            between(asked.min_size, asset.byte_size, asked.max_size),
            between(asked.created_after, asset.created_at, None),
            not asked.created_before or asset.created_at < asked.created_before,
            between(asked.taken_after, facts.taken_at, None),
            not asked.taken_before or (facts.taken_at is not None and facts.taken_at < asked.taken_before),
            between(asked.min_width, facts.width, asked.max_width),
            between(asked.min_height, facts.height, asked.max_height),
            between(asked.min_duration, facts.duration_seconds, asked.max_duration),
            between(asked.min_pages, facts.page_count, asked.max_pages),
            asked.has_location is None or asked.has_location == (facts.latitude is not None),
            asked.box is None or in_box(facts, asked.box),
            asked.shape is None or asked.shape == shape_of(facts),
            asked.linked in (None, False),
        )
    )


def of_type(actual: str | None, wanted: str | None) -> bool:
    return not wanted or (actual or "").startswith(wanted.removesuffix("*"))


def between(least: Any, value: Any, most: Any) -> bool:
    if least is None and most is None:
        return True
    return value is not None and (least is None or least <= value) and (most is None or value <= most)


def in_box(facts: AssetFacts, box: Any) -> bool:
    if facts.latitude is None or facts.longitude is None:
        return False
    across = box.west > box.east
    in_width = (
        facts.longitude >= box.west or facts.longitude <= box.east
        if across
        else box.west <= facts.longitude <= box.east
    )
    return bool(box.south <= facts.latitude <= box.north and in_width)


def shape_of(facts: AssetFacts) -> str | None:
    if facts.width is None or facts.height is None:
        return None
    return {True: "square"}.get(facts.width == facts.height, "landscape" if facts.width > facts.height else "portrait")


@pytest.mark.parametrize("few", [0, 3, 2000])
def test_lists_equal_a_plain_reading_whichever_way_they_go(
    shelf: Shelf, rng: random.Random, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(asset_lists, "FEW", few)
    monkeypatch.setattr(asset_lists, "MANY", few * 2)
    fill(shelf, rng, 40, monkeypatch)
    shelf.settle()
    fill(shelf, rng, 25, monkeypatch)  # found too while the trigram index has still to catch up with them
    hits = 0
    for _ in range(90):
        query, sort_by, sort_order = some_query(rng), rng.choice(SORTS), rng.choice(["asc", "desc"])
        wanted = plainly(shelf, query, sort_by, sort_order)
        assert shelf.ids(**query, sort_by=sort_by, sort_order=sort_order) == wanted, (query, sort_by, sort_order)
        hits += len(wanted)
    assert hits > 200


@pytest.mark.parametrize("few", [0, 3, 2000])
def test_what_stands_beside_an_asset_is_what_its_list_has_there(
    shelf: Shelf, rng: random.Random, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(asset_lists, "FEW", few)
    fill(shelf, rng, 30, monkeypatch)
    shelf.settle()
    fill(shelf, rng, 10, monkeypatch)
    judged = 0
    for _ in range(60):
        query = {**some_query(rng), "sort_by": rng.choice(SORTS), "sort_order": rng.choice(["asc", "desc"])}
        ids = [None, *shelf.ids(**query), None]
        for at in range(1, len(ids) - 1):
            beside = shelf.lists.beside(str(ids[at]), AssetQuery.model_validate(query))
            assert beside == (ids[at - 1], ids[at + 1]), query
            judged += 1
    assert judged > 200


def test_beside_what_the_list_does_not_hold_stand_those_around_it(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = (f"2026-03-01T00:00:00.{number:03}Z" for number in itertools.count())
    monkeypatch.setattr(assets_module, "now", lambda: next(moments))
    older, other, newer = (shelf.store(name) for name in ("older.jpg", "other.pdf", "newer.jpg"))
    query = AssetQuery(q="jpg")
    assert shelf.lists.beside(other.asset_id, query) == (newer.asset_id, older.asset_id)
    assert shelf.lists.beside(other.asset_id, AssetQuery(sort_by="taken_at")) == (None, None)
    shelf.catalog.delete(other.asset_id)
    with pytest.raises(NotFound):
        shelf.lists.beside(other.asset_id, query)


@given(name=st.text(min_size=1, max_size=20), words=st.lists(st.text(max_size=10), max_size=3), data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_an_asset_is_found_by_every_part_of_its_name_and_words(
    shelf: Shelf, name: str, words: list[str], data: st.DataObject
) -> None:
    name = name.encode("utf-8", "replace").decode().replace("\0", "x")
    asset = shelf.store(name)
    shelf.read(asset.asset_id, words)
    line = data.draw(st.sampled_from([name, *words]))
    begin = data.draw(st.integers(0, len(line)))
    needle = line[begin : begin + data.draw(st.integers(1, 8))]
    found = shelf.lists.list(AssetQuery.model_construct(**{**AssetQuery().model_dump(), "q": needle, "limit": 200}))
    assert asset.asset_id in {one.asset_id for one in found.items}


def test_changed_deleted_and_restored_assets_are_followed(shelf: Shelf) -> None:
    asset = shelf.store("holiday.jpg")
    assert shelf.ids(q="HOLIDAY") == [asset.asset_id]
    shelf.catalog.update(asset.asset_id, AssetPatch(filename="work.jpg"))
    assert (shelf.ids(q="holiday"), shelf.ids(q="work")) == ([], [asset.asset_id])
    shelf.read(asset.asset_id, ["Eiffel Tower"])
    shelf.catalog.delete(asset.asset_id)
    assert (shelf.ids(q="work"), shelf.ids(q="eiffel")) == ([], [])
    shelf.catalog.restore(asset.asset_id)
    assert (shelf.ids(q="work"), shelf.ids(q="eiffel")) == ([asset.asset_id], [asset.asset_id])
    shelf.settle()
    # Raises where index and base text have drifted apart.
    check = prepare(text("INSERT INTO asset_fts (asset_fts, rank) VALUES ('integrity-check', 1)"))
    shelf.database.write(lambda tx: tx.run(check))


def test_a_sidecars_values_are_found_also_when_it_comes_later(shelf: Shelf) -> None:
    def sidecar(painter: str) -> dict[str, Any]:
        return {
            "Source": "UserSidecar",
            "Type": "JsonMetadata",
            "Name": "m.json",
            "NameHashes": None,
            "Data": [painter],
        }

    asset = shelf.store("a.jpg", sidecar=sidecar("Chalon"))
    assert shelf.ids(q="chalon") == [asset.asset_id]
    again = {"content_hash": asset.content_hash, "sidecar": sidecar("Carpenter")}
    shelf.store("a.jpg", **again)
    assert shelf.ids(q="carpenter") == shelf.ids(q="chalon") == [asset.asset_id]


def test_what_a_kill_left_pending_is_found_and_caught_up_with(
    database_path: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from faceforge_core.db.engine import Database
from faceforge_core.db.search_index import ASSET_TEXTS
from faceforge_core.catalog.assets import AssetCatalog, NewAsset
from faceforge_core.events import EventLog
database = Database(Path(sys.argv[1]))
assets = AssetCatalog(database, EventLog(database))
def work(tx):
    assets.store(tx, NewAsset(content_hash="a" * 64, byte_size=1, kind="file", filename="lovelace.png",
                              mime_type=None, storage_provider="fs", storage_key="", bytes_state="ok", sidecar=None))
    tx.after_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
database.write(work)
"""
    assert run_python(code, database_path).returncode != 0
    with Database(database_path) as database:
        shelf = Shelf(database)
        assert shelf.ids(q="lovelace") == ["a" * 64]
        with database.read() as reader:
            assert search_index.ASSET_TEXTS.is_behind(reader)
        search_index.resume(database)
        shelf.settle()
        assert shelf.ids(q="lovelace") == ["a" * 64]


@pytest.fixture
def old_database(tmp_path: Path) -> Iterator[Database]:
    """A database in which assets were before there was a search of them."""
    path = tmp_path / "old.sqlite3"
    migrate(path, tmp_path / "old-backups")
    with Database(path) as database:
        shelf = Shelf(database)
        for name in ("one.jpg", "two.jpg"):
            shelf.store(name)
        trashed = shelf.store("trashed.jpg")
        shelf.catalog.delete(trashed.asset_id)
        for table in ("asset_search", "asset_search_pending"):
            database.write(lambda tx, table=table: tx.run(prepare(text(f"DELETE FROM {table}"))))
        yield database


def test_a_trashed_asset_that_was_never_searched_is_found_once_it_is_restored(old_database: Database) -> None:
    shelf = Shelf(old_database)
    (trashed,) = shelf.lists.trash(TrashQuery()).items
    shelf.catalog.restore(trashed.asset_id)
    assert shelf.ids(q="trashed") == [trashed.asset_id]


@pytest.mark.parametrize("cursor", ["WyJhc3NldHM6d2lkdGg6ZGVzYyIsbnVsbCwiYSJd", "WyJhc3NldHM6Zm91bmQiLG51bGwsImEiXQ"])
def test_a_made_up_cursor_without_a_key_is_refused(shelf: Shelf, cursor: str) -> None:
    for query in ({"sort_by": "width"}, {"q": "abc"}):
        with pytest.raises(InvalidInput):
            shelf.lists.list(AssetQuery.model_validate({**query, "cursor": cursor}))


# --- Plans


def every_order() -> Iterator[tuple[str, str]]:
    return itertools.product(SORTS, ("asc", "desc"))


@pytest.mark.parametrize("place", [None, "value"])
@pytest.mark.parametrize("backwards", [False, True])
def test_every_list_that_is_walked_reads_an_index_in_order(
    assert_indexed: Callable[..., None], place: Any, *, backwards: bool
) -> None:
    for sort_by, sort_order in every_order():
        names = (f"has_{sort_by}",) if sort_by in FACT_ORDERS else ()
        for more in ((), ("linked", "landscape"), tuple(name for name in CONDITIONS if name[:4] in ("kind", "min_"))):
            shape = Shape(sort_by, sort_order, (*names, *more), backwards)
            assert_indexed(asset_statements.list_statement(shape, place, shape.walk).sql)


@pytest.mark.parametrize("place", [None, "value"])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_an_index_that_knows_a_condition_gives_the_newest_first(
    assert_indexed: Callable[..., None], place: Any, sort_order: str
) -> None:
    for name, condition in CONDITIONS.items():
        if condition.in_order:
            shape = Shape("created_at", sort_order, (name, "min_width"))
            assert_indexed(asset_statements.list_statement(shape, place, condition.found_by).sql)


@pytest.mark.parametrize("place", [None, "value"])
def test_a_text_that_many_have_is_walked_in_order(assert_indexed: Callable[..., None], place: Any) -> None:
    for names in ((TEXT,), (TEXT, "kind", "created_after", "created_before", "min_width")):
        for sort_by, sort_order in every_order():
            known = (f"has_{sort_by}",) if sort_by in FACT_ORDERS else ()
            shape = Shape(sort_by, sort_order, (*names, *known))
            sql = asset_statements.list_statement(shape, place, shape.walk).sql
            assert_indexed(sql, few=("asset_search_pending",))


def test_a_short_text_is_looked_for_from_the_newest_on(assert_indexed: Callable[..., None]) -> None:
    shape = Shape("created_at", "desc", (SHORT_TEXT, "kind"))
    assert_indexed(asset_statements.list_statement(shape, "value", TEXT).sql, few=("asset_search",))  # by its key


def test_every_count_of_a_condition_reads_its_index(assert_indexed: Callable[..., None]) -> None:
    for name, condition in CONDITIONS.items():
        index = TEXT if name == TEXT else condition.found_by
        if index is not None:
            assert_indexed(asset_statements.size_statement(index, (name,)).sql, few=("found", "known"))
            counting = asset_statements.count_statement((name,), index).sql
            assert_indexed(counting, few=("asset_search_pending", "found", "known"))
