"""``faceforge plugins``, as a person uses it: on a home at rest, and on one that a Core has open."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core import cli
from faceforge_core.kernel import Kernel
from faceforge_core.plugins.packing import folder_digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

CODE = "from faceforge_sdk import hookimpl\n\n\n@hookimpl\ndef register_nav_items(ctx):\n    return []\n"


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A plugin's folder."""
    folder = tmp_path / "work" / "palette"
    folder.mkdir(parents=True)
    facts = {"id": "demo.palette", "name": "Palette \x1b[31m", "version": "1.0", "api_version": 1}
    (folder / "plugin.json").write_text(json.dumps({**facts, "entrypoints": {"python": "plugin"}}))
    (folder / "plugin.py").write_text(CODE)
    return folder


@pytest.fixture(params=["at rest", "open"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A home in either state."""
    root = tmp_path / "home"
    if request.param == "open":
        request.getfixturevalue("serve_core")(root)
    else:
        with Kernel(root, environ={}):
            pass
    return root


@pytest.fixture
def run(run_here: Callable[..., Any], home: Path) -> Run:
    """Runs ``faceforge plugins …`` on the home."""

    def command(*arguments: object) -> subprocess.CompletedProcess[str]:
        done: subprocess.CompletedProcess[str] = run_here(cli.run, "plugins", *arguments, "--home", home)
        return done

    return command


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_plugin_from_its_installation_to_its_removal(run: Run, home: Path, plugin: Path) -> None:
    told = said(run("install", plugin))
    assert "Installed: demo.palette 1.0, 2 files" in told
    assert f"SHA-256: {folder_digest(plugin)}" in told
    assert "faceforge plugins enable demo.palette" in told
    assert said(run("list")).split()[:3] == ["disabled", "demo.palette", "1.0"]
    assert said(run("enable", "demo.palette")) == "Enabled: demo.palette 1.0.\n"
    listed = said(run("list"))
    assert listed.startswith("active ")
    assert "\x1b" not in listed
    (plugin / "plugin.json").write_text((plugin / "plugin.json").read_text().replace("1.0", "2.0"))
    told = said(run("install", plugin))
    assert "Installed: demo.palette 2.0 in place of 1.0" in told
    assert "To switch it on" not in told
    assert said(run("disable", "demo.palette")) == "Disabled: demo.palette 2.0.\n"
    assert "Removed: demo.palette." in said(run("remove", "demo.palette"))
    assert not (home / "plugins" / "demo.palette").exists()
    assert said(run("list")).startswith("gone ")
    assert (run("remove", "demo.palette").returncode, run("enable", "demo.palette").returncode) == (1, 1)


def test_the_checksum_of_an_archive_is_that_of_its_bytes(run: Run, plugin: Path, tmp_path: Path) -> None:
    archive = tmp_path / 'a "palette".zip'
    with zipfile.ZipFile(archive, "w") as packed:
        for path in plugin.iterdir():
            packed.write(path, f"palette/{path.name}")
    assert f"SHA-256: {hashlib.sha256(archive.read_bytes()).hexdigest()}" in said(run("install", archive))


def test_what_is_refused_ends_with_1_and_a_sentence(run: Run, plugin: Path, tmp_path: Path) -> None:
    (plugin / "plugin.py").write_text("def (")
    (tmp_path / "text.zip").write_text("no archive")
    for source, sentence in (
        (plugin, "plugin.py, line 1"),
        (tmp_path / "text.zip", "no ZIP archive"),
        (tmp_path / "nothing", "is not there"),
    ):
        done = run("install", source)
        assert (done.returncode, done.stdout) == (1, "")
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr
    refused = run("remove", "faceforge.thumbnails")
    assert (refused.returncode, "comes with Core" in refused.stderr) == (1, True)
    assert "demo.palette" not in said(run("list"))


def test_one_that_does_not_start_ends_with_1_and_says_why(run: Run, plugin: Path) -> None:
    (plugin / "plugin.py").write_text("raise RuntimeError('not today')")
    run("install", plugin)
    done = run("enable", "demo.palette")
    assert (done.returncode, done.stdout) == (1, "")
    assert "demo.palette does not run: RuntimeError: not today" in done.stderr
    assert "not today" in said(run("list"))


def test_lists_show_what_is_ignored_and_on_demand_what_comes_with_core(run: Run, home: Path) -> None:
    (home / "plugins" / "broken").mkdir()
    (home / "plugins" / "broken" / "plugin.json").write_text("{")
    assert f"IGNORED   {home / 'plugins' / 'broken'}" in said(run("list"))
    assert "faceforge.thumbnails" in said(run("list", "--all"))
    found = json.loads(said(run("list", "--json")))
    assert {"items", "ignored"} == set(found)
    assert "faceforge.thumbnails" in {item["plugin_id"] for item in found["items"]}


def test_check_ends_with_1_where_something_is_wrong_and_follows_its_path(
    run_here: Callable[..., Any], plugin: Path
) -> None:
    good = run_here(cli.run, "plugins", "check", "palette", cwd=plugin.parent)
    assert (good.returncode, good.stderr) == (0, "")
    on_time = "demo.palette 1.0: nothing is wrong. It starts in "
    assert good.stdout.startswith(on_time) or re.search(r"It takes [\d.]+ s to start", good.stdout)  # a busy machine
    (plugin / "plugin.py").write_text(CODE.replace("register_nav_items", "register_nav_item"))
    bad = run_here(cli.run, "plugins", "check", "palette", "--no-run", cwd=plugin.parent)
    assert bad.returncode == 1
    first, last = bad.stdout.splitlines()
    assert first.startswith(f"palette{os.sep}plugin.py:5: error: There is no hook 'register_nav_item'.")
    assert last == "1 error, 0 warnings."


def test_without_a_home_nothing_is_made(tmp_path: Path, plugin: Path) -> None:
    words = ["plugins", "install", str(plugin), "--home", str(tmp_path / "no")]
    command = [sys.executable, "-m", "faceforge_core", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert not (tmp_path / "no").exists()
