from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from faceforge_core.private_files import open_private, others_can_read, private_dir, write_atomic

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes and links")


@posix
@pytest.mark.parametrize("umask", ["000", "777"])
def test_a11_files_are_0600_whatever_the_umask(
    tmp_path: Path, run_python: Callable[..., subprocess.CompletedProcess[str]], umask: str
) -> None:
    code = f"""
import os, sys
from pathlib import Path
from faceforge_core.private_files import open_private, write_atomic
os.umask(0o{umask})
write_atomic(Path(sys.argv[1]) / "atomic", b"x")
os.close(open_private(Path(sys.argv[1]) / "opened", os.O_WRONLY | os.O_CREAT))
"""
    done = run_python(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {
        "atomic": 0o600,
        "opened": 0o600,
    }


@posix
def test_opening_tightens_a_file_that_others_could_read(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.touch(0o644)
    path.chmod(0o644)
    assert others_can_read(path)
    os.close(open_private(path, os.O_RDONLY))
    assert not others_can_read(path)


@posix
def test_a_link_in_a_private_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic links"):
        open_private(tmp_path / "link", os.O_WRONLY | os.O_TRUNC)
    assert (tmp_path / "victim").read_text() == "mine"


def test_the_new_content_replaces_the_old_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"one", b"", b"\r\n" * 100_000):
        write_atomic(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_after_a_failure_the_old_content_stands_and_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")

    def interfere() -> None:
        raise RuntimeError("now")

    with pytest.raises(RuntimeError, match="now"):
        write_atomic(path, b"new", before_replace=interfere)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]

    (tmp_path / "folder" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match=r"folder"):
        write_atomic(tmp_path / "folder", b"new")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "gone" / "file", b"x")
    assert list(tmp_path.iterdir()) == []


class WindowsSharingViolation(PermissionError):
    """What ``os.replace`` raises on Windows while another program has the target open."""

    winerror = 32


def test_a_sharing_violation_of_windows_is_waited_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, refusals = os.replace, [WindowsSharingViolation(), WindowsSharingViolation()]

    def busy_at_first(source: Path, target: Path) -> None:
        if refusals:
            raise refusals.pop()
        replace(source, target)

    monkeypatch.setattr(os, "replace", busy_at_first)
    write_atomic(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert refusals == []


def test_any_other_refusal_is_raised_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def refused(source: Path, target: Path) -> None:
        calls.append(source)
        raise PermissionError("not yours")

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(PermissionError, match="not yours"):
        write_atomic(tmp_path / "file", b"new")
    assert len(calls) == 1
    assert list(tmp_path.iterdir()) == []


def test_folders_are_made_with_their_parents_and_may_exist(tmp_path: Path) -> None:
    for _ in range(2):
        private_dir(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        private_dir(tmp_path / "file")
