"""Each plugin that `faceforge plugins new` writes is whole: its own test passes, and no checker finds anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

import faceforge_sdk
from faceforge_core.cli import app
from faceforge_core.cli.plugin_checks import check, trial
from faceforge_core.cli.plugins import Kind
from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.scaffolds import KINDS, folder_name, scaffold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]
IDS = {kind: f"anna{number}.my-{kind}_plugin" for number, kind in enumerate(KINDS)} | {
    "panel": "a.panel.of.as.many.letters.as.may.be.0000"[:40],
    "job": "2nd",
}

STRICT = ("-W", "error", "-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
"""The process has loaded Core by then, whose own asserts pytest would else make more talkative."""


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Runs ``faceforge plugins new`` in a folder and gives what it wrote."""
    monkeypatch.chdir(tmp_path)

    def run(plugin_id: str, *options: str) -> Path:
        done = CliRunner().invoke(app, ["plugins", "new", plugin_id, *options], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert folder_name(plugin_id) in done.output
        return tmp_path / folder_name(plugin_id)

    return run


def run(
    folder: Path, *command: str, by: Callable[..., Any] = subprocess.run, **more: str
) -> subprocess.CompletedProcess[str]:
    """Runs a tool in a plugin's folder as its author does, with no settings of ours."""
    sources = os.pathsep.join(str(Path(package).parent) for package in faceforge_sdk.__path__)
    kernel = str(ROOT / "kernel")
    environment = {**os.environ, "MYPYPATH": f"{sources}{os.pathsep}{kernel}", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    return by(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**environment, **more},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_passes_its_own_test_at_once(
    new: Any, kind: str, run_module: Any, authors_pytest: Mapping[str, str]
) -> None:
    folder = new(IDS[kind], "--kind", kind)
    done = run(folder, "pytest", "-q", "-p", "no:cacheprovider", *STRICT, by=run_module, **authors_pytest)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("prepared_trials")
def test_nothing_is_wrong_with_a_new_plugin(new: Any, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SLOW_SECONDS", 3600.0)  # a busy machine starts nothing quickly
    report = check(new(IDS[kind], "--kind", kind))
    assert report.findings == ()
    assert report.outcome is not None
    assert report.outcome.contributions
    assert report.manifest is not None
    assert report.manifest.id == IDS[kind]


NOT_FOLLOWED = """
[mypy]
[mypy-faceforge_core.*]
follow_imports = skip
[mypy-faceforge_core.testing]
follow_imports = silent
"""
"""Of Core an author imports the fixtures alone; what lies below them is the greater part of what mypy would read."""


def test_linters_and_type_checkers_find_nothing_in_new_plugins(new: Any, tmp_path: Path) -> None:
    settings = tmp_path / "mypy.ini"
    settings.write_text(NOT_FOLLOWED)
    folders = [new(IDS[kind], "--kind", kind).name for kind in KINDS]
    for command in (
        ("ruff", "check", "--isolated", "."),
        ("ruff", "format", "--isolated", "--check", "."),
        ("ruff", "format", "--isolated", "--check", "--line-length", "120", "."),
        ("mypy", "--strict", "--config-file", str(settings), "--cache-dir", str(tmp_path / "mypy"), *folders),
    ):
        done = run(tmp_path, *command)
        assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_of_the_model_is_left_in_a_new_plugin() -> None:
    for kind in KINDS:
        files = scaffold(kind, "anna.palette")
        assert {"plugin.json", "plugin.py", "README.md", "test_plugin.py", "__init__.py"} <= set(files)
        assert not [name for name, text in files.items() if "your.plugin" in text or "Your Plugin" in text]
        assert '"id": "anna.palette"' in files["plugin.json"]
        assert files["README.md"].startswith("# Anna Palette\n")


def test_every_kind_can_be_named() -> None:
    assert {kind.value for kind in Kind} == set(KINDS)


@pytest.mark.parametrize(
    "wrong", ["", "faceforge.mine", "My Plugin", "a/b", "../a", "a..b", "-a", "a.", "ä", "a" * 41, "a\n"]
)
def test_an_id_that_code_can_not_have_is_refused_and_nothing_written(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["plugins", "new", "--", wrong])
    assert isinstance(done.exception, InvalidInput), done.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_empty_is_left_as_it_is(new: Any, tmp_path: Path) -> None:
    folder = tmp_path / "anna_palette"
    folder.mkdir()
    new("anna.palette")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = CliRunner().invoke(app, ["plugins", "new", "anna.palette", "--kind", "job"])
    assert isinstance(done.exception, StartRefused)
    assert "not empty" in str(done.exception)
    (tmp_path / "file").write_text("mine")
    done = CliRunner().invoke(app, ["plugins", "new", "anna.palette", "--folder", str(tmp_path / "file")])
    assert isinstance(done.exception, StartRefused)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
