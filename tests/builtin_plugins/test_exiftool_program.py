"""Which ExifTool is used: only one in the tools folder, able to run, and without known holes."""

from __future__ import annotations

import errno
import logging
import os
import sys
from typing import TYPE_CHECKING

import pytest

from faceforge_builtins.exiftool.health import report
from faceforge_builtins.exiftool.program import Finder, Unusable, Usable, known_hole

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stubs are shell scripts")

LOG = logging.getLogger("faceforge.test.exiftool")


def stub(path: Path, version: str = "13.50", *, mode: int = 0o700) -> Path:
    """A program that says its version, and nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(mode)
    return path


def finder(home: Path, configured: str | None = None, seconds: float = 10.0) -> Finder:
    (home / "tools").mkdir(exist_ok=True)
    return Finder(home / "tools", configured, LOG, seconds=seconds)


def reason(home: Path, configured: str | None = None) -> str:
    found = finder(home, configured).find()
    assert isinstance(found, Unusable)
    return found.reason


def test_it_is_looked_for_in_the_tools_folder_and_never_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{stub(tmp_path / 'bin' / 'exiftool').parent}{os.pathsep}{os.environ['PATH']}")
    assert reason(tmp_path) == f"There is no ExifTool in {tmp_path / 'tools'}."

    nested = stub(tmp_path / "tools" / "exiftool" / "exiftool")
    assert finder(tmp_path).find() == Usable(nested, "13.50")


def test_the_first_place_goes_before_the_second(tmp_path: Path) -> None:
    first = stub(tmp_path / "tools" / "exiftool")
    assert finder(tmp_path).find() == Usable(first, "13.50")


def test_a_configured_path_is_relative_to_the_tools_folder_or_anywhere(tmp_path: Path) -> None:
    inside, outside = stub(tmp_path / "tools" / "own" / "et"), stub(tmp_path / "elsewhere" / "et")
    assert finder(tmp_path, "own/et").find() == Usable(inside, "13.50")
    assert finder(tmp_path, str(outside)).find() == Usable(outside, "13.50")
    assert "leads out of the tools folder" in reason(tmp_path, "../elsewhere/et")


def test_a_configured_path_is_the_only_one(tmp_path: Path) -> None:
    stub(tmp_path / "tools" / "exiftool")
    assert "does not exist" in reason(tmp_path, "own/et")


def test_x05_what_is_no_program_in_the_tools_folder_is_skipped_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tools = tmp_path / "tools"
    place = stub(tools / "exiftool", mode=0o600)
    assert "is not executable" in reason(tmp_path)

    place.unlink()
    (tools / "exiftool").mkdir()
    assert "is no file" in reason(tmp_path)

    (tools / "exiftool").rmdir()
    place.symlink_to(stub(tmp_path / "elsewhere"))
    assert "leads out of the tools folder" in reason(tmp_path)

    place.unlink()
    place.symlink_to("exiftool")
    assert "can't be read" in reason(tmp_path)

    place.unlink()
    place.symlink_to(stub(tools / "versions" / "13.50"))  # inside it is the owner's own order
    assert finder(tmp_path).find() == Usable(place, "13.50")

    place.unlink()
    caplog.clear()
    one = finder(tmp_path)
    for _ in range(5):
        assert isinstance(one.find(), Unusable)
    assert len(caplog.records) == 1
    assert "faceforge tools use exiftool" in caplog.text


def test_a_program_that_appears_or_changes_is_looked_at_anew(tmp_path: Path) -> None:
    one = finder(tmp_path)
    assert isinstance(one.find(), Unusable)

    place = stub(tmp_path / "tools" / "exiftool", "12.10")
    assert isinstance(one.find(), Unusable)

    stub(place, "13.50.1")
    assert one.find() == Usable(place, "13.50.1")


def test_its_version_is_asked_for_once(tmp_path: Path) -> None:
    place = stub(tmp_path / "tools" / "exiftool")
    place.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/asked\necho 13.50\n")
    one = finder(tmp_path)
    for _ in range(5):
        one.find()
    assert (tmp_path / "asked").read_text() == "asked\n"


@pytest.mark.parametrize("short_of", [errno.EAGAIN, errno.EMFILE, errno.ENOMEM])
def test_r09_a_program_that_cannot_be_started_at_the_moment_is_not_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_of: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(short_of, os.strerror(short_of))

    place = stub(tmp_path / "tools" / "exiftool")
    one = finder(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("subprocess.Popen", fail)
        found = one.find()
    assert isinstance(found, Unusable)
    assert os.strerror(short_of) in found.reason

    assert one.find() == Usable(place, "13.50")


@pytest.mark.parametrize(
    ("version", "platform", "hole"),
    [
        ("12.23", "linux", "CVE-2021-22204"),
        ("9.99", "linux", "CVE-2021-22204"),
        ("12.3", "linux", "CVE-2022-23935"),
        ("12.24", "linux", "CVE-2022-23935"),
        ("12.37", "linux", "CVE-2022-23935"),
        ("12.38", "linux", None),
        ("12.57", "linux", None),
        ("12.57", "darwin", "CVE-2026-3102"),
        ("13.49", "darwin", "CVE-2026-3102"),
        ("13.50", "darwin", None),
        ("13.5", "darwin", None),
        ("14.00", "darwin", None),
        ("13.49", "win32", None),
        ("newest", "linux", "how old it is"),
    ],
)
def test_x08_versions_with_known_holes(version: str, platform: str, hole: str | None) -> None:
    found = known_hole(version, platform)
    assert (found is None) == (hole is None)
    assert (hole or "") in (found or "")


def test_x08_a_program_with_a_known_hole_is_not_used_and_the_owner_is_told_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stub(tmp_path / "tools" / "exiftool", "12.23")
    one = finder(tmp_path)
    found = one.find()
    assert isinstance(found, Unusable)
    assert "ExifTool 12.23, which runs code from crafted files (CVE-2021-22204)" in found.reason
    assert "newest ExifTool" in found.advice
    assert "12.23" in caplog.text
    assert report(one).status == "warning"


@pytest.mark.parametrize(
    ("script", "seconds", "expected"),
    [
        ("exec sleep 100", 0.3, "no answer within 0.3 s"),
        ("sleep 100 & exit 0", 0.3, "no answer within 0.3 s"),
        ("exec yes", 10, "names no version"),
        ("echo broken >&2; exit 3", 10, "names no version: broken"),
        ("kill -SEGV $$", 10, "names no version"),
    ],
)
def test_x08_a_program_that_does_not_tell_its_version_is_not_used(
    tmp_path: Path, script: str, seconds: float, expected: str
) -> None:
    place = stub(tmp_path / "tools" / "exiftool")
    place.write_text(f"#!/bin/sh\n{script}\n")
    found = finder(tmp_path, seconds=seconds).find()
    assert isinstance(found, Unusable)
    assert "does not run" in found.reason
    assert expected in found.reason


def test_health_tells_whether_it_is_there_and_which(tmp_path: Path) -> None:
    assert report(None).status == "off"
    missing = report(finder(tmp_path))
    assert (missing.status, "faceforge tools use exiftool" in (missing.advice or "")) == ("warning", True)

    place = stub(tmp_path / "tools" / "exiftool")
    found = report(finder(tmp_path))
    assert (found.status, found.facts) == ("ok", {"version": "13.50", "path": str(place)})
