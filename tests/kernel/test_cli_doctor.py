"""``faceforge doctor``, as a person uses it: on a home at rest, and on one that a Core has open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core import cli
from faceforge_core.kernel import Kernel

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def doctor(run_here: Callable[..., Any]) -> Run:
    """Runs ``faceforge doctor …`` on a home."""

    def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        done: subprocess.CompletedProcess[str] = run_here(cli.run, "doctor", "--home", home, *arguments)
        return done

    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home at rest."""
    with Kernel(tmp_path / "home", environ={}):
        pass
    return tmp_path / "home"


def test_it_tells_how_a_home_at_rest_is_and_what_to_do(doctor: Run, home: Path) -> None:
    done = doctor(home)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("ok       core ") and "Python" in line for line in lines)
    exiftool = next(number for number, line in enumerate(lines) if line.startswith("WARNING  exiftool"))
    assert "faceforge tools use exiftool" in lines[exiftool + 1]
    assert any(line.startswith("off      seaweedfs") for line in lines)
    assert json.loads((home / "config" / "core.json").read_text())["auth"]["install_token"] not in done.stdout


def test_as_json_it_is_what_the_api_says_and_deep_reads_the_database_too(doctor: Run, home: Path) -> None:
    found = {item["name"]: item for item in json.loads(doctor(home, "--json", "--deep").stdout)}
    assert found["database-pages"]["status"] == "ok"
    assert set(found["core"]) == {"name", "plugin_id", "status", "summary", "advice", "facts"}


def test_a_running_core_is_asked_and_an_error_ends_with_1(doctor: Run, serve_core: Any) -> None:
    core = serve_core()
    assert doctor(core.home).returncode == 0

    (core.home / "assets" / ".ff-home").unlink()
    done = doctor(core.home)

    assert done.returncode == 1
    assert "ERROR    storage-fs" in done.stdout


def test_what_is_no_home_is_refused_and_not_made(doctor: Run, tmp_path: Path) -> None:
    done = doctor(tmp_path / "nowhere")
    assert done.returncode != 0
    assert "is no FaceForge home" in done.stderr
    assert "The first start of Core makes one" in done.stderr
    assert not (tmp_path / "nowhere").exists()
