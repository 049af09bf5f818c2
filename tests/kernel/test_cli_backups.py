"""``faceforge backup``, ``backups`` and ``restore``, as a person uses them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Faceforge = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command() -> Faceforge:
    """Runs ``faceforge …``."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "faceforge_core", *map(str, arguments)]
        return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)

    return run


def test_a_person_backs_up_lists_and_restores_without_stopping_core(
    command: Faceforge, start_process: Any, tmp_path: Path
) -> None:
    core = start_process()
    core.client().post("/v1/assets/upload", files={"file": ("a.txt", b"content")}).raise_for_status()
    assert command("backups", "--home", core.home).stdout.startswith("No folder for backups is chosen")
    done = command("backup", "--home", core.home, "--to", tmp_path / "place")
    assert done.returncode == 0, done.stderr
    assert "1 files (7 B)" in done.stdout
    core.stop()
    again = command("backup", "--home", core.home)
    assert ", 0 of them new (0 B)" in again.stdout
    checked = command("backups", "--check", "--home", core.home)
    assert checked.returncode == 0, checked.stderr
    assert len(checked.stdout.splitlines()) == 4
    assert checked.stdout.splitlines()[-1].startswith("All is well: ")

    restored = command("restore", tmp_path / "place", "--home", tmp_path / "new")
    assert restored.returncode == 0, restored.stderr
    assert command("fsck", "--deep", "--home", tmp_path / "new").stdout.startswith("All is well: 1 files")
    refused = command("restore", tmp_path / "place", "--home", tmp_path / "new")
    assert refused.returncode != 0
    assert "is not empty" in refused.stderr
