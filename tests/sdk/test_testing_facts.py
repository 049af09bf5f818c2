"""What plugin authors can try of facts, words and covers without a Core."""

from __future__ import annotations

import pytest

from faceforge_sdk.errors import InvalidInput, NotFound, PreconditionFailed
from faceforge_sdk.models import AssetFacts, AssetQuery, EntityDraft, LinkedAssetQuery, LinkedEntityQuery
from faceforge_sdk.protocols import Reading
from faceforge_sdk.testing import FakeAssets, FakeEntities


@pytest.fixture
def entities() -> FakeEntities:
    return FakeEntities()


@pytest.fixture
def assets(entities: FakeEntities) -> FakeAssets:
    assets = FakeAssets()
    assets.entities, entities.assets = entities, assets
    return assets


def entry(data: str, name: str = "exif") -> dict[str, str]:
    return {"Source": "Test", "Type": "Text", "Name": name, "Data": data}


def test_readings_are_kept_and_found(assets: FakeAssets) -> None:
    asset = assets.add(b"picture", filename="a.bin")
    facts = AssetFacts(media_type="image/png", width=3, height=2)
    reading = Reading(asset.asset_id, facts, (entry("old"), entry("kept", "other")), {"test": ["Straße"]})
    assert assets.record([reading, Reading("gone")]) == [asset.asset_id]
    assets.record([Reading(asset.asset_id, AssetFacts(page_count=1), (entry("new"),))])
    after = assets.get(asset.asset_id)
    assert (after.facts.media_type, after.facts.width, after.facts.page_count) == ("image/png", 3, 1)
    assert {one["Data"] for one in after.meta["metadata"]} == {"new", "kept"}
    for query, total in (({"q": "STRASSE"}, 1), ({"q": "gasse"}, 0), ({"media_type": "image/*"}, 1)):
        assert assets.list(AssetQuery.model_validate(query)).total == total


def test_what_was_read_of_a_trashed_asset_comes_back_with_it(assets: FakeAssets) -> None:
    asset = assets.add(b"picture")
    assets.delete(asset.asset_id)
    assert assets.record([Reading(asset.asset_id, AssetFacts(width=3, height=2))]) == [asset.asset_id]
    assert assets.restore(asset.asset_id).facts.width == 3


def test_a_cover_is_a_linked_picture_else_the_newest(entities: FakeEntities, assets: FakeAssets) -> None:
    ada = entities.create(EntityDraft(display_name="Ada")).entity_id
    first, second = (assets.add(name, mime_type="image/png").asset_id for name in (b"1", b"2"))
    for asset_id in (first, second):
        assets.link(ada, asset_id, None)
    assert assets.covers([ada]) == {ada: second}
    chosen = entities.set_cover(ada, first)
    assert (chosen.cover_asset_id, chosen.revision) == (first, 2)
    assert assets.covers([ada]) == {ada: first}
    with pytest.raises(InvalidInput):
        entities.set_cover(ada, assets.add(b"3", mime_type="image/png").asset_id)
    with pytest.raises(PreconditionFailed):
        entities.set_cover(ada, None, expected_revision=1)
    assets.unlink(ada, first)
    assert assets.covers([ada, "nobody"]) == {ada: second}
    assert [one.asset_id for one in assets.of_entity(ada, LinkedAssetQuery()).items] == [second]
    assert entities.set_cover(ada, None).cover_asset_id is None


def test_an_asset_knows_its_entities_and_its_neighbours(entities: FakeEntities, assets: FakeAssets) -> None:
    ada, grace = (entities.create(EntityDraft(display_name=name)).entity_id for name in ("Ada", "Grace"))
    first, second, third = (assets.add(name, filename=name.decode()).asset_id for name in (b"1.a", b"2.b", b"3.a"))
    assets.link(ada, second, "portrait")
    assets.link(grace, second, None)
    found = entities.of_asset(second, LinkedEntityQuery()).items
    assert [(one.entity_id, one.role) for one in found] == [(grace, None), (ada, "portrait")]
    assert [one.entity_id for one in entities.of_asset(second, LinkedEntityQuery(limit=1, sort_order="asc")).items] == [
        ada
    ]
    with pytest.raises(NotFound):
        entities.of_asset("gone", LinkedEntityQuery())
    assert assets.beside(second, AssetQuery()) == (third, first)
    assert assets.beside(third, AssetQuery(q=".a")) == (None, first)
    assert [one.asset_id for one in assets.list(AssetQuery(linked=True)).items] == [second]
    assert assets.list(AssetQuery(media_group="picture")).total == 0
    assert assets.list(AssetQuery(min_size=4)).total == 0
