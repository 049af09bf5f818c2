"""M06: what v0.1.9 left behind is verified, gets bytes of its own, and is served all the while."""

from __future__ import annotations

import json
import os
import stat
import sys
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_sdk.errors import JobCancelled

if TYPE_CHECKING:
    from pathlib import Path

    from faceforge_sdk.models import Asset

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")


def _legacy(house: Any, content: bytes, state: str = "unchecked") -> Asset:
    asset: Asset = house.store(content)
    house.blob(asset).chmod(0o644)
    house.execute("UPDATE assets SET bytes_state = :state WHERE asset_id = :id", state=state, id=asset.asset_id)
    return asset


def _hard_linked(house: Any, tmp_path: Path, content: bytes) -> tuple[Asset, Path]:
    asset = _legacy(house, content)
    own = tmp_path / f"own-{asset.asset_id[:8]}"
    os.link(house.blob(asset), own)
    return asset, own


def _linked(house: Any, tmp_path: Path, content: bytes) -> tuple[Asset, Path]:
    asset = _legacy(house, content)
    own = tmp_path / f"own-{asset.asset_id[:8]}"
    house.blob(asset).rename(own)
    house.blob(asset).symlink_to(own)
    return asset, own


def _adopt(house: Any) -> dict[str, int]:
    summary = house.storage.adopt(lambda percent, step: None, lambda: None)
    return {name: count for name, count in summary.items() if count}


def test_m06_a_file_that_is_whole_and_private_is_verified_and_tightened(house: Any) -> None:
    asset = _legacy(house, b"whole")

    assert house.storage.needs_adoption()
    assert _adopt(house) == {"ok": 1}
    assert house.state_of(asset.asset_id) == "ok"
    assert stat.S_IMODE(house.blob(asset).stat().st_mode) == 0o600
    assert not house.storage.needs_adoption()


def test_m06_what_becomes_ours_is_told_so_that_plugins_look_at_it_and_the_trash_is_not(house: Any) -> None:
    live, trashed = _legacy(house, b"live"), _legacy(house, b"trashed")
    house.assets.delete(trashed.asset_id)
    with house.database.read() as reader:
        before = house.events.last(reader)
    assert _adopt(house) == {"ok": 2}
    with house.database.read() as reader:
        told = [(event.type, event.subject) for event in house.events.after(reader, before)]
    assert told == [("asset.stored", live.asset_id)]


@pytest.mark.parametrize("share", [_hard_linked, _linked])
def test_m06_a_shared_file_gets_bytes_of_its_own_and_the_users_file_stays(
    house: Any, tmp_path: Path, share: Any
) -> None:
    asset, own = share(house, tmp_path, b"shared" * 500_000)
    assert house.content_of(asset) == b"shared" * 500_000

    assert _adopt(house) == {"ok": 1, "copied": 1}
    own.write_bytes(b"edited")

    assert house.content_of(asset) == b"shared" * 500_000
    facts = house.blob(asset).lstat()
    assert (stat.S_ISREG(facts.st_mode), facts.st_nlink, stat.S_IMODE(facts.st_mode)) == (True, 1, 0o600)
    assert own.read_bytes() == b"edited"
    assert house.files() == [asset.asset_id]


@pytest.mark.parametrize("share", [_hard_linked, _linked])
def test_m06_without_space_a_shared_file_stays_shared_and_served(house: Any, tmp_path: Path, share: Any) -> None:
    asset, _ = share(house, tmp_path, b"shared")
    house.limits["free_space_reserve_bytes"] = 2**62

    assert _adopt(house) == {"shared": 1}
    assert house.content_of(asset) == b"shared"

    house.limits.clear()
    assert _adopt(house) == {"ok": 1, "copied": 1}


def test_m06_a_shared_file_that_was_edited_is_flagged_and_served_as_it_is(house: Any, tmp_path: Path) -> None:
    asset, own = _hard_linked(house, tmp_path, b"before")
    with own.open("r+b") as file:
        file.write(b"after!")

    assert _adopt(house) == {"altered": 1}
    assert house.content_of(asset) == b"after!"
    assert own.samefile(house.blob(asset))


def test_m06_a_missing_file_is_flagged_and_found_again_when_it_returns(house: Any) -> None:
    asset = _legacy(house, b"on another disk")
    blob = house.blob(asset)
    blob.rename(house.home.root / "away")

    assert _adopt(house) == {"missing": 1}
    (house.home.root / "away").rename(blob)
    assert _adopt(house) == {"ok": 1}


def test_m06_a_file_that_was_only_pointed_to_is_taken_in(house: Any, tmp_path: Path) -> None:
    source = tmp_path / "own.jpg"
    source.write_bytes(b"outside")
    asset = _legacy(house, b"outside", "external")
    house.blob(asset).unlink()
    house.execute(
        "UPDATE assets SET storage_key = '', meta_json = :meta", meta=json.dumps({"source": {"path": str(source)}})
    )

    assert _adopt(house) == {"ok": 1, "copied": 1}
    source.unlink()
    taken_in = house.assets.get(asset.asset_id)
    assert taken_in.storage_key == f"files/{asset.asset_id[:2]}/{asset.asset_id}"
    assert house.content_of(taken_in) == b"outside"


def test_m06_a_pointer_to_a_file_that_is_gone_is_flagged(house: Any, tmp_path: Path) -> None:
    asset = _legacy(house, b"outside", "external")
    house.execute(
        "UPDATE assets SET storage_key = '', meta_json = :meta",
        meta=json.dumps({"source": {"path": str(tmp_path / "gone")}}),
    )

    assert _adopt(house) == {"missing": 1}
    assert house.state_of(asset.asset_id) == "missing"
    assert house.assets.get(asset.asset_id).storage_key == ""


def test_m06_trashed_files_are_taken_over_too(house: Any, tmp_path: Path) -> None:
    asset, _ = _hard_linked(house, tmp_path, b"in the trash")
    house.assets.delete(asset.asset_id)

    assert _adopt(house) == {"ok": 1, "copied": 1}


def test_m06_a_cancelled_run_keeps_what_it_did_and_the_next_does_the_rest(house: Any) -> None:
    assets = sorted((_legacy(house, f"file {number}".encode()) for number in range(6)), key=lambda a: a.asset_id)
    steps = iter(range(10))

    def cancel_in_the_middle() -> None:
        if next(steps) == 3:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        house.storage.adopt(lambda percent, step: None, cancel_in_the_middle)

    assert [house.state_of(asset.asset_id) for asset in assets] == ["ok"] * 3 + ["unchecked"] * 3
    assert _adopt(house) == {"ok": 3}


def test_progress_ends_at_a_hundred(house: Any) -> None:
    for number in range(60):
        _legacy(house, f"file {number}".encode())
    told: list[float] = []

    house.storage.adopt(lambda percent, step: told.append(percent), lambda: None)

    assert told == sorted(told)
    assert told[-1] == 100.0
