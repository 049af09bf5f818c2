"""Emptying the trash: everything that belongs to a thing goes with it, and no byte that anybody still needs."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import pytest

from faceforge_core.catalog import trashed
from faceforge_core.catalog.links import LinkCatalog
from faceforge_core.clock import now
from faceforge_core.db import counters, seen_days
from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import TrashKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faceforge_sdk.models import Asset

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
LONG_AGO = "2020-01-01T00:00:00.000Z"
KINDS: tuple[TrashKind, ...] = get_args(TrashKind)


# --- What goes with what


def test_an_entity_takes_with_it_all_that_belongs_to_it_and_nothing_else(can: Any) -> None:
    gone, other, third = can.entity(LONG_AGO), can.entity(), can.entity()
    asset = can.asset(b"linked", trashed_at=None)
    links = LinkCatalog(can.house.database, can.house.events)
    links.link(other, asset.asset_id, "kept")
    can.row("entity_assets", entity_id=gone, asset_id=asset.asset_id)
    can.row("entity_external_ids", source="wiki", external_id="Q1", entity_id=gone)
    can.row("entity_external_ids", source="wiki", external_id="Q2", entity_id=other)
    descriptors = [can.descriptor(gone), can.descriptor(gone, LONG_AGO)]
    relationships = [can.relationship(gone, other), can.relationship(third, gone), can.relationship(gone, gone, now())]
    kept = [can.relationship(other, third), can.descriptor(other)]

    can.trash.purge("entities", gone)

    assert not can.has("entities", gone)
    assert not any(can.has("descriptors", one) for one in descriptors)
    assert not any(can.has("relationships", one) for one in relationships)
    assert can.has("relationships", kept[0])
    assert can.has("descriptors", kept[1])
    assert can.has("entities", other)
    assert can.value("SELECT group_concat(entity_id) FROM entity_assets") == other
    assert can.value("SELECT group_concat(external_id) FROM entity_external_ids") == "Q2"
    assert can.house.content_of(asset) == b"linked"
    assert can.events("*")[-1:] == can.events("entity.purged") == [gone]


def test_a_definition_a_descriptor_and_a_relationship_go_alone(can: Any) -> None:
    ada, ben = can.entity(), can.entity()
    things: dict[TrashKind, str] = {
        "field-defs": can.field_def(LONG_AGO),
        "descriptors": can.descriptor(ada, LONG_AGO),
        "relationships": can.relationship(ada, ben, LONG_AGO),
    }
    kept = can.descriptor(ada)

    for kind, thing_id in things.items():
        can.trash.purge(kind, thing_id)
        assert not can.has(kind, thing_id)

    assert can.has("descriptors", kept)
    assert can.events("field_def.purged") == [things["field-defs"]]
    assert can.events("descriptor.purged") == [things["descriptors"]]
    assert can.events("relationship.purged") == [things["relationships"]]


def test_an_asset_loses_its_bytes_with_its_row_and_not_before(can: Any) -> None:
    asset, entity = can.asset(b"portrait"), can.entity()
    can.row("entity_assets", entity_id=entity, asset_id=asset.asset_id)
    assert can.house.blob(asset).read_bytes() == b"portrait"

    can.trash.purge("assets", asset.asset_id)

    assert not can.has("assets", asset.asset_id)
    assert not can.house.blob(asset).exists()
    assert can.value("SELECT count(*) FROM entity_assets") == 0
    assert can.has("entities", entity)
    assert can.events("asset.purged") == [asset.asset_id]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_in_the_trash_cannot_be_purged(can: Any, kind: TrashKind) -> None:
    ada, ben = can.entity(), can.entity()
    live = {
        "entities": ada,
        "assets": can.asset(b"live", trashed_at=None).asset_id,
        "descriptors": can.descriptor(ada),
        "field-defs": can.field_def(),
        "relationships": can.relationship(ada, ben),
    }
    for thing_id in (live[kind], "0" * 64, ""):
        with pytest.raises(NotFound):
            can.trash.purge(kind, thing_id)
    can.empty()
    assert can.has(kind, live[kind])
    assert can.house.files() == [live["assets"]]
    assert can.events("*") == [live["assets"]], "only its upload was told"


def test_counters_count_what_lives_and_a_purge_changes_none(can: Any) -> None:
    can.asset(b"live", trashed_at=None)
    can.asset(b"gone")
    can.empty()
    with can.house.database.read() as reader:
        assert counters.current(reader, counters.ASSETS) == 1


# --- How much there is, and how old


def test_the_summary_counts_what_was_deleted_itself_and_not_what_it_hides(can: Any) -> None:
    hidden, live = can.entity(LONG_AGO), can.entity()
    can.descriptor(hidden)
    can.relationship(hidden, live)
    can.descriptor(live, LONG_AGO)
    can.relationship(live, hidden, now())
    can.relationship(live, live, LONG_AGO)
    can.field_def(LONG_AGO)
    can.asset(b"a")
    can.asset(b"b", trashed_at=now())
    can.asset(b"c", trashed_at=None)

    found = can.trash.summary()
    assert (found.entities, found.assets, found.descriptors, found.field_defs, found.relationships) == (1, 2, 1, 1, 2)
    old = can.trash.summary(older_than_days=1)
    assert (old.entities, old.assets, old.descriptors, old.field_defs, old.relationships) == (1, 1, 1, 1, 1)


def test_the_summary_says_for_how_long_things_are_kept(can: Any) -> None:
    assert can.trash.summary().keep_days == 30
    can.keep_days = 0
    assert can.trash.summary().keep_days == 0
    can.keep_days = "forever"
    assert can.trash.summary().keep_days is None


def test_a_clock_that_leapt_a_year_ahead_makes_nothing_old(can: Any) -> None:
    before, after = can.entity(can.ago(days=365 + 29)), can.entity(can.ago(days=365 + 31))
    seen_days.note(can.house.database, datetime.now(UTC) - timedelta(days=365))

    assert can.trash.summary(older_than_days=30).entities == 1
    assert can.empty("entities", days=30)["entities"] == 1
    assert can.has("entities", before)
    assert not can.has("entities", after)
    assert can.empty("entities", days=0)["entities"] == 1, "who wants all gone is asked for no age"


def test_only_what_was_deleted_so_long_ago_goes(can: Any) -> None:
    old, young = can.entity(can.ago(days=30, minutes=1)), can.entity(can.ago(days=29, hours=23, minutes=59))
    old_asset, young_asset = (
        can.asset(b"old", trashed_at=can.ago(days=31)),
        can.asset(b"young", trashed_at=can.ago(days=1)),
    )

    assert can.empty(days=30) == {
        "entities": 1,
        "assets": 1,
        "descriptors": 0,
        "field-defs": 0,
        "relationships": 0,
        "skipped": 0,
    }
    assert (can.has("entities", old), can.has("entities", young)) == (False, True)
    assert can.house.files() == [young_asset.asset_id]
    assert not can.has("assets", old_asset.asset_id)
    assert can.empty("entities", days=30) == {"entities": 0, "skipped": 0}


def test_what_the_older_version_deleted_counts_from_the_upgrade(can: Any) -> None:
    can.upgraded_at(can.ago(days=10))
    legacy, later = can.entity(LONG_AGO), can.entity(can.ago(days=9))

    assert can.empty("entities", days=11)["entities"] == 0
    assert can.trash.summary(older_than_days=11).entities == 0
    assert can.trash.summary(older_than_days=10).entities == 1
    assert can.empty("entities", days=10)["entities"] == 1
    assert (can.has("entities", legacy), can.has("entities", later)) == (False, True)


def test_no_days_is_everything_at_once(can: Any) -> None:
    can.upgraded_at(can.ago(days=-1))  # by a clock that was wrong
    can.entity(LONG_AGO)
    can.entity(now())
    assert can.empty("entities", days=0)["entities"] == 2


def test_only_the_wanted_kinds_go(can: Any) -> None:
    entity, definition = can.entity(LONG_AGO), can.field_def(LONG_AGO)
    assert can.empty("field-defs") == {"field-defs": 1, "skipped": 0}
    assert (can.has("entities", entity), can.has("field-defs", definition)) == (True, False)


def test_parts_are_counted_before_the_entity_that_they_belong_to(can: Any) -> None:
    gone, live = can.entity(LONG_AGO), can.entity()
    can.descriptor(gone, LONG_AGO)
    can.relationship(live, gone, LONG_AGO)
    done = can.empty()
    assert (done["entities"], done["descriptors"], done["relationships"]) == (1, 1, 1)


# --- Bytes that must stay


@POSIX_ONLY
def test_a_file_that_the_older_version_left_with_the_user_is_never_touched(can: Any, tmp_path: Path) -> None:
    own = tmp_path / "my photo.jpg"
    own.write_bytes(b"mine")
    asset = can.asset(b"pointed to")
    meta = f'{{"source": {{"path": "{own.as_posix()}"}}}}'
    can.change(asset, storage_key="", meta_json=meta, bytes_state="external")

    can.trash.purge("assets", asset.asset_id)

    assert not can.has("assets", asset.asset_id)
    assert own.read_bytes() == b"mine"


@POSIX_ONLY
def test_shared_bytes_of_the_older_version_lose_our_name_only(can: Any, tmp_path: Path) -> None:
    hard, soft = can.asset(b"hard"), can.asset(b"soft")
    os.link(can.house.blob(hard), tmp_path / "hard.jpg")
    can.house.blob(soft).rename(tmp_path / "soft.jpg")
    can.house.blob(soft).symlink_to(tmp_path / "soft.jpg")
    for asset in (hard, soft):
        can.change(asset, bytes_state="unchecked")

    assert can.empty("assets") == {"assets": 2, "skipped": 0}

    assert can.house.files() == []
    assert (tmp_path / "hard.jpg").read_bytes() == b"hard"
    assert (tmp_path / "soft.jpg").read_bytes() == b"soft"


@pytest.mark.parametrize("state", ["missing", "altered"])
def test_rows_whose_bytes_are_gone_or_wrong_go_too(can: Any, state: str) -> None:
    asset = can.asset(b"once")
    can.house.blob(asset).unlink()
    if state == "altered":
        can.house.blob(asset).write_bytes(b"other")
    can.change(asset, bytes_state=state)

    assert can.empty("assets") == {"assets": 1, "skipped": 0}
    assert (can.house.rows(), can.house.files()) == (0, [])


def test_a_row_whose_key_names_no_place_of_ours_goes_without_bytes(can: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"x")
    asset = can.asset(b"strange")
    can.change(asset, storage_key=f"../../../{outside.name}")

    assert can.empty("assets") == {"assets": 1, "skipped": 0}
    assert outside.exists()


@pytest.mark.parametrize("at_once", [True, False])
def test_bytes_stay_as_long_as_another_row_names_their_place(can: Any, at_once: bool) -> None:
    gone, user = can.asset(b"in two rows"), can.asset(b"a live user", trashed_at=None)
    can.change(user, storage_key=gone.storage_key)

    def purge(asset: Asset) -> None:
        if at_once:
            can.empty("assets")
        else:
            can.trash.purge("assets", asset.asset_id)

    purge(gone)
    assert not can.has("assets", gone.asset_id)
    assert can.house.blob(gone).read_bytes() == b"in two rows"
    can.house.assets.delete(user.asset_id)
    purge(user)
    assert not can.house.blob(gone).exists()


# --- How it is looked up


@pytest.fixture
def sql_of() -> Callable[..., str]:
    def read(statement: Any, *names: str) -> str:
        sql: str = statement.bind({name: ["x"] if name == "ids" else "x" for name in names})[0]
        return sql

    return read


@pytest.mark.parametrize("kind", KINDS)
def test_the_trash_is_looked_through_by_its_indexes(assert_indexed: Any, sql_of: Any, kind: TrashKind) -> None:
    assert_indexed(sql_of(trashed._count(kind), "until"))
    assert_indexed(sql_of(trashed._due(kind), "until", "after", "after_id", "limit"))
    assert_indexed(sql_of(trashed._removable(kind), "until", "ids"))
    for removal in trashed._removals(kind):
        assert_indexed(sql_of(removal, "ids"))
