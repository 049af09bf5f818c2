"""Assets and links: facts, filters, trash, and what belongs to whom."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from faceforge_core.catalog import assets as module
from faceforge_core.catalog import links as links_module
from faceforge_core.catalog.asset_lists import AssetLists
from faceforge_core.catalog.assets import AssetCatalog, NewAsset
from faceforge_core.catalog.covers import CoverCatalog
from faceforge_core.catalog.links import LinkCatalog
from faceforge_core.db import counters
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import asset_search
from faceforge_core.events import EventLog
from faceforge_sdk.errors import InvalidInput, NotFound, PayloadTooLarge
from faceforge_sdk.models import AssetPatch, AssetQuery, EntityDraft, LinkedAssetQuery, TrashQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_core.catalog.service import EntityService
    from faceforge_core.db.engine import Database
    from faceforge_sdk.models import Asset

SIDECAR = {"Source": "UserSidecar", "Type": "JsonMetadata", "Name": "_meta.json", "NameHashes": None, "Data": {"a": 1}}


@pytest.fixture
def events(database: Database) -> EventLog:
    return EventLog(database)


@pytest.fixture
def assets(database: Database, events: EventLog) -> AssetCatalog:
    return AssetCatalog(database, events)


@pytest.fixture
def lists(database: Database) -> AssetLists:
    return AssetLists(database)


@pytest.fixture
def links(database: Database, events: EventLog) -> LinkCatalog:
    return LinkCatalog(database, events)


@pytest.fixture
def entity_id(entities: EntityService) -> str:
    return entities.create(EntityDraft(display_name="Ada")).entity_id


@pytest.fixture
def store(database: Database, assets: AssetCatalog) -> Callable[..., Asset]:
    def record(name: str, **facts: Any) -> Asset:
        content_hash = hashlib.sha256(name.encode()).hexdigest()
        values = {
            "content_hash": content_hash,
            "bytes_state": "ok",
            "byte_size": len(name),
            "kind": "file",
            "filename": name,
            "mime_type": "image/png",
            "storage_provider": "fs",
            "storage_key": f"files/{content_hash[:2]}/{content_hash}",
            "sidecar": None,
            **facts,
        }
        database.write(lambda tx: assets.store(tx, NewAsset(**values)))
        return assets.get(content_hash)

    return record


def test_files_that_come_together_are_recorded_like_those_that_come_alone(
    database: Database, assets: AssetCatalog, store: Callable[..., Asset]
) -> None:
    """Also where their ids begin alike, which is all that their places in the search differ by."""
    known = store("known.png")
    ids = [f"ab12cd{number:058x}" for number in range(3)]
    row = NewAsset("", 5, "file", "", "image/png", "fs", "key", "ok", None)
    files = [row._replace(content_hash=asset_id, filename=f"{asset_id[-3:]}.png") for asset_id in ids]
    again = files[0]._replace(filename="again.png")

    new = database.write(
        lambda tx: assets.store_unknown(tx, [*files, again, row._replace(content_hash=known.asset_id)])
    )

    assert new == set(ids)
    assert [assets.get(asset_id).filename for asset_id in ids] == ["000.png", "001.png", "002.png"]
    assert assets.get(known.asset_id) == known
    with database.read() as reader:
        assert counters.current(reader, counters.ASSETS) == 4
        texts = reader.all(prepare(select(asset_search.c.asset_id, asset_search.c.text).order_by(asset_search.c.text)))
        told = [event.subject for event in EventLog(database).after(reader, 0, ["asset.stored"])]
    assert [row["text"] for row in texts] == ["000.png", "001.png", "002.png", "known.png"]
    assert sorted(told) == sorted([*ids, known.asset_id])


@pytest.mark.parametrize(("held", "kept"), [("null", []), ('{"a":1}', [{"a": 1}]), ('"text"', ["text"]), ("[]", [])])
def test_metadata_that_is_no_list_stays_beside_a_new_sidecar(
    database: Database, store: Callable[..., Asset], held: str, kept: list[Any]
) -> None:
    store("a.png", sidecar=None)
    statement = prepare(text("UPDATE assets SET meta_json = :meta"))
    database.write(lambda tx: tx.run(statement, meta=f'{{"metadata":{held}}}'))
    assert store("a.png", sidecar=SIDECAR).meta["metadata"] == [*kept, SIDECAR]


def test_known_bytes_keep_their_row_and_gain_a_sidecar_once(store: Callable[..., Asset]) -> None:
    first = store("a.png", sidecar=None)
    assert first.meta == {}
    second = store("a.png", sidecar=SIDECAR)
    third = store("a.png", sidecar=dict(SIDECAR))
    assert second.asset_id == first.asset_id
    assert third.meta == {"metadata": [SIDECAR]}


def test_metadata_that_is_full_takes_no_further_sidecar_and_stays_as_it_is(
    lists: AssetLists, store: Callable[..., Asset]
) -> None:
    for number in range(4):
        store("a.png", sidecar={**SIDECAR, "Name": str(number), "Data": "x" * 1_000_000})
    with pytest.raises(PayloadTooLarge):
        store("a.png", sidecar={**SIDECAR, "Data": "y" * 1_000_000})
    (asset,) = lists.list(AssetQuery()).items
    assert [entry["Name"] for entry in asset.meta["metadata"]] == ["0", "1", "2", "3"]


def test_storing_bytes_whose_asset_was_deleted_brings_it_back(
    assets: AssetCatalog, lists: AssetLists, store: Callable[..., Asset]
) -> None:
    asset = store("a.png")
    assets.delete(asset.asset_id)
    assert lists.list(AssetQuery()).total == 0
    assert store("a.png").asset_id == asset.asset_id
    assert assets.get(asset.asset_id).created_at == asset.created_at
    assert lists.list(AssetQuery()).total == 1
    assert lists.trash(TrashQuery()).total == 0


def test_a_patch_changes_name_kind_and_type(assets: AssetCatalog, store: Callable[..., Asset]) -> None:
    asset = store("a.png")
    after = assets.update(asset.asset_id, AssetPatch(filename="b.jpg", kind="portrait", mime_type="image/jpeg"))
    assert (after.filename, after.kind, after.mime_type) == ("b.jpg", "portrait", "image/jpeg")
    assert assets.get(asset.asset_id) == after
    with pytest.raises(InvalidInput):
        assets.update(asset.asset_id, AssetPatch(mime_type="nonsense"))
    with pytest.raises(InvalidInput):
        assets.update(asset.asset_id, AssetPatch(filename="  "))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"a.png", "b.wav", "c.png"}),
        ({"kind": "portrait"}, {"a.png"}),
        ({"mime_type": "image/*"}, {"a.png", "c.png"}),
        ({"mime_type": "audio/wav"}, {"b.wav"}),
        ({"mime_type": "image/*", "kind": "file"}, {"c.png"}),
        ({"mime_type": "imag/*"}, set()),
        ({"kind": "FILE"}, set()),
    ],
)
def test_filters_and_their_totals(
    lists: AssetLists, store: Callable[..., Asset], query: dict[str, str], expected: set[str]
) -> None:
    store("a.png", kind="portrait")
    store("b.wav", mime_type="audio/wav")
    store("c.png")
    page = lists.list(AssetQuery.model_validate(query))
    assert {asset.filename for asset in page.items} == expected
    assert page.total == len(expected)


@pytest.mark.parametrize("sort_by", ["created_at", "updated_at", "filename", "byte_size"])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_a_cursor_walks_the_whole_list_once(
    database: Database, lists: AssetLists, store: Callable[..., Asset], sort_by: str, sort_order: str
) -> None:
    made = [store("x" * (1 + n % 3) + str(n)) for n in range(7)]
    nameless = module.prepare(module.update(module.table).where(module._THIS).values(filename=None))
    database.write(lambda tx: [tx.run(nameless, id=asset.asset_id) for asset in made[:2]])  # v0.1.9 allowed it
    whole = [
        asset.asset_id
        for asset in lists.list(AssetQuery.model_validate({"sort_by": sort_by, "sort_order": sort_order})).items
    ]
    walked: list[str] = []
    cursor = None
    while True:
        query = {"sort_by": sort_by, "sort_order": sort_order, "limit": 2, "cursor": cursor}
        page = lists.list(AssetQuery.model_validate(query))
        walked += [asset.asset_id for asset in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert walked == whole
    assert set(walked) == {asset.asset_id for asset in made}


def test_a_link_is_repeatable_updates_its_role_and_is_revived(
    links: LinkCatalog, store: Callable[..., Asset], entity_id: str
) -> None:
    asset = store("a.png")
    links.link(entity_id, asset.asset_id, None)
    links.link(entity_id, asset.asset_id, "portrait")
    (linked,) = links.of_entity(entity_id, LinkedAssetQuery()).items
    assert linked.role == "portrait"
    assert links.unlink(entity_id, asset.asset_id) is True
    assert links.unlink(entity_id, asset.asset_id) is False
    assert links.of_entity(entity_id, LinkedAssetQuery()).total == 0
    links.link(entity_id, asset.asset_id, "cover")
    assert [one.role for one in links.of_entity(entity_id, LinkedAssetQuery()).items] == ["cover"]


def test_linking_needs_both_ends(links: LinkCatalog, store: Callable[..., Asset], entity_id: str) -> None:
    asset = store("a.png")
    with pytest.raises(NotFound):
        links.link("0" * 64, asset.asset_id, None)
    with pytest.raises(NotFound):
        links.link(entity_id, "0" * 64, None)
    with pytest.raises(NotFound):
        links.of_entity("0" * 64, LinkedAssetQuery())


def test_restoring_an_asset_brings_back_its_links_and_not_the_removed_ones(
    assets: AssetCatalog, links: LinkCatalog, store: Callable[..., Asset], entity_id: str
) -> None:
    kept, removed = store("a.png"), store("b.png")
    for asset in (kept, removed):
        links.link(entity_id, asset.asset_id, "x")
    links.unlink(entity_id, removed.asset_id)
    for asset in (kept, removed):
        assets.delete(asset.asset_id)
    assert links.of_entity(entity_id, LinkedAssetQuery()).items == []
    for asset in (kept, removed):
        assets.restore(asset.asset_id)
    assert [one.asset_id for one in links.of_entity(entity_id, LinkedAssetQuery()).items] == [kept.asset_id]


def test_an_entitys_assets_are_filtered_counted_and_paged(
    links: LinkCatalog, store: Callable[..., Asset], entity_id: str
) -> None:
    for n in range(5):
        links.link(entity_id, store(f"{n}.png", kind="portrait").asset_id, None)
    links.link(entity_id, store("song.wav", mime_type="audio/wav").asset_id, None)
    page = links.of_entity(entity_id, LinkedAssetQuery(kind="portrait", limit=2))
    assert page.total == 5
    seen = [asset.filename for asset in page.items]
    while page.next_cursor:
        page = links.of_entity(entity_id, LinkedAssetQuery(kind="portrait", limit=2, cursor=page.next_cursor))
        seen += [asset.filename for asset in page.items]
    assert sorted(seen) == [f"{n}.png" for n in range(5)]


def test_the_cover_is_the_newest_linked_image(
    database: Database,
    events: EventLog,
    links: LinkCatalog,
    store: Callable[..., Asset],
    entity_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments = iter([f"2026-11-23T10:00:00.{n:03}Z" for n in range(9)])
    monkeypatch.setattr(links_module, "now", lambda: next(moments))
    older, newer = store("a.png"), store("b.png")
    links.link(entity_id, older.asset_id, None)
    links.link(entity_id, newer.asset_id, None)
    links.link(entity_id, store("song.wav", mime_type="audio/wav").asset_id, None)
    assert CoverCatalog(database, events).of([entity_id, "0" * 64]) == {entity_id: newer.asset_id}


def test_live_assets_are_counted_for_each_entity_up_to_a_bound(
    links: LinkCatalog, assets: AssetCatalog, entity_id: str, store: Callable[..., Asset]
) -> None:
    stored = [store(f"{number}.png") for number in range(4)]
    for asset in stored:
        links.link(entity_id, asset.asset_id, None)
    links.unlink(entity_id, stored[0].asset_id)
    assets.delete(stored[1].asset_id)
    assert links.counts([entity_id, "0" * 64], 1000) == {entity_id: 2, "0" * 64: 0}
    assert links.counts([entity_id], 1) == {entity_id: 1}


def test_an_entitys_assets_read_an_index(assert_indexed: Callable[[str], None]) -> None:
    for filters in ((), ("kind", "media_family", "text")):
        assert_indexed(links_module._list_statement("desc", filters, "value").sql)


@pytest.mark.parametrize("place", [None, "value"])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_an_assets_entities_read_an_index(assert_indexed: Callable[[str], None], sort_order: str, place: Any) -> None:
    assert_indexed(links_module._entities_statement(sort_order, place).sql)
    assert_indexed(links_module._COUNT_ENTITIES.sql)


def test_beside_an_asset_stand_its_entitys_others(
    links: LinkCatalog, store: Callable[..., Asset], entity_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([f"2026-11-23T10:00:00.{n // 2:03}Z" for n in range(9)])
    monkeypatch.setattr(links_module, "now", lambda: next(moments))
    other = store("other.png").asset_id
    for n in range(5):
        links.link(entity_id, store(f"{n}.png").asset_id, None)
    ids = [None, *(asset.asset_id for asset in links.of_entity(entity_id, LinkedAssetQuery()).items), None]
    for at in range(1, 6):
        assert links.beside(entity_id, str(ids[at])) == (ids[at - 1], ids[at + 1])
    assert links.beside(entity_id, other) == (None, None)


@pytest.mark.parametrize("backwards", [False, True])
def test_what_stands_beside_an_entitys_asset_reads_an_index(
    assert_indexed: Callable[[str], None], *, backwards: bool
) -> None:
    assert_indexed(links_module._beside_statement(backwards).sql)


def test_many_are_linked_thrown_away_and_brought_back_at_once(
    assets: AssetCatalog, links: LinkCatalog, store: Callable[..., Asset], entity_id: str
) -> None:
    ids = [store(f"{n}.png").asset_id for n in range(3)]
    links.link(entity_id, ids[0], "portrait")
    assert links.link_many(entity_id, [*ids, "0" * 64]) == 2
    roles = {one.asset_id: one.role for one in links.of_entity(entity_id, LinkedAssetQuery()).items}
    assert roles == {ids[0]: "portrait", ids[1]: None, ids[2]: None}
    with pytest.raises(NotFound):
        links.link_many("0" * 64, ids)
    assert assets.delete_many([*ids[:2], "0" * 64]) == 2
    assert assets.delete_many(ids) == 1
    assert links.of_entity(entity_id, LinkedAssetQuery()).total == 0
    assert assets.restore_many([*ids, "0" * 64]) == 3
    assert links.of_entity(entity_id, LinkedAssetQuery()).total == 3
