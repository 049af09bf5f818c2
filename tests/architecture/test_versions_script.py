"""scripts/versions.py: what it tries, and that it never calls a success what it did not try."""

import os
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "versions.py"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    return runpy.run_path(str(SCRIPT))


def test_every_library_of_core_is_held_to_its_floor(script: dict[str, Any]) -> None:
    floors = script["floors_of"](PROJECT["dependencies"])
    assert len(floors) == len(PROJECT["dependencies"])
    assert script["floors_of"](["a-b[c]>=1.2; python_version < '4'", "d >= 3"]) == ["a-b==1.2", "d==3"]


def test_the_first_python_that_is_promised_is_the_oldest_that_is_accepted(script: dict[str, Any]) -> None:
    promised = script["versions_promised"](PROJECT)
    assert f">={promised[0]}" == PROJECT["requires-python"]
    assert promised == sorted(promised, key=lambda version: int(version.partition(".")[2]))


def test_what_is_tried_stands_where_the_script_says(script: dict[str, Any]) -> None:
    assert [name for name in script["HEART"] if not (ROOT / name).exists()] == []


def test_a_python_that_was_asked_for_and_is_not_here_is_a_failure(tmp_path: Path) -> None:
    other = next(version for version in ("3.12", "3.13") if not sys.version.startswith(f"{version}."))
    nowhere = {**os.environ, "PATH": str(tmp_path), "PYENV_ROOT": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), other], env=nowhere, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1, done.stderr
    assert f"{other}   NOT TESTED" in done.stdout
