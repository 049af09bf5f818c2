"""The file system provider: what stands in a file's place is that file, or is moved out of the way."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from faceforge_builtins.storage_fs.provider import FileSystemProvider
from faceforge_sdk.errors import InsufficientStorage, IntegrityError, StorageUnavailable
from faceforge_sdk.protocols import StorageProvider

if TYPE_CHECKING:
    from collections.abc import Callable

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
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InsufficientStorage):
        put()
