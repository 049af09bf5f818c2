"""The file system provider: what stands in a file's place is that file, or is moved out of the way."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from faceforge_builtins.storage_fs.provider import FileSystemProvider
from faceforge_sdk.errors import InsufficientStorage, IntegrityError, StorageUnavailable
from faceforge_sdk.protocols import BatchProvider, Put, StorageProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    Damage = Callable[[Path], object]

CONTENT = b"the right bytes"
HASH = hashlib.sha256(CONTENT).hexdigest()
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX links, modes and pipes")


@pytest.fixture
def provider(tmp_path: Path) -> FileSystemProvider:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / ".ff-home").write_text("{}")
    return FileSystemProvider(tmp_path / "assets", tmp_path / "quarantine", logging.getLogger("storage_fs"))


@pytest.fixture
def put(provider: FileSystemProvider, tmp_path: Path) -> Callable[[], Path]:
    """Puts the right bytes, and gives the place where they stand then."""

    def put() -> Path:
        source = tmp_path / "source.part"
        source.write_bytes(CONTENT)
        source.chmod(0o600)
        key = provider.key_for(HASH)
        provider.put(key, source, HASH, len(CONTENT))
        assert not source.exists()
        return tmp_path / "assets" / key

    return put


def test_it_is_what_the_sdk_calls_a_storage_provider(provider: FileSystemProvider) -> None:
    assert isinstance(provider, StorageProvider)
    assert provider.key_for(HASH) == f"files/{HASH[:2]}/{HASH}"


def test_equal_bytes_are_adopted_and_not_written_again(put: Callable[[], Path]) -> None:
    before = put().stat()

    assert put().stat().st_ino == before.st_ino


@posix
def test_a_file_that_others_could_read_is_tightened_when_it_is_adopted(put: Callable[[], Path]) -> None:
    put().chmod(0o644)

    assert stat.S_IMODE(put().stat().st_mode) == 0o600


def _flip(blob: Path) -> None:
    blob.write_bytes(bytes([CONTENT[0] ^ 1]) + CONTENT[1:])


def _folder(blob: Path) -> None:
    blob.unlink()
    blob.mkdir()
    (blob / "inside").write_text("kept")


def _pipe(blob: Path) -> None:
    blob.unlink()
    os.mkfifo(blob)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda blob: os.truncate(blob, 3), id="truncated"),
        pytest.param(_flip, id="one bit flipped"),
        pytest.param(_folder, id="a folder"),
        pytest.param(_pipe, id="a pipe", marks=posix),
    ],
)
def test_d09_d10_what_is_not_the_file_is_quarantined_and_replaced(
    put: Callable[[], Path], tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Damage
) -> None:
    damage(put())

    assert put().read_bytes() == CONTENT
    [kept] = (tmp_path / "quarantine").iterdir()
    assert kept.name.startswith(HASH)
    assert str(kept) in caplog.text


@posix
def test_d09_a_file_of_another_user_is_quarantined_and_replaced(put: Callable[[], Path], tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can give files away")
    os.chown(put(), 12345, 12345)

    assert put().stat().st_uid == 0
    assert len(list((tmp_path / "quarantine").iterdir())) == 1


@posix
def test_d10_a_symbolic_link_is_never_followed_and_gives_way(put: Callable[[], Path], tmp_path: Path) -> None:
    blob = put()
    target = tmp_path / "the user's own file"
    blob.rename(target)
    blob.symlink_to(target)

    assert put().read_bytes() == CONTENT
    assert not blob.is_symlink()
    assert target.read_bytes() == CONTENT
    assert target.stat().st_ino != blob.stat().st_ino


@posix
def test_d10_a_file_with_a_second_name_gives_way_to_private_bytes(put: Callable[[], Path], tmp_path: Path) -> None:
    blob = put()
    os.link(blob, tmp_path / "second name")

    assert put().stat().st_nlink == 1
    (tmp_path / "second name").write_bytes(b"edited")
    assert blob.read_bytes() == CONTENT


def test_a_shard_that_was_tidied_away_is_made_again(put: Callable[[], Path]) -> None:
    blob = put()
    blob.unlink()
    blob.parent.rmdir()

    assert put().read_bytes() == CONTENT


@pytest.mark.parametrize("gone", [".ff-home", ""], ids=["another disk in its place", "deleted"])
def test_d07_without_the_assets_folder_nothing_is_written_and_nothing_is_called_missing(
    provider: FileSystemProvider, put: Callable[[], Path], tmp_path: Path, gone: str
) -> None:
    put()
    assets = tmp_path / "assets"
    assets.rename(tmp_path / "unmounted")
    if gone:
        assets.mkdir()

    assert not provider.available()
    for attempt in (
        put,
        lambda: provider.stat(provider.key_for(HASH)),
        lambda: provider.open(provider.key_for(HASH), 0, 1),
    ):
        with pytest.raises(StorageUnavailable):
            attempt()
    with pytest.raises(StorageUnavailable):
        provider.delete(provider.key_for(HASH))
    assert not assets.exists() or list(assets.iterdir()) == []


def test_deleting_is_repeatable(provider: FileSystemProvider, put: Callable[[], Path]) -> None:
    key = provider.key_for(HASH)
    put()

    provider.delete(key)
    provider.delete(key)

    assert provider.stat(key) is None
    assert provider.local_path(key) is None
    with pytest.raises(IntegrityError):
        provider.open(key, 0, 1)


def test_a_full_disk_is_said_in_the_sdks_words(
    provider: FileSystemProvider, put: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InsufficientStorage):
        put()


# --- Many at once


class Batch:
    """Files that are put together, each with bytes of its own."""

    def __init__(self, provider: FileSystemProvider, folder: Path) -> None:
        self.provider = provider
        self.folder = folder

    def puts(self, *contents: bytes) -> list[Put]:
        return [self._put(number, content) for number, content in enumerate(contents)]

    def _put(self, number: int, content: bytes) -> Put:
        source = self.folder / f"{number}.part"
        source.write_bytes(content)
        source.chmod(0o600)
        digest = hashlib.sha256(content).hexdigest()
        return Put(self.provider.key_for(digest), source, digest, len(content))

    def place(self, put: Put) -> Path:
        return self.folder / "assets" / put.key


@pytest.fixture
def batch(provider: FileSystemProvider, tmp_path: Path) -> Batch:
    return Batch(provider, tmp_path)


CONTENTS = [b"number %d" % number for number in range(40)]


def test_it_is_what_the_sdk_calls_a_batch_provider(provider: FileSystemProvider) -> None:
    assert isinstance(provider, BatchProvider)


def test_many_files_are_moved_to_their_places(provider: FileSystemProvider, batch: Batch) -> None:
    puts = batch.puts(*CONTENTS)

    assert provider.put_many(puts) == [None] * 40
    assert [batch.place(put).read_bytes() for put in puts] == CONTENTS
    assert not any(put.source.exists() for put in puts)
    assert provider.put_many([]) == []


def test_equal_bytes_are_adopted_also_within_a_batch(provider: FileSystemProvider, batch: Batch) -> None:
    first = batch.puts(b"old")
    provider.put_many(first)
    inode = batch.place(first[0]).stat().st_ino

    puts = batch.puts(b"old", b"new", b"new")
    assert provider.put_many(puts) == [None] * 3

    assert batch.place(puts[0]).stat().st_ino == inode
    assert not any(put.source.exists() for put in puts)
    assert not (batch.folder / "quarantine").exists()


def test_d09_in_a_batch_too_what_is_not_the_file_is_quarantined(provider: FileSystemProvider, batch: Batch) -> None:
    [put] = batch.puts(b"good")
    provider.put_many([put])
    batch.place(put).write_bytes(b"evil")

    assert provider.put_many(batch.puts(b"good", b"other")) == [None, None]
    assert batch.place(put).read_bytes() == b"good"
    assert len(list((batch.folder / "quarantine").iterdir())) == 1


def test_a_file_that_cannot_be_put_is_left_where_it_was_and_the_others_are_put(
    provider: FileSystemProvider, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    puts = batch.puts(b"one", b"two", b"three")
    really = os.replace

    def refuse(source: Path, target: Path) -> None:
        if source == puts[1].source:
            raise OSError(errno.EIO, "Input/output error")
        really(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    first, second, third = provider.put_many(puts)

    assert (first, type(second), third) == (None, StorageUnavailable, None)
    assert puts[1].source.read_bytes() == b"two"
    assert provider.stat(puts[1].key) is None


def test_d07_without_the_assets_folder_no_file_of_a_batch_is_moved(provider: FileSystemProvider, batch: Batch) -> None:
    (batch.folder / "assets").rename(batch.folder / "unmounted")
    puts = batch.puts(b"one", b"two")

    with pytest.raises(StorageUnavailable):
        provider.put_many(puts)
    assert all(put.source.exists() for put in puts)
    assert not (batch.folder / "assets").exists()


def test_a_batch_that_cannot_be_made_durable_is_put_back(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()

    def full(files: object, folders: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    provider = FileSystemProvider(tmp_path / "assets", tmp_path / "quarantine", logging.getLogger("fs"), full)
    batch = Batch(provider, tmp_path)
    puts = batch.puts(*CONTENTS)

    with pytest.raises(InsufficientStorage):
        provider.put_many(puts)
    assert [put.source.read_bytes() for put in puts] == CONTENTS
    assert not any(batch.place(put).exists() for put in puts)


def test_each_file_and_each_folder_is_flushed_once_before_a_batch_counts(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    flushed: list[tuple[list[Path], set[Path]]] = []

    def note(files: Sequence[Path], folders: Collection[Path]) -> None:
        assert all(file.exists() for file in files)
        flushed.append((list(files), set(folders)))

    provider = FileSystemProvider(tmp_path / "assets", tmp_path / "quarantine", logging.getLogger("fs"), note)
    batch = Batch(provider, tmp_path)
    puts = batch.puts(*CONTENTS)
    provider.put_many(puts)
    provider.put_many(batch.puts(*CONTENTS[:1]))

    places = [batch.place(put) for put in puts]
    above = {tmp_path / "assets", tmp_path / "assets" / "files"}
    assert flushed[0] == (places, {place.parent for place in places} | above)
    assert flushed[1] == ([], {places[0].parent}), (
        "known bytes are flushed when they are read; the way to them was once"
    )


def test_a_shard_that_was_tidied_away_is_made_again_for_a_batch(provider: FileSystemProvider, batch: Batch) -> None:
    [put] = batch.puts(b"one")
    provider.put_many([put])
    batch.place(put).unlink()
    batch.place(put).parent.rmdir()

    assert provider.put_many(batch.puts(b"one")) == [None]
    assert batch.place(put).read_bytes() == b"one"


def test_batches_and_single_files_of_the_same_bytes_do_not_judge_each_other(
    provider: FileSystemProvider, tmp_path: Path
) -> None:
    def work(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        puts = Batch(provider, folder).puts(*CONTENTS[:: -1 if number % 2 else 1])
        if number < 4:
            assert provider.put_many(puts) == [None] * 40
        else:
            for put in puts:
                provider.put(put.key, put.source, put.content_hash, put.byte_size)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert len(list((tmp_path / "assets" / "files").glob("*/*"))) == 40
    assert not (tmp_path / "quarantine").exists()
