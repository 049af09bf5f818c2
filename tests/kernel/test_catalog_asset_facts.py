"""Recording what was read out of files: safely beside others, within bounds, and over whatever old homes hold."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from faceforge_core.catalog import metadata
from faceforge_core.catalog.asset_facts import AssetReadings, _with_words
from faceforge_core.catalog.asset_lists import AssetLists
from faceforge_core.catalog.assets import AssetCatalog, NewAsset
from faceforge_core.db.search_text import MAX_WORDS_LENGTH
from faceforge_core.db.statements import prepare
from faceforge_core.events import EventLog
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.models import AssetFacts, AssetQuery
from faceforge_sdk.protocols import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_core.db.engine import Database

_SET_META = prepare(text("UPDATE assets SET meta_json = :meta"))
_WORDS = prepare(text("SELECT words_json FROM assets"))


@pytest.fixture
def events(database: Database) -> EventLog:
    return EventLog(database)


@pytest.fixture
def assets(database: Database, events: EventLog) -> AssetCatalog:
    return AssetCatalog(database, events)


@pytest.fixture
def readings(database: Database, events: EventLog) -> AssetReadings:
    return AssetReadings(database, events)


@pytest.fixture
def store(database: Database, assets: AssetCatalog) -> Callable[..., str]:
    def record(name: str = "a.jpg", sidecar: dict[str, Any] | None = None) -> str:
        content_hash = hashlib.sha256(name.encode()).hexdigest()
        database.write(
            lambda tx: assets.store(
                tx,
                NewAsset(
                    content_hash=content_hash,
                    byte_size=1,
                    kind="file",
                    filename=name,
                    mime_type=None,
                    storage_provider="fs",
                    storage_key=content_hash,
                    bytes_state="ok",
                    sidecar=sidecar,
                ),
            )
        )
        return content_hash

    return record


def entry(data: Any, name: str = "exif", source: str = "ExifTool") -> dict[str, Any]:
    return {"Source": source, "Type": "JsonMetadata", "Name": name, "NameHashes": None, "Data": data}


def test_x09_entries_of_several_writers_at_once_are_all_kept(
    assets: AssetCatalog, readings: AssetReadings, store: Callable[..., str]
) -> None:
    asset_id = store()

    def write(number: int) -> None:
        if number % 3:
            readings.record([Reading(asset_id, entries=(entry(number, name=f"reader {number}"),))])
        else:
            store(sidecar=entry(number, name="_meta.json", source="UserSidecar"))

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(60)))
    kept = assets.get(asset_id).meta["metadata"]
    assert sorted(one["Data"] for one in kept) == list(range(60))


@pytest.mark.parametrize(
    ("held", "kept"),
    [
        ("{}", []),
        ('{"metadata":null,"other":1}', []),
        ('{"metadata":{"a":1}}', [{"a": 1}]),
        ('{"metadata":["text",3,null,{"Source":"ExifTool"}]}', ["text", 3, None, {"Source": "ExifTool"}]),
        ('["a list"]', ["a list"]),
        ('"text"', ["text"]),
        ("null", []),
    ],
)
def test_whatever_an_old_home_holds_stays_beside_a_new_entry(
    database: Database, readings: AssetReadings, assets: AssetCatalog, store: Callable[..., str], held: str, kept: Any
) -> None:
    asset_id = store()
    database.write(lambda tx: tx.run(_SET_META, meta=held))
    readings.record([Reading(asset_id, entries=(entry(1),))])
    meta = assets.get(asset_id).meta
    assert meta["metadata"] == [*kept, entry(1)]
    assert ("other" in meta) == ("other" in held)


def test_an_entry_that_does_not_fit_is_left_out_and_the_rest_is_kept(
    assets: AssetCatalog, readings: AssetReadings, store: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    asset_id = store(sidecar=entry("x" * (metadata.MAX_LENGTH - 1000), source="UserSidecar"))
    facts = AssetFacts(width=3, height=2)
    reading = Reading(
        asset_id, facts, (entry("small"), entry("y" * 2000, "large"), entry("s", "tiny")), {"t": ["word"]}
    )
    assert readings.record([reading]) == [asset_id]
    after = assets.get(asset_id)
    assert [one["Name"] for one in after.meta["metadata"]] == ["exif", "exif", "tiny"]
    assert after.facts.width == 3
    assert "ExifTool large was left out" in caplog.text


def test_an_entry_that_does_not_fit_leaves_the_one_it_would_replace(
    assets: AssetCatalog, readings: AssetReadings, store: Callable[..., str]
) -> None:
    asset_id = store(sidecar=entry("old"))
    readings.record([Reading(asset_id, entries=(entry("x" * metadata.MAX_LENGTH),))])
    assert assets.get(asset_id).meta["metadata"] == [entry("old")]


@pytest.mark.parametrize("data", [float("nan"), {1, 2}, "\ud800"], ids=["no number", "no JSON", "half a character"])
def test_an_entry_that_can_not_be_stored_is_refused_and_nothing_is_kept(
    assets: AssetCatalog, readings: AssetReadings, store: Callable[..., str], data: Any
) -> None:
    good, bad = store("good.jpg"), store("bad.jpg")
    with pytest.raises(InvalidInput):
        readings.record([Reading(good, AssetFacts(page_count=1)), Reading(bad, entries=(entry(data),))])
    assert assets.get(good).facts.page_count is None


def test_two_readings_of_one_asset_in_a_batch_add_up(
    assets: AssetCatalog, readings: AssetReadings, store: Callable[..., str]
) -> None:
    asset_id = store()
    batch = [Reading(asset_id, AssetFacts(page_count=1)), Reading(asset_id, AssetFacts(width=1, height=1))]
    assert readings.record(batch) == [asset_id]
    assert (assets.get(asset_id).facts.page_count, assets.get(asset_id).facts.width) == (1, 1)
    assert readings.record([]) == []


@given(st.dictionaries(st.text(max_size=3), st.lists(st.text(max_size=9_000), max_size=4), max_size=2))
def test_words_of_any_kind_and_length_are_kept_within_bounds(words: dict[str, list[str]]) -> None:
    kept = _with_words({"before": ["x"]}, words)
    assert kept["before"] == ["x"] if "before" not in words else True
    for source in words:
        assert sum(map(len, kept.get(source, []))) <= MAX_WORDS_LENGTH
        assert all(word.encode() for word in kept.get(source, []))


def test_words_of_a_source_go_when_it_has_none_any_more(
    database: Database, readings: AssetReadings, store: Callable[..., str]
) -> None:
    asset_id = store()
    readings.record([Reading(asset_id, words={"a": ["apple", "\0 odd \ud800"], "b": ["pear"]})])
    readings.record([Reading(asset_id, words={"a": []})])
    with database.read() as reader:
        assert reader.value(_WORDS) == '{"b":["pear"]}'
    lists = AssetLists(database)
    assert [lists.list(AssetQuery(q=q)).total for q in ("apple", "pear")] == [0, 1]
