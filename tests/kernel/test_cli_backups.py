"""``faceforge backup``, ``backups`` and ``restore``, as a person uses them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core import cli
from faceforge_core.testing import running_core

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Faceforge = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(run_here: Callable[..., Any]) -> Faceforge:
    """Runs ``faceforge …``."""
    return partial(run_here, cli.run)


def test_a_person_backs_up_lists_and_restores_without_stopping_core(command: Faceforge, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_core(home) as core:
        assert core.address
        core.client.post("/v1/assets/upload", files={"file": ("a.txt", b"content")}).raise_for_status()
        assert command("backups", "--home", home).stdout.startswith("No folder for backups is chosen")
        done = command("backup", "--home", home, "--to", tmp_path / "place")
        assert done.returncode == 0, done.stderr
        assert ": 1 files (7 B). New in it, configuration and plugins included: 3 (" in done.stdout
    again = command("backup", "--home", home)
    assert "plugins included: 0 (0 B)." in again.stdout
    checked = command("backups", "--check", "--home", home)
    assert checked.returncode == 0, checked.stderr
    assert len(checked.stdout.splitlines()) == 4
    assert checked.stdout.splitlines()[-1].startswith("All is well: ")

    restored = command("restore", tmp_path / "place", "--home", tmp_path / "new")
    assert restored.returncode == 0, restored.stderr
    assert command("fsck", "--deep", "--home", tmp_path / "new").stdout.startswith("All is well: 1 files")
    refused = command("restore", tmp_path / "place", "--home", tmp_path / "new")
    assert refused.returncode != 0
    assert "is not empty" in refused.stderr

    for blob in (tmp_path / "place" / "blobs").rglob("*"):
        if blob.is_file() and blob.read_bytes() == b"content":
            blob.unlink()
    less = command("restore", tmp_path / "place", "--home", tmp_path / "less")
    assert less.returncode == 1
    assert less.stdout.endswith(": 0 files, but for 1.\n")
