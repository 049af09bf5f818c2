"""``faceforge plugins forget``, on a home at rest and on one that a Core has open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.cli.main import run
from faceforge_core.kernel import Kernel

if TYPE_CHECKING:
    from pathlib import Path

TOLD = "Removed: 0 tables, what it kept about 0 entities and assets, 1 file, its configuration.\n"


def put_plugin(home: Path) -> Path:
    """A plugin that was never enabled, and a file of its own."""
    folder = home / "plugins" / "notes"
    folder.mkdir()
    (folder / "plugin.json").write_text(json.dumps({"id": "notes", "name": "Notes"}))
    file = home / "plugin_data" / "notes" / "file"
    file.parent.mkdir()
    file.touch()
    return file


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In a home at rest."""
    with Kernel(tmp_path / "home", environ={}):
        pass
    monkeypatch.setenv("FACEFORGE_HOME", str(tmp_path / "home"))
    return put_plugin(tmp_path / "home")


def test_what_a_plugin_kept_is_removed_from_a_home_at_rest(file: Path, capsys: Any) -> None:
    assert run(["plugins", "forget", "notes", "--yes"]) == 0
    assert capsys.readouterr().out == TOLD
    assert not file.exists()


def test_nothing_is_removed_where_nobody_agrees(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("typer.confirm", lambda _: False)
    assert run(["plugins", "forget", "notes"]) == 1
    assert capsys.readouterr().out == "Nothing is removed.\n"
    assert file.exists()


def test_a_plugin_that_nobody_knows_and_one_of_cores_are_refused(file: Path, capsys: Any) -> None:
    assert run(["plugins", "forget", "nobody", "--yes"]) == 1
    assert capsys.readouterr().err == "There is no plugin 'nobody'.\n"
    assert run(["plugins", "forget", "faceforge.thumbnails", "--yes"]) == 1
    assert "came with Core: what it keeps stays." in capsys.readouterr().err
    assert file.exists()


def test_a_running_core_is_asked(serve_core: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    core = serve_core()
    monkeypatch.setenv("FACEFORGE_HOME", str(core.home))
    file = put_plugin(core.home)
    assert run(["plugins", "forget", "notes", "--yes"]) == 0
    assert capsys.readouterr().out == TOLD
    assert not file.exists()
