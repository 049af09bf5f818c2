"""Moving bytes: nothing is lost on the way, whatever happens, and what is moved is moved once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.owned import Owned
from faceforge_sdk.contributions import StorageRule
from faceforge_sdk.errors import IntegrityError, InvalidInput, JobCancelled, StorageUnavailable
from faceforge_sdk.models import MigrateRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from faceforge_sdk.models import Asset


class Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, size: int, /) -> bytes:
        part, self._content = self._content[:size], self._content[size:]
        return part

    def read_ready(self, size: int, /) -> bytes | None:
        return self.read(size) or None

    def close(self) -> None: ...


class Vault:
    """A second place for bytes, in memory, that can be told to misbehave."""

    name = "vault"

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.down = False
        self.altering = False

    def key_for(self, content_hash: str) -> str:
        return f"vault/{content_hash}"

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        self._require()
        content = source.read_bytes()
        self.held[key] = content[:-1] + b"?" if self.altering else content

    def open(self, key: str, start: int, end: int) -> Reader:
        self._require()
        if key not in self.held:
            raise IntegrityError("Not there.", details={"reason": "missing"})
        return Reader(self.held[key][start:end])

    def stat(self, key: str) -> int | None:
        self._require()
        return len(self.held[key]) if key in self.held else None

    def local_path(self, key: str) -> Path | None:
        return None

    def delete(self, key: str) -> None:
        self._require()
        self.held.pop(key, None)

    def available(self) -> bool:
        return not self.down

    def _require(self) -> None:
        if self.down:
            raise StorageUnavailable("The vault is closed.")


@pytest.fixture
def vault(house: Any) -> Vault:
    vault = Vault()
    house.providers.append(Owned("test.vault", vault))
    return vault


@pytest.fixture
def assets(house: Any) -> list[Asset]:
    return [house.store(f"content {number}".encode(), kind="odd" if number % 2 else "even") for number in range(6)]


def migrate(house: Any, **request: Any) -> dict[str, int]:
    reports: list[tuple[str, Mapping[str, Any]]] = []
    outcome = house.storage.migrate(
        MigrateRequest(**request), lambda *_: None, lambda: None, lambda *report: reports.append(report)
    )
    house.reports = reports
    return dict(outcome)


def places(house: Any, assets: list[Asset]) -> list[str]:
    return [house.assets.get_any(asset.asset_id).storage_provider for asset in assets]


def assert_readable(house: Any, assets: list[Asset]) -> None:
    for number, asset in enumerate(assets):
        assert house.content_of(house.assets.get_any(asset.asset_id)) == f"content {number}".encode()


def test_all_is_moved_there_and_back_again(house: Any, vault: Vault, assets: list[Asset]) -> None:
    size = sum(asset.byte_size for asset in assets)
    assert migrate(house, to="vault") == {"moved": 6, "failed": 0, "bytes": size}
    assert places(house, assets) == ["vault"] * 6
    assert house.files() == []
    assert_readable(house, assets)
    assert migrate(house, to="fs") == {"moved": 6, "failed": 0, "bytes": size}
    assert vault.held == {}
    assert places(house, assets) == ["fs"] * 6
    assert_readable(house, assets)


def test_only_what_is_asked_for_is_moved_and_the_plan_says_so_before(
    house: Any, vault: Vault, assets: list[Asset]
) -> None:
    request = MigrateRequest(to="vault", kind="odd", min_bytes=9, max_bytes=9, source="fs")
    plan = house.storage.plan_migration(request)
    assert (plan.assets, plan.total_bytes) == (3, 27)
    assert [(share.source, share.to) for share in plan.shares] == [("fs", "vault")]
    assert migrate(house, **request.model_dump(exclude_none=True))["moved"] == 3
    assert places(house, assets) == ["fs", "vault"] * 3
    assert house.storage.plan_migration(request).assets == 0


def test_the_trash_moves_too(house: Any, vault: Vault, assets: list[Asset]) -> None:
    house.assets.delete(assets[0].asset_id)
    assert migrate(house, to="vault")["moved"] == 6
    assert house.files() == []
    house.assets.restore(assets[0].asset_id)
    assert_readable(house, assets)


def test_the_source_can_be_kept(house: Any, vault: Vault, assets: list[Asset]) -> None:
    migrate(house, to="vault", keep_source=True)
    assert len(house.files()) == 6
    assert len(vault.held) == 6


def test_an_unknown_provider_is_refused_before_anything_happens(house: Any, assets: list[Asset]) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        house.storage.plan_migration(MigrateRequest(to="nowhere"))
    with pytest.raises(InvalidInput):
        migrate(house, to="nowhere")


def test_a_place_that_stores_other_bytes_gets_nothing(house: Any, vault: Vault, assets: list[Asset]) -> None:
    vault.altering = True
    assert migrate(house, to="vault") == {"moved": 0, "failed": 6, "bytes": 0}
    assert places(house, assets) == ["fs"] * 6
    assert_readable(house, assets)
    assert {about["asset_id"] for _, about in house.reports} == {asset.asset_id for asset in assets}


def test_a_damaged_file_stays_and_the_others_go(house: Any, vault: Vault, assets: list[Asset]) -> None:
    house.blob(assets[0]).write_bytes(b"CONTENT 0")
    assert migrate(house, to="vault") == {"moved": 5, "failed": 1, "bytes": 45}
    assert places(house, assets) == ["fs", *["vault"] * 5]
    assert house.blob(assets[0]).exists()


def test_a_place_that_closes_on_the_way_ends_the_job_and_a_second_run_does_the_rest(
    house: Any, vault: Vault, assets: list[Asset]
) -> None:
    seen = 0

    def close_after_two(_percent: float, _step: str | None) -> None:
        nonlocal seen
        seen += 1
        vault.down = seen >= 2

    with pytest.raises(StorageUnavailable):
        house.storage.migrate(MigrateRequest(to="vault"), close_after_two, lambda: None, lambda *_: None)
    vault.down = False
    assert sorted(places(house, assets)) == ["fs"] * 4 + ["vault"] * 2
    assert_readable(house, assets)
    assert migrate(house, to="vault")["moved"] == 4
    assert_readable(house, assets)


def test_it_stops_between_two_megabytes_when_it_is_asked_to(house: Any, vault: Vault, assets: list[Asset]) -> None:
    asked = 0

    def stop() -> None:
        nonlocal asked
        asked += 1
        if asked > 4:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        house.storage.migrate(MigrateRequest(to="vault"), lambda *_: None, stop, lambda *_: None)
    assert 0 < places(house, assets).count("vault") < 6
    assert_readable(house, assets)
    assert not list(house.home.staging_dir.glob("upload-*"))


def test_uploads_of_the_same_bytes_meanwhile_lose_nothing(house: Any, vault: Vault) -> None:
    contents = [f"content {number}".encode() for number in range(6)]
    assets = [house.store(content) for content in contents]
    stopping = threading.Event()

    def upload() -> None:
        while not stopping.is_set():
            for content in contents:
                house.store(content)

    uploading = threading.Thread(target=upload)
    uploading.start()
    try:
        for _ in range(10):
            migrate(house, to="vault")
            migrate(house, to="fs")
    finally:
        stopping.set()
        uploading.join()
    assert_readable(house, assets)


def test_a_reader_that_knows_the_old_place_finds_the_bytes_at_the_new_one(
    house: Any, vault: Vault, assets: list[Asset]
) -> None:
    migrate(house, to="vault")
    assert house.content_of(assets[0]) == b"content 0"  # `assets` are as they were before


# --- What fell back


def to_the_vault(house: Any) -> None:
    house.rules.append(Owned("test.vault", StorageRule("vault", lambda _: "vault")))


def settle(house: Any) -> dict[str, int]:
    return dict(house.storage.settle(lambda *_: None, lambda: None))


def test_what_its_place_did_not_take_waits_in_the_home_and_is_moved_later(house: Any, vault: Vault) -> None:
    to_the_vault(house)
    vault.down = True
    assets = [house.store(f"content {number}".encode()) for number in range(3)]
    assert places(house, assets) == ["fs"] * 3
    assert house.storage.usage().displaced == 3
    assert "3 files" in house.storage.warnings()[0]
    assert settle(house) == {"moved": 0, "wait": 3}
    vault.down = False
    assert settle(house) == {"moved": 3, "wait": 0}
    assert places(house, assets) == ["vault"] * 3
    assert house.storage.warnings() == ()
    assert_readable(house, assets)


def test_an_upload_says_whether_its_own_place_took_it(house: Any, vault: Vault) -> None:
    to_the_vault(house)
    for down in (False, True):
        vault.down = down
        with house.storage.begin_upload() as upload:
            upload.write(f"content {down}".encode())
            upload.commit(filename="a", content_type=None)
            assert upload.displaced is down


def test_what_the_rules_leave_in_the_home_by_now_waits_no_longer(house: Any, vault: Vault) -> None:
    to_the_vault(house)
    vault.down = True
    asset = house.store(b"content 0")
    house.rules.clear()
    assert settle(house) == {"moved": 0, "wait": 0}
    assert places(house, [asset]) == ["fs"]
    assert house.state_of(asset.asset_id) == "ok"


def test_usage_adds_up_what_each_place_holds(house: Any, vault: Vault, assets: list[Asset]) -> None:
    migrate(house, to="vault", kind="odd")
    usage = {
        one.name: (one.assets, one.total_bytes, one.active, one.available) for one in house.storage.usage().providers
    }
    assert usage == {"fs": (3, 27, True, True), "vault": (3, 27, True, True)}
    house.providers.pop()
    usage = {one.name: (one.assets, one.active, one.available) for one in house.storage.usage().providers}
    assert usage["vault"] == (3, False, False)
