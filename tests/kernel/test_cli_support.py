"""``faceforge support-bundle``, as a person uses it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from faceforge_core import cli
from faceforge_core.kernel import Kernel
from faceforge_core.testing import running_core

if TYPE_CHECKING:
    from pathlib import Path


def bundle(home: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "faceforge_core", "support-bundle", "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=folder)


def test_it_writes_a_new_file_and_overwrites_none(run_here: Any, tmp_path: Path) -> None:
    with Kernel(tmp_path / "home", environ={}):
        pass
    done = bundle(tmp_path / "home", tmp_path)
    assert done.returncode == 0, done.stderr
    (made,) = tmp_path.glob("faceforge-support-*.zip")
    assert made.name in done.stdout
    with ZipFile(made) as archive:
        assert "health.json" in archive.namelist()
    before = made.read_bytes()
    again = run_here(cli.run, "support-bundle", "--home", tmp_path / "home", made.name, cwd=tmp_path)
    assert again.returncode != 0
    assert "File exists" in again.stderr
    assert made.read_bytes() == before


def test_a_running_core_is_asked(run_here: Any, tmp_path: Path) -> None:
    with running_core(tmp_path / "home") as core:
        assert core.address
        done = run_here(cli.run, "support-bundle", "--home", core.home, tmp_path / "facts.zip")
        assert (done.returncode, done.stderr) == (0, "")
        with ZipFile(tmp_path / "facts.zip") as archive:
            assert archive.testzip() is None
            assert "health.json" in archive.namelist()
        again = run_here(cli.run, "support-bundle", "--home", core.home, tmp_path / "facts.zip")
    assert again.returncode == 2
    assert "File exists" in again.stderr


def test_it_makes_no_home(run_here: Any, tmp_path: Path) -> None:
    done = run_here(cli.run, "support-bundle", "--home", tmp_path / "nothing", cwd=tmp_path)
    assert "is no FaceForge home" in done.stderr
    assert not (tmp_path / "nothing").exists()
