"""Files as providers handle them, on systems that this machine is not."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_sdk import files
from faceforge_sdk.errors import Busy, InsufficientStorage, IntegrityError, StorageUnavailable

if TYPE_CHECKING:
    from pathlib import Path


class SharingViolation(PermissionError):
    """What Windows raises while someone has a file open."""

    winerror = 32


def test_replacing_waits_while_windows_says_that_someone_has_the_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "place").write_bytes(b"old")
    really, refusals = os.replace, iter([True, True])

    def busy(source: Path, target: Path) -> None:
        if next(refusals, False):
            raise SharingViolation
        really(source, target)

    monkeypatch.setattr(os, "replace", busy)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    files.replace(tmp_path / "new", tmp_path / "place")

    assert (tmp_path / "place").read_bytes() == b"new"


def test_replacing_gives_up_after_a_while_and_at_once_for_other_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    for error, patience in ((SharingViolation(), 1.0), (PermissionError(errno.EACCES, "no"), 0.0)):

        def refuse(source: Path, target: Path, error: PermissionError = error) -> None:
            raise error

        monkeypatch.setattr(os, "replace", refuse)
        waits.clear()
        with pytest.raises(PermissionError):
            files.replace(tmp_path / "new", tmp_path / "place")
        assert patience <= sum(waits) <= 2 * patience


def test_without_folders_that_can_be_opened_flushing_one_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceforge_sdk.files.os.name", "nt")
    files.flush_folder(tmp_path / "nowhere")


def test_a_file_system_that_knows_no_flush_of_folders_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(number: int) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr("os.fsync", lambda descriptor: fail(errno.EINVAL))
    files.flush_folder(tmp_path)
    monkeypatch.setattr("os.fsync", lambda descriptor: fail(errno.EIO))
    with pytest.raises(OSError, match="no"):
        files.flush_folder(tmp_path)


def test_links_are_refused_also_where_the_system_has_no_flag_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    try:
        (tmp_path / "link").symlink_to(tmp_path / "file")
    except OSError:
        pytest.skip("NOT TESTED: links need a privilege here")
    monkeypatch.delattr("os.O_NOFOLLOW", raising=False)

    with pytest.raises(OSError, match="symbolic link"):
        files.open_regular(tmp_path / "link", follow=False)
    with files.open_regular(tmp_path / "link") as file:
        assert file.read() == b"x"


def test_a_reader_closes_itself_when_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"x")

    with pytest.raises(IntegrityError):
        files.FileReader(tmp_path / "short", 0, 2)
    with pytest.raises(IntegrityError):
        files.FileReader(tmp_path, 0, 0)
    with files.FileReader(tmp_path / "short", 0, 1) as reader:
        assert reader.read(100) == b"x"


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        (errno.ENOSPC, InsufficientStorage),
        (errno.EFBIG, InsufficientStorage),
        (errno.EMFILE, Busy),
        (errno.EROFS, StorageUnavailable),
        (errno.EIO, StorageUnavailable),
    ],
)
def test_failures_have_a_meaning_for_the_client(number: int, meaning: type[Exception]) -> None:
    assert type(files.storage_error(OSError(number, "why"))) is meaning


# --- Many at once


def many(folder: Path, *, count: int = 3) -> list[Path]:
    paths = [folder / str(number) / "file" for number in range(count)]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(b"x")
    return paths


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The inodes that were flushed, and whether past the drive's cache; in order."""
    calls: list[Any] = []
    monkeypatch.setattr("os.fsync", lambda descriptor: calls.append((os.fstat(descriptor).st_ino, False)))
    return calls


def inodes(*paths: Path) -> list[tuple[int, bool]]:
    return [(path.stat().st_ino, False) for path in paths]


def test_where_no_call_flushes_a_volume_each_file_is_flushed_and_then_each_folder_once(
    tmp_path: Path, flushed: list[Any]
) -> None:
    paths = many(tmp_path)
    folders = [path.parent for path in paths]

    files.flush_many(paths, folders, at_once=lambda folder: False)

    assert flushed == inodes(*paths, *folders)


def test_one_call_flushes_the_volume_where_it_can(tmp_path: Path, flushed: list[Any]) -> None:
    asked: list[Path] = []
    paths = many(tmp_path)

    files.flush_many(paths, [paths[0].parent], at_once=lambda folder: asked.append(folder) or True)

    assert (asked, flushed) == ([paths[0].parent], [])
    files.flush_many([], [], at_once=lambda folder: pytest.fail("nothing to flush"))


def test_on_a_mac_the_drives_cache_is_emptied_once_at_the_end(
    tmp_path: Path, flushed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = many(tmp_path)
    folders = [path.parent for path in paths]
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(files, "flush", lambda descriptor: flushed.append((os.fstat(descriptor).st_ino, True)))

    files.flush_many(paths, folders)

    assert flushed == [*inodes(*paths, *folders), (paths[-1].stat().st_ino, True)]


@pytest.mark.skipif(sys.platform != "linux", reason="syncfs is Linux's")
def test_a_volume_is_flushed_only_where_that_is_known_to_reach_the_disk_and_to_tell_of_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = files.flush_volume(tmp_path)
    monkeypatch.setattr(files, "_FLUSHED_BY_SYNCFS", frozenset())
    assert not files.flush_volume(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(files, "_SYNCFS_TELLS", (999,))
    assert not files.flush_volume(tmp_path)
    monkeypatch.undo()
    assert files.flush_volume(tmp_path) == really


def test_other_systems_have_no_call_that_flushes_a_volume_or_clones_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    assert not files.flush_volume(tmp_path)
    assert not files.clone(-1, -1)


@pytest.mark.skipif(sys.platform != "linux", reason="clones are Linux's")
def test_a_clone_has_the_same_bytes_or_there_is_none_and_the_target_is_empty(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"bytes" * 10_000)
    with (tmp_path / "source").open("rb") as source, (tmp_path / "target").open("wb") as target:
        cloned = files.clone(source.fileno(), target.fileno())
    assert (tmp_path / "target").read_bytes() == (b"bytes" * 10_000 if cloned else b"")
