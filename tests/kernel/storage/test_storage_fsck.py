"""A check finds what is wrong with a home, and nothing where nothing is."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.db.driver import sqlite3
from faceforge_core.storage import fsck
from faceforge_sdk.errors import JobCancelled
from faceforge_sdk.models import EntityDraft, Finding, VerifyOptions, VerifyReport

if TYPE_CHECKING:
    from faceforge_sdk.models import Asset


def check(house: Any, **options: Any) -> VerifyReport:
    report: VerifyReport = house.storage.verify(VerifyOptions(**options), lambda _percent, _step: None, lambda: None)
    return report


def codes(report: VerifyReport) -> list[str]:
    assert report.counts == {code: sum(one.code == code for one in report.findings) for code in report.counts}
    return sorted(one.code for one in report.findings)


def aged(path: Path, hours: float) -> Path:
    long_ago = time.time() - hours * 3600
    os.utime(path, (long_ago, long_ago))
    return path


def orphan(house: Any, name: str = "ab" * 32, hours: float = 2.0) -> Path:
    path = house.home.assets_dir / "files" / name[:2] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"nobody's")
    return aged(path, hours)


@pytest.fixture
def assets(house: Any) -> list[Asset]:
    return [house.store(f"content {number}".encode()) for number in range(5)]


def test_d14_a_good_home_has_no_findings(house: Any, assets: list[Asset]) -> None:
    house.assets.delete(assets[0].asset_id)
    report = check(house, deep=True)
    assert codes(report) == []
    assert (report.checked_assets, report.hashed_assets, report.seen_objects) == (5, 5, 5)
    assert report.hashed_bytes == sum(asset.byte_size for asset in assets)


def test_d14_an_empty_home_has_no_findings(house: Any) -> None:
    assert check(house, deep=True, repair=True).findings == []


def test_d13_missing_and_short_files_are_found_without_reading(house: Any, assets: list[Asset]) -> None:
    house.blob(assets[0]).unlink()
    os.truncate(house.blob(assets[1]), 3)
    report = check(house)
    assert codes(report) == ["missing", "size"]
    found = {one.code: one.asset_id for one in report.findings}
    assert found == {"missing": assets[0].asset_id, "size": assets[1].asset_id}
    assert report.hashed_assets == 0


def test_d13_a_flipped_byte_is_found_by_the_deep_check_only(house: Any, assets: list[Asset]) -> None:
    blob = house.blob(assets[2])
    content = bytearray(blob.read_bytes())
    content[3] ^= 1
    blob.write_bytes(content)
    assert codes(check(house)) == []
    (finding,) = check(house, deep=True).findings
    assert (finding.code, finding.asset_id) == ("hash", assets[2].asset_id)


def test_a_sample_reads_some_and_a_full_one_all(house: Any, assets: list[Asset]) -> None:
    assert check(house, sample=100).hashed_assets == len(assets)
    assert check(house, sample=0.0001).hashed_assets <= len(assets)


def test_what_lies_in_the_trash_is_checked_too(house: Any, assets: list[Asset]) -> None:
    house.assets.delete(assets[0].asset_id)
    house.blob(assets[0]).unlink()
    assert codes(check(house)) == ["missing"]


def test_d15_only_old_bytes_without_an_asset_are_leftovers(house: Any, assets: list[Asset]) -> None:
    old, young = orphan(house), orphan(house, "cd" * 32, hours=0.5)
    stray = orphan(house, "Thumbs.db")
    report = check(house)
    assert codes(report) == ["orphan", "orphan"]
    assert {Path(str(one.key)).name for one in report.findings} == {old.name, stray.name}
    assert old.exists()
    assert young.exists()


def test_d15_repair_moves_old_leftovers_to_quarantine_and_nothing_else(house: Any, assets: list[Asset]) -> None:
    old, young = orphan(house), orphan(house, "cd" * 32, hours=0.5)
    report = check(house, repair=True)
    assert [(one.code, one.repaired) for one in report.findings] == [("orphan", True)]
    assert not old.exists()
    assert young.exists()
    kept = [*house.home.quarantine_dir.iterdir()]
    assert [path.read_bytes() for path in kept] == [b"nobody's"]
    assert str(kept[0]) in report.findings[0].message
    assert [house.content_of(asset) for asset in assets] == [f"content {number}".encode() for number in range(5)]
    assert codes(check(house, deep=True)) == []


def test_d15_an_upload_that_never_ended_is_a_leftover_after_a_day(house: Any) -> None:
    for name, hours in (("upload-old.part", 25), ("upload-young.part", 23)):
        path = house.home.staging_dir / name
        path.write_bytes(b"x")
        aged(path, hours)
    (finding,) = check(house).findings
    assert finding.code == "leftover"
    assert "upload-old.part" in finding.message


def test_damage_is_never_repaired_away(house: Any, assets: list[Asset]) -> None:
    blob = house.blob(assets[0])
    blob.write_bytes(b"CONTENT 0")
    assert codes(check(house, deep=True, repair=True)) == ["hash"]
    assert blob.read_bytes() == b"CONTENT 0"


def test_a_counter_that_is_off_is_found_and_recounted(house: Any, assets: list[Asset]) -> None:
    house.execute("UPDATE counters SET value = value + 3 WHERE name = 'assets'")
    assert codes(check(house)) == ["counter"]
    (finding,) = check(house, repair=True).findings
    assert finding.repaired
    assert codes(check(house)) == []


def test_an_entity_that_search_does_not_know_is_found(house: Any, make_entities: Any) -> None:
    entity = make_entities(house.database, house.events).create(EntityDraft(display_name="Ada"))
    assert codes(check(house)) == []
    house.execute("DELETE FROM entity_search WHERE entity_id = :id", id=entity.entity_id)
    assert codes(check(house)) == ["search"]


def test_an_asset_that_search_does_not_know_is_found(house: Any, assets: list[Asset]) -> None:
    house.execute("DELETE FROM asset_search WHERE asset_id = :id", id=assets[0].asset_id)
    (finding,) = check(house).findings
    assert (finding.code, finding.message) == ("search", "1 live assets can't be found by search.")


def test_a_row_that_refers_to_nobody_is_found(house: Any) -> None:
    with closing(sqlite3.connect(house.home.database)) as other_program:  # foreign keys are off by default there
        other_program.execute("INSERT INTO entity_assets (entity_id, asset_id) VALUES ('nobody', 'nothing')")
        other_program.commit()
    assert set(codes(check(house))) == {"reference"}


def test_a_place_that_does_not_answer_is_not_said_to_be_empty(house: Any, assets: list[Asset]) -> None:
    house.execute("UPDATE assets SET storage_provider = 's3' WHERE asset_id = :id", id=assets[0].asset_id)
    found = check(house).findings
    assert {(one.code, one.asset_id) for one in found if one.asset_id} == {("unavailable", assets[0].asset_id)}


def test_findings_are_counted_in_full_and_kept_up_to_a_bound(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fsck, "MOST_FINDINGS", 3)
    for number in range(5):
        orphan(house, f"{number:064x}")
    report = check(house)
    assert (report.counts, len(report.findings)) == ({"orphan": 5}, 3)


def test_a_check_stops_when_it_is_asked_to(house: Any, assets: list[Asset]) -> None:
    def stop() -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        house.storage.verify(VerifyOptions(), lambda _percent, _step: None, stop)


def test_an_asset_that_is_moved_while_it_is_checked_is_no_finding(house: Any, assets: list[Asset]) -> None:
    """The page of rows was read before, and the bytes are gone from there by now."""
    really = house.assets.get_any

    def meanwhile(asset_id: str) -> Asset | None:
        asset: Asset | None = really(asset_id)
        house.execute("UPDATE assets SET storage_key = 'files/00/moved' WHERE asset_id = :id", id=asset_id)
        target = house.home.assets_dir / "files" / "00" / "moved"
        target.parent.mkdir(parents=True, exist_ok=True)
        if asset is not None and house.blob(asset).exists():
            house.blob(asset).rename(target)
        return asset

    house.assets.get_any = meanwhile
    assert [one for one in check(house).findings if one.asset_id] == []


def test_a_finding_says_where(house: Any, assets: list[Asset]) -> None:
    house.blob(assets[0]).unlink()
    assert check(house).findings == [
        Finding(
            code="missing",
            message="The file's bytes are missing.",
            asset_id=assets[0].asset_id,
            filename=assets[0].filename,
            provider="fs",
        )
    ]
