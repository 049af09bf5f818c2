"""Many files at once: each whole, durable and described as if it had come alone, or its own error."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.owned import Owned
from faceforge_sdk import StorageRule
from faceforge_sdk.errors import (
    Busy,
    InsufficientStorage,
    IntegrityError,
    InvalidInput,
    NotFound,
    PayloadTooLarge,
    StorageUnavailable,
)
from faceforge_sdk.protocols import Arrival, Kept, Sidecar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import NoReturn

    from faceforge_sdk.protocols import Put, Received

MIB = 1024 * 1024


@dataclass
class Importer:
    """Files in a folder of the user's, received and kept by the house."""

    house: Any
    folder: Path
    copied: list[int] = field(default_factory=list)

    def receive(self, content: bytes, byte_size: int | None = None) -> Received:
        source = self.folder / f"source-{len(list(self.folder.iterdir()))}"
        source.write_bytes(content)
        with source.open("rb", buffering=0) as file:
            size = len(content) if byte_size is None else byte_size
            received: Received = self.house.storage.receive(file, size, self.copied.append)
            return received

    def arrival(self, content: bytes, filename: str = "photo.jpg", **said: Any) -> Arrival:
        return Arrival(self.receive(content), filename, **said)

    def keep(self, *arrivals: Arrival, before_recording: Callable[[], None] | None = None) -> Sequence[Kept]:
        kept: Sequence[Kept] = self.house.storage.keep(arrivals, before_recording)
        return kept


@pytest.fixture
def importer(house: Any, tmp_path: Path) -> Importer:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return Importer(house, folder)


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- Receiving


@pytest.mark.parametrize("size", [0, 1, 5000, MIB, MIB + 1, 3 * MIB + 7])
def test_a_received_file_is_hashed_and_private_and_known_to_nobody(house: Any, importer: Importer, size: int) -> None:
    content = os.urandom(size)

    received = importer.receive(content)

    assert (received.content_hash, received.byte_size) == (hash_of(content), size)
    assert sum(importer.copied) == size
    assert house.rows() == 0
    [staged] = house.home.staging_dir.glob("*.part")
    assert staged.read_bytes() == content
    if os.name == "posix":
        assert staged.stat().st_mode & 0o777 == 0o600
    received.discard()
    received.discard()
    assert house.files() == []


@pytest.mark.parametrize(("size", "asked"), [(5000, 4000), (3 * MIB, 2 * MIB + 1)])
def test_what_a_file_got_since_it_was_found_is_not_read(importer: Importer, size: int, asked: int) -> None:
    content = os.urandom(size)

    received = importer.receive(content, asked)

    assert (received.content_hash, received.byte_size) == (hash_of(content[:asked]), asked)


@pytest.mark.parametrize("size", [4000, 2 * MIB])
def test_a_file_that_lost_bytes_since_is_what_is_left_of_it(importer: Importer, size: int) -> None:
    content = os.urandom(size)

    received = importer.receive(content, size + MIB)

    assert (received.content_hash, received.byte_size) == (hash_of(content), size)


@pytest.mark.parametrize("size", [4000, 3 * MIB])
def test_who_hears_of_the_pieces_may_stop_it_and_nothing_is_left(house: Any, importer: Importer, size: int) -> None:
    def stop(_size: int) -> None:
        raise InterruptedError

    source = importer.folder / "source"
    source.write_bytes(os.urandom(size))
    with source.open("rb", buffering=0) as file, pytest.raises(InterruptedError):
        house.storage.receive(file, size, stop)
    assert house.files() == []


def test_r02_a_file_over_the_limit_is_refused_before_it_is_read(house: Any, importer: Importer) -> None:
    house.limits["upload_bytes"] = 1000

    importer.receive(b"x" * 1000).discard()
    with pytest.raises(PayloadTooLarge):
        importer.receive(b"x" * 1001)
    assert house.files() == []


def test_r03_the_reserve_is_watched_while_many_small_files_come_in(house: Any, importer: Importer) -> None:
    importer.receive(b"x").discard()
    house.limits["free_space_reserve_bytes"] = 2**62

    def receive_for_ever() -> None:
        for _ in range(10_000):
            importer.receive(b"x" * 100_000).discard()

    with pytest.raises(InsufficientStorage):
        receive_for_ever()
    assert house.files() == []


def test_a_source_that_cannot_be_read_is_its_own_error_and_nothing_is_left(house: Any, importer: Importer) -> None:
    with (importer.folder / "source").open("wb", buffering=0) as unreadable, pytest.raises(OSError, match="read"):
        house.storage.receive(unreadable, 10, lambda _: None)
    assert house.files() == []


