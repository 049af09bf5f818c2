"""Files as providers handle them, on systems that this machine is not."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from faceforge_sdk import files
from faceforge_sdk.errors import Busy, InsufficientStorage, IntegrityError, StorageUnavailable


class SharingViolation(PermissionError):
    """What Windows raises while someone has a file open."""

    winerror = 32


def test_replacing_waits_while_windows_says_that_someone_has_the_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "place").write_bytes(b"old")
    really, refusals = Path.replace, iter([True, True])

    def busy(self: Path, target: Path) -> Path:
        if next(refusals, False):
            raise SharingViolation
        return really(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    files.replace(tmp_path / "new", tmp_path / "place")

    assert (tmp_path / "place").read_bytes() == b"new"


def test_replacing_gives_up_after_a_while_and_at_once_for_other_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    for error, patience in ((SharingViolation(), 1.0), (PermissionError(errno.EACCES, "no"), 0.0)):

        def refuse(self: Path, target: Path, error: PermissionError = error) -> Path:
            raise error

        monkeypatch.setattr(Path, "replace", refuse)
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
