"""Emptying the trash while disks and providers are away, broken off, and at the same time as others."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.catalog import trashed
from faceforge_core.catalog.ids import new_id
from faceforge_core.home import MARKER_NAME, HomeMarker, write_marker
from faceforge_core.owned import Owned
from faceforge_sdk.errors import InsufficientStorage, JobCancelled, NotFound, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faceforge_sdk.models import Asset, TrashKind

LONG_AGO = "2020-01-01T00:00:00.000Z"


class Elsewhere:
    """A provider that holds its bytes in memory, and can be away or fail."""

    name = "elsewhere"

    def __init__(self) -> None:
        self.content: dict[str, int] = {}
        self.is_available = True
        self.fails_at: str | None = None
        self.when_asked: Callable[[], None] = lambda: None

    def key_for(self, content_hash: str) -> str:
        return f"bucket:{content_hash}"

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        self.content[key] = byte_size

    def stat(self, key: str) -> int | None:
        self.when_asked()
        if self.fails_at == "stat":
            raise ConnectionError("no route")
        return self.content.get(key)

    def delete(self, key: str) -> None:
        if self.fails_at == "delete":
            raise ConnectionError("no route")
        self.content.pop(key, None)

    def available(self) -> bool:
        return self.is_available


@pytest.fixture
def elsewhere(can: Any) -> Elsewhere:
    provider = Elsewhere()
    can.house.providers.append(Owned("some.plugin", provider))
    return provider


def kept_elsewhere(can: Any, provider: Elsewhere, content: bytes) -> Asset:
    """A trashed asset whose bytes that provider holds."""
    asset = can.asset(content)
    key = provider.key_for(asset.content_hash)
    provider.content[key] = asset.byte_size
    can.house.blob(asset).unlink()
    can.change(asset, storage_provider="elsewhere", storage_key=key)
    return asset


# --- Disks and providers that are away


@pytest.fixture(params=["no mark", "another's mark", "damaged mark", "no folder"])
def unmounted(request: pytest.FixtureRequest, can: Any) -> Iterator[None]:
    """The folder for files is not the one it was."""
    folder = can.house.home.assets_dir
    mark = folder / MARKER_NAME
    away = folder.with_name("away")
    if request.param == "no folder":
        folder.rename(away)
    else:
        content = mark.read_bytes()
        mark.unlink()
        if request.param == "another's mark":
            write_marker(folder, HomeMarker("another-home"))
        elif request.param == "damaged mark":
            mark.write_text("{}")
    yield
    if request.param == "no folder":
        away.rename(folder)
    else:
        mark.write_bytes(content)


def test_d08_nothing_is_purged_while_the_disk_of_the_files_is_not_there(
    can: Any, unmounted: None, request: pytest.FixtureRequest
) -> None:
    entity = can.entity(LONG_AGO)
    asset_id = new_id()
    can.row("assets", asset_id=asset_id, content_hash=asset_id, byte_size=1, deleted_at=LONG_AGO, storage_key="files/x")

    with pytest.raises(StorageUnavailable):
        can.empty()
    with pytest.raises(StorageUnavailable):
        can.trash.purge("assets", asset_id)

    assert can.has("entities", entity)
    assert can.has("assets", asset_id)
    assert can.events("*") == []
    can.trash.purge("entities", entity)  # has no bytes


def test_d08_a_disk_that_goes_away_in_the_middle_ends_the_purge_there(can: Any) -> None:
    assets = [can.asset(f"file {number}".encode(), trashed_at=can.ago(days=10 - number)) for number in range(3)]

    def watch(_percent: float, _step: str | None) -> None:
        (can.house.home.assets_dir / MARKER_NAME).unlink(missing_ok=True)

    with pytest.raises(StorageUnavailable):
        can.trash.purge_older(["assets"], 0, watch, lambda: None)

    assert [can.has("assets", asset.asset_id) for asset in assets] == [False, True, True]
    assert can.house.files() == sorted(asset.asset_id for asset in assets[1:])


@pytest.mark.parametrize("trouble", ["disabled", "unavailable", "silent"])
def test_an_asset_whose_provider_does_not_answer_is_skipped_and_stays(
    can: Any, elsewhere: Elsewhere, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    away, here = kept_elsewhere(can, elsewhere, b"away"), can.asset(b"here")
    if trouble == "disabled":
        can.house.providers.pop()
    elsewhere.is_available = trouble != "unavailable"
    elsewhere.fails_at = "stat" if trouble == "silent" else None

    assert can.empty("assets") == {"assets": 1, "skipped": 1}
    with pytest.raises(StorageUnavailable):
        can.trash.purge("assets", away.asset_id)

    assert (can.has("assets", away.asset_id), can.has("assets", here.asset_id)) == (True, False)
    assert elsewhere.content
    assert away.asset_id in caplog.text
    if trouble != "disabled":
        elsewhere.is_available, elsewhere.fails_at = True, None
        assert can.empty("assets") == {"assets": 1, "skipped": 0}
        assert elsewhere.content == {}


def test_a_row_that_cannot_be_removed_keeps_its_bytes(can: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise InsufficientStorage("The volume is full.")

    asset = can.asset(b"kept")
    with monkeypatch.context() as patch:
        patch.setattr("faceforge_core.catalog.trashed.remove", fail)
        with pytest.raises(InsufficientStorage):
            can.trash.purge("assets", asset.asset_id)
    assert can.house.blob(asset).read_bytes() == b"kept"

    can.trash.purge("assets", asset.asset_id)
    assert not can.house.blob(asset).exists()


def test_a_provider_that_fails_after_the_row_is_gone_costs_bytes_without_a_row(
    can: Any, elsewhere: Elsewhere, caplog: pytest.LogCaptureFixture
) -> None:
    asset = kept_elsewhere(can, elsewhere, b"away")
    elsewhere.fails_at = "delete"

    can.trash.purge("assets", asset.asset_id)

    assert not can.has("assets", asset.asset_id)
    assert elsewhere.content
    assert "stay" in caplog.text


def test_a_file_that_moves_while_it_is_being_purged_is_purged_where_it_went(can: Any, elsewhere: Elsewhere) -> None:
    asset = kept_elsewhere(can, elsewhere, b"moves")

    def move() -> None:
        can.house.blob(asset).write_bytes(b"moves")
        can.change(asset, storage_provider="fs", storage_key=asset.storage_key)
        elsewhere.content.clear()

    elsewhere.when_asked = move
    can.trash.purge("assets", asset.asset_id)
    assert (can.house.rows(), can.house.files()) == (0, [])


# --- In batches, broken off, at the same time as others


def test_many_go_in_batches_so_that_others_can_write_between(can: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    entity, sizes = can.entity(), []
    for _ in range(450):
        can.descriptor(entity, LONG_AGO)
    remove = trashed.remove
    monkeypatch.setattr(
        trashed,
        "remove",
        lambda tx, events, kind, ids, until: sizes.append(len(ids)) or remove(tx, events, kind, ids, until),
    )

    assert can.empty("descriptors") == {"descriptors": 450, "skipped": 0}
    assert sizes == [200, 200, 50]
    assert len(set(can.events("descriptor.purged"))) == 450


@pytest.mark.parametrize("kind", ["descriptors", "assets"])
def test_what_is_broken_off_goes_on_where_it_was(can: Any, kind: TrashKind) -> None:
    entity, steps = can.entity(), iter([None, None])
    for number in range(5 if kind == "assets" else 450):
        if kind == "assets":
            can.asset(str(number).encode())
        else:
            can.descriptor(entity, LONG_AGO)

    def check_cancelled() -> None:
        if next(steps, "end") == "end":
            raise JobCancelled

    with pytest.raises(JobCancelled):
        can.empty(kind, check_cancelled=check_cancelled)
    left = getattr(can.trash.summary(), kind)
    assert left == (3 if kind == "assets" else 50)
    assert can.empty(kind) == {kind: left, "skipped": 0}
    assert can.house.files() == []


def test_progress_only_grows_and_ends_at_a_hundred(can: Any) -> None:
    for number in range(3):
        can.asset(str(number).encode())
        can.entity(LONG_AGO)
    told: list[float] = []
    can.trash.purge_older(["entities", "assets"], 0, lambda percent, _step: told.append(percent), lambda: None)
    assert told == sorted(told)
    assert told[-1] == 100


def test_an_upload_of_the_same_bytes_at_the_same_moment_never_loses_them(can: Any) -> None:
    content = b"the same bytes" * 100
    asset = can.asset(content)
    outcomes = set()
    with ThreadPoolExecutor(2) as pool:
        for _ in range(300):
            together = threading.Barrier(2)

            def purge(together: threading.Barrier = together) -> bool:
                together.wait()
                try:
                    can.trash.purge("assets", asset.asset_id)
                except NotFound:
                    return False
                return True

            def upload(together: threading.Barrier = together) -> None:
                together.wait()
                can.house.store(content)

            purged, _ = pool.submit(purge), pool.submit(upload).result()
            outcomes.add(purged.result())
            assert can.house.content_of(can.house.assets.get(asset.asset_id)) == content
            assert can.house.files() == [asset.asset_id]
            can.house.assets.delete(asset.asset_id)
    assert outcomes == {True, False}, "each was first at times"


def test_a_restore_at_the_same_moment_gets_the_asset_whole_or_not_at_all(can: Any) -> None:
    outcomes = set()
    with ThreadPoolExecutor(2) as pool:
        for number in range(150):
            asset, together = can.asset(str(number).encode()), threading.Barrier(2)

            def restore(asset: Asset = asset, together: threading.Barrier = together) -> bool:
                together.wait()
                try:
                    can.house.assets.restore(asset.asset_id)
                except NotFound:
                    return False
                return True

            def purge(together: threading.Barrier = together) -> None:
                together.wait()
                can.empty("assets")

            restored, _ = pool.submit(restore), pool.submit(purge).result()
            outcomes.add(restored.result())
            assert can.has("assets", asset.asset_id) == restored.result() == can.house.blob(asset).exists()
    assert outcomes == {True, False}, "each was first at times"