def test_a_clone_is_hashed_like_a_copy_and_ends_where_it_was_asked_to(
    house: Any, importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloned = []

    def clone(source: int, target: int) -> bool:
        """As a disk that can: the target has all bytes at once, and the positions stay."""
        cloned.append(os.pwrite(target, os.pread(source, 100 * MIB, 0), 0))
        return True

    monkeypatch.setattr("faceforge_core.storage.receiving.clone", clone)
    content = os.urandom(3 * MIB)

    received = importer.receive(content, 2 * MIB + 5)

    assert cloned == [3 * MIB]
    assert received.content_hash == hash_of(content[: 2 * MIB + 5])
    [kept] = importer.keep(Arrival(received, "a.bin"))
    assert house.content_of(house.assets.get(kept.asset_id)) == content[: 2 * MIB + 5]


@pytest.fixture
def cloning_disk(
    tmp_path: Path, require_tool: Callable[[str], str], cannot_run: Callable[[str], NoReturn]
) -> Iterator[None]:
    """A disk that can clone, in the place of the home."""
    if sys.platform != "linux" or os.geteuid() != 0:
        cannot_run("only root mounts file systems, and only on Linux does this test know how")
    image, place = tmp_path / "disk.img", tmp_path / "home"
    with image.open("wb") as file:
        file.truncate(128 * MIB)
    place.mkdir()
    subprocess.run([require_tool("mkfs.btrfs"), "-q", "-M", str(image)], check=True, capture_output=True)
    if subprocess.run(["mount", "-o", "loop", str(image), str(place)], capture_output=True, check=False).returncode:
        cannot_run("no btrfs image can be mounted here")
    yield
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_j14_where_the_disk_can_clone_no_byte_is_written_and_the_source_stays_the_users_own(
    cloning_disk: None, house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        pytest.fail("bytes were written")

    monkeypatch.setattr("faceforge_core.storage.receiving._write", refuse)
    content = os.urandom(3 * MIB + 5)
    importer = Importer(house, house.home.root / "pictures")
    importer.folder.mkdir()

    [kept] = importer.keep(importer.arrival(content))
    (importer.folder / "source-0").write_bytes(b"edited")

    assert kept.asset_id == hash_of(content)
    assert house.content_of(house.assets.get(kept.asset_id)) == content


def test_several_threads_receive_at_once(importer: Importer, house: Any) -> None:
    contents = [os.urandom(2 * MIB + number) for number in range(8)]
    for number, content in enumerate(contents):
        (importer.folder / str(number)).write_bytes(content)

    def receive(number: int) -> Any:
        with (importer.folder / str(number)).open("rb", buffering=0) as file:
            return house.storage.receive(file, len(contents[number]), lambda _: None)

    with ThreadPoolExecutor(4) as pool:
        received = list(pool.map(receive, range(8)))
    assert [one.content_hash for one in received] == [hash_of(content) for content in contents]


# --- Keeping


def test_a_batch_becomes_assets_that_read_back(house: Any, importer: Importer) -> None:
    contents = [os.urandom(1000 + number) for number in range(20)]

    kept = importer.keep(*(importer.arrival(one, f"{number}.png", kind="photo") for number, one in enumerate(contents)))

    assert [(one.asset_id, one.byte_size, one.error) for one in kept] == [
        (hash_of(content), len(content), None) for content in contents
    ]
    assert not any(one.known or one.displaced for one in kept)
    for number, content in enumerate(contents):
        asset = house.assets.get(hash_of(content))
        assert (asset.filename, asset.mime_type, asset.kind) == (f"{number}.png", "image/png", "photo")
        assert house.content_of(asset) == content
    assert len(house.files()) == house.rows() == 20


def test_one_transaction_records_a_whole_batch(house: Any, importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    transactions = []
    write = house.database.write
    monkeypatch.setattr(house.database, "write", lambda work: transactions.append(work) or write(work))

    for _ in range(2):
        importer.keep(*(importer.arrival(os.urandom(100)) for _ in range(100)))

    assert len(transactions) / 200 <= 0.02


def test_equal_bytes_in_one_batch_are_one_asset_with_the_sidecars_of_all(house: Any, importer: Importer) -> None:
    first, second = importer.keep(
        importer.arrival(b"same", "first.txt", sidecar=Sidecar("1.json", b'{"n": 1}')),
        importer.arrival(b"same", "second.txt", sidecar=Sidecar("2.json", b'{"n": 2}')),
    )

    assert (first.asset_id, first.known, second.asset_id, second.known) == (
        hash_of(b"same"),
        False,
        first.asset_id,
        True,
    )
    asset = house.assets.get(first.asset_id)
    assert asset.filename == "first.txt"
    assert [entry["Data"] for entry in asset.meta["metadata"]] == [{"n": 1}, {"n": 2}]
    assert (house.rows(), house.files()) == (1, [first.asset_id])


def test_what_is_refused_is_its_own_error_and_harms_no_other(house: Any, importer: Importer) -> None:
    kept = importer.keep(
        importer.arrival(b"good"),
        importer.arrival(b""),
        importer.arrival(b"no name", filename=" "),
        importer.arrival(b"no kind", kind=""),
        importer.arrival(b"bad sidecar", sidecar=Sidecar("a.json", b"{")),
        importer.arrival(b"good too"),
    )

    assert [type(one.error) for one in kept] == [
        type(None),
        InvalidInput,
        InvalidInput,
        InvalidInput,
        type(None),
        type(None),
    ]
    assert str(kept[1].error) == "The file is empty."
    assert "sidecar" in (kept[4].sidecar_problem or "")
    assert house.assets.get(kept[4].asset_id).meta == {}
    assert len(house.files()) == house.rows() == 3


def test_a_sidecar_for_which_there_is_no_room_is_left_out_and_said(house: Any, importer: Importer) -> None:
    for number in range(4):
        house.store(b"full", sidecar=b'"%d%s"' % (number, b"x" * 1_000_000))

    full, other = importer.keep(
        importer.arrival(b"full", sidecar=Sidecar("a.json", b'"%s"' % (b"y" * 1_000_000))), importer.arrival(b"other")
    )

    assert "no further sidecar" in (full.sidecar_problem or "")
    assert (full.known, full.error, other.error) == (True, None, None)
    assert len(house.assets.get(full.asset_id).meta["metadata"]) == 4


def test_live_assets_are_known_and_trashed_ones_come_back(house: Any, importer: Importer) -> None:
    live, trashed = house.store(b"live"), house.store(b"trashed")
    house.assets.delete(trashed.asset_id)

    kept = importer.keep(importer.arrival(b"live"), importer.arrival(b"trashed"))

    assert [one.known for one in kept] == [True, False]
    assert house.assets.get(trashed.asset_id).filename == "photo.jpg"
    assert house.content_of(live) == b"live"


def test_the_same_bytes_uploaded_alone_meanwhile_are_one_asset(house: Any, importer: Importer) -> None:
    contents = [b"shared %d" % number * 1000 for number in range(10)]
    together = threading.Barrier(3)

    def batch(order: int) -> Any:
        arrivals = [importer_of[order].arrival(content) for content in contents[::order]]
        together.wait()
        return importer_of[order].keep(*arrivals)

    def alone() -> Any:
        together.wait()
        return [house.store(content) for content in contents]

    importer_of = {1: importer, -1: Importer(house, importer.folder / "other")}
    importer_of[-1].folder.mkdir()
    with ThreadPoolExecutor(3) as pool:
        batches = [pool.submit(batch, 1), pool.submit(batch, -1)]
        uploads = pool.submit(alone)
        kept = [one for future in batches for one in future.result(60)]
        stored = uploads.result(60)

    assert {one.asset_id for one in kept} == {asset.asset_id for asset in stored} == set(map(hash_of, contents))
    assert all(one.error is None for one in kept)
    assert (house.rows(), len(house.files())) == (10, 10)
    assert not house.home.quarantine_dir.exists()


def test_a_failed_transaction_records_nothing_and_leaves_nothing_in_staging(
    house: Any, importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(work: Any) -> Any:
        raise InsufficientStorage("The volume is full.")

    arrivals = [importer.arrival(b"one"), importer.arrival(b"two")]
    monkeypatch.setattr(house.database, "write", full)

    with pytest.raises(InsufficientStorage):
        importer.keep(*arrivals)

    assert house.rows() == 0
    assert list(house.home.staging_dir.glob("*.part")) == []
    monkeypatch.undo()
    assert [one.known for one in importer.keep(importer.arrival(b"one"), importer.arrival(b"two"))] == [False, False]


def test_who_waits_before_the_rows_sees_the_bytes_in_place_and_may_forbid_the_rows(
    house: Any, importer: Importer
) -> None:
    seen: list[tuple[int, int]] = []
    importer.keep(importer.arrival(b"one"), before_recording=lambda: seen.append((len(house.files()), house.rows())))
    assert seen == [(1, 0)]

    def forbid() -> None:
        raise Busy("not now")

    with pytest.raises(Busy):
        importer.keep(importer.arrival(b"two"), before_recording=forbid)
    assert house.rows() == 1
    assert list(house.home.staging_dir.glob("*.part")) == []
    assert [one.known for one in importer.keep(importer.arrival(b"two"))] == [False]


@pytest.mark.parametrize("error", [InsufficientStorage("full"), Busy("busy"), StorageUnavailable("gone")])
def test_what_concerns_all_is_raised_and_nothing_is_recorded(
    house: Any, importer: Importer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(house.fs, "put_many", lambda puts: [error] * len(puts))
    arrivals = [importer.arrival(b"one"), importer.arrival(b"two")]

    with pytest.raises(type(error)):
        importer.keep(*arrivals)

    assert (house.rows(), house.files()) == (0, [])


@pytest.mark.parametrize("error", [IntegrityError("odd"), StorageUnavailable("this one only")])
def test_one_file_that_the_home_does_not_take_is_its_own_error(
    house: Any, importer: Importer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    put_many = house.fs.put_many
    monkeypatch.setattr(house.fs, "put_many", lambda puts: [error, *put_many(puts[1:])])

    refused, kept = importer.keep(importer.arrival(b"one"), importer.arrival(b"two"))

    assert (refused.error, kept.error) == (error, None)
    with pytest.raises(NotFound):
        house.assets.get(refused.asset_id)
    assert house.files() == [kept.asset_id]


# --- Other places


class Shelf:
    """A provider in memory that takes one file at a time, in its way."""

    def __init__(self, name: str, take: Callable[[Shelf, Path], None] | None = None) -> None:
        self.name = name
        self.content: dict[str, bytes] = {}
        self.works = True
        self._take = take

    def key_for(self, content_hash: str) -> str:
        return f"shelf:{content_hash}"

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        if self._take is not None:
            self._take(self, source)
        self.content[key] = source.read_bytes()

    def available(self) -> bool:
        return self.works

    def open(self, key: str, start: int, end: int) -> Any: ...
    def stat(self, key: str) -> int | None: ...
    def local_path(self, key: str) -> Path | None: ...
    def delete(self, key: str) -> None: ...


class BatchShelf(Shelf):
    """One that takes many together."""

    def put_many(self, puts: Sequence[Put]) -> Sequence[Any]:
        for put in puts:
            self.put(put.key, put.source, put.content_hash, put.byte_size)
        return [None] * len(puts)


def add_shelf(house: Any, shelf: Shelf) -> None:
    """Files named ``*.far`` go there."""
    rule = StorageRule("far", lambda facts: shelf.name if (facts.filename or "").endswith(".far") else None)
    house.providers.append(Owned("some.plugin", shelf))
    house.rules.append(Owned("some.plugin", rule))


@pytest.mark.parametrize("kind", [Shelf, BatchShelf])
def test_the_rules_decide_for_each_file_of_a_batch(house: Any, importer: Importer, kind: type[Shelf]) -> None:
    shelf = kind("shelf")
    add_shelf(house, shelf)

    kept = importer.keep(*(importer.arrival(b"%d" % n, f"{n}.{'far' if n % 2 else 'near'}") for n in range(10)))

    places = [house.assets.get(one.asset_id).storage_provider for one in kept]
    assert places == ["fs", "shelf"] * 5
    assert sorted(shelf.content.values()) == [b"1", b"3", b"5", b"7", b"9"]
    assert not any(one.displaced for one in kept)
    assert list(house.home.staging_dir.glob("*.part")) == []


def test_what_its_own_place_does_not_take_goes_to_the_home_and_is_displaced(
    house: Any, importer: Importer, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse_odd(shelf: Shelf, source: Path) -> None:
        if source.read_bytes() in {b"1", b"3"}:
            raise RuntimeError("shelf is crooked")

    shelf = Shelf("shelf", refuse_odd)
    add_shelf(house, shelf)

    kept = importer.keep(*(importer.arrival(b"%d" % number, f"{number}.far") for number in range(5)))

    assert [one.displaced for one in kept] == [False, True, False, True, False]
    assert [house.state_of(one.asset_id) for one in kept] == ["ok", "displaced", "ok", "displaced", "ok"]
    assert house.content_of(house.assets.get(kept[1].asset_id)) == b"1"
    assert caplog.text.count("shelf is crooked") == 1


def test_a_place_that_fails_and_is_gone_is_not_asked_again_for_each_file(house: Any, importer: Importer) -> None:
    asked = []

    def fail(shelf: Shelf, source: Path) -> None:
        asked.append(source)
        shelf.works = False
        raise StorageUnavailable("gone")

    add_shelf(house, Shelf("shelf", fail))

    kept = importer.keep(*(importer.arrival(b"%d" % number, f"{number}.far") for number in range(50)))

    assert all(one.displaced and one.error is None for one in kept)
    assert len(asked) <= 8


def test_a_file_that_a_place_took_and_lost_is_its_own_error(house: Any, importer: Importer) -> None:
    def lose(_shelf: Shelf, source: Path) -> None:
        if source.read_bytes() == b"lost":
            source.unlink()
            raise RuntimeError

    add_shelf(house, Shelf("shelf", lose))

    lost, kept = importer.keep(importer.arrival(b"lost", "a.far"), importer.arrival(b"kept", "b.far"))

    assert isinstance(lost.error, StorageUnavailable)
    assert "took the file with it" in str(lost.error)
    assert kept.error is None
    assert house.rows() == 1


# --- As a file


def test_as_a_file_the_bytes_have_a_name_of_our_own_and_go_when_they_are_not_needed_any_more(house: Any) -> None:
    asset = house.store(b"picture", filename="-rf ../x; été.JPG")

    with house.storage.as_file(asset) as path:
        assert path.name == f"{asset.content_hash}.JPG"
        assert path.read_bytes() == b"picture"
        assert house.home.tmp_dir in path.parents
        assert path.is_symlink() or sys.platform == "win32"
    assert not path.parent.exists()
    assert house.content_of(asset) == b"picture"
    assert house.blob(asset).stat().st_nlink == 1


@pytest.mark.parametrize("name", ["none", "a.b c", "a.toolongextension", "a.jpé", "a.", "a.jpg\n", ".j;g"])
def test_an_extension_that_is_not_plain_is_left_out(house: Any, name: str) -> None:
    with house.storage.as_file(house.store(b"x", filename=name)) as path:
        assert path.suffix == ""


def test_where_links_cannot_be_made_it_is_a_copy(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError("a privilege is not held")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    asset = house.store(b"x" * 3 * MIB, filename="a.mov")

    with house.storage.as_file(asset) as path:
        assert (path.is_symlink(), path.read_bytes()) == (False, b"x" * 3 * MIB)
    assert not path.exists()


def test_bytes_without_a_local_file_are_copied(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asset = house.store(b"far away")
    monkeypatch.setattr(house.fs, "local_path", lambda key: None)

    with house.storage.as_file(asset) as path:
        assert (path.is_symlink(), path.read_bytes()) == (False, b"far away")


def test_what_a_program_left_beside_the_file_goes_with_it(house: Any) -> None:
    asset = house.store(b"picture", filename="a.jpg")

    with house.storage.as_file(asset) as path:
        path.with_name("a.jpg_original").write_bytes(b"left")
    assert list(house.home.tmp_dir.glob("lent-*")) == []
    with pytest.raises(LookupError), house.storage.as_file(asset):
        raise LookupError
    assert list(house.home.tmp_dir.glob("lent-*")) == []


def test_files_that_are_lent_together_share_a_folder_unless_they_have_the_same_name(house: Any) -> None:
    one, other = house.store(b"one", filename="1.jpg"), house.store(b"other", filename="2.jpg")

    with house.storage.as_file(one) as path:
        with house.storage.as_file(other) as beside, house.storage.as_file(one) as again:
            assert (path.parent == beside.parent, path.parent == again.parent) == (True, False)
            assert {file.read_bytes() for file in (path, again)} == {b"one"}
        assert (path.exists(), beside.exists(), again.parent.exists()) == (True, False, False)
    assert list(house.home.tmp_dir.glob("lent-*")) == []


def test_bytes_that_are_missing_are_no_file(house: Any) -> None:
    asset = house.store(b"gone")
    house.blob(asset).unlink()

    with pytest.raises(IntegrityError), house.storage.as_file(asset):
        pass
    assert list(house.home.tmp_dir.glob("lent-*")) == []


def test_what_a_dead_core_lent_is_cleared_at_start(house: Any) -> None:
    asset = house.store(b"still here")
    left = house.home.tmp_dir / "lent-0123"
    left.mkdir()
    (left / "a.jpg").symlink_to(house.blob(asset))

    house.storage.clear_staging()

    assert not left.exists()
    assert house.content_of(asset) == b"still here"
