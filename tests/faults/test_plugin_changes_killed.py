"""kill -9 at every step of installing and removing a plugin: after the next start it is the old one or the new one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.plugins.discovery import Discovery
from faceforge_core.plugins.placing import Places

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the steps are counted in forked processes")

PLACER = Path(__file__).parent / "plugin_placer.py"


def content(version: str) -> dict[str, str]:
    manifest = {"id": "demo", "name": "Demo", "version": version, "api_version": 1, "entrypoints": {"python": "plugin"}}
    return {
        "plugin.json": json.dumps(manifest),
        "plugin.py": f"VERSION = {version!r}\n",
        "templates/a.html": version,
        f"only_in_{version}.txt": version,
    }


def present(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    """A home with the version ``old`` in it, to be copied, and an archive with ``new`` beside it."""
    home = tmp_path / "homes" / "home"
    (home / "tmp").mkdir(parents=True)
    for name, text in content("old").items():
        (home / "plugins" / "demo" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "plugins" / "demo" / name).write_text(text)
    (home / "plugins").chmod(0o700)
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
        for name, text in content("new").items():
            archive.writestr(name, text)
    return home.parent


@pytest.fixture
def die(homes: Path, tmp_path: Path) -> Callable[[str], list[Path]]:
    """Does something to copies of the home, each killed one step later, the last not; gives the copies."""

    def run(action: str) -> list[Path]:
        command = [sys.executable, str(PLACER), action, str(homes), str(tmp_path / "new.zip")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
        outcomes = done.stdout.split("\n")[:-1]
        assert outcomes[-1] == "done 0", done.stderr
        assert set(outcomes[:-1]) == {"killed"}
        return [homes / str(number) for number in range(1, len(outcomes) + 1)]

    return run


def state_after_the_next_start(home: Path) -> str | None:
    """Which version is there, whole; nothing else may lie about."""
    Places(home / "plugins", home / "tmp").recover()
    assert list((home / "tmp").iterdir()) == []
    assert [path.name for path in (home / "plugins").iterdir()] in (["demo"], [])
    found = Discovery(home / "plugins", entry_points=[]).look()
    assert found.ignored == ()
    if not found.found:
        return None
    version = found.found["demo"].manifest.version
    assert present(home / "plugins" / "demo") == content(str(version))
    return version


def test_a_replacement_killed_at_any_step_leaves_the_old_or_the_new(die: Callable[[str], list[Path]]) -> None:
    states = [state_after_the_next_start(home) for home in die("replace")]
    assert len(states) > 10
    assert set(states) == {"old", "new"}
    assert states == sorted(states, reverse=True), "old until it is done, new from then on"
    assert states[-1] == "new"


def test_a_removal_killed_at_any_step_leaves_the_plugin_or_nothing(die: Callable[[str], list[Path]]) -> None:
    states = [state_after_the_next_start(home) for home in die("remove")]
    assert set(states) == {"old", None}
    assert states[-1] is None


def test_a_core_that_starts_after_that_has_the_plugin_and_its_wish(
    die: Callable[[str], list[Path]], start_core: Any, tmp_path: Path
) -> None:
    home = start_core(tmp_path / "core")
    shutil.copytree(tmp_path / "homes" / "home" / "plugins" / "demo", home.home / "plugins" / "demo")
    home.kernel.plugins.enable("demo")
    home.kernel.close()
    gap = next(one for one in die("replace") if not (one / "plugins" / "demo").exists())
    for name in ("plugins", "tmp"):
        shutil.rmtree(home.home / name)
        shutil.copytree(gap / name, home.home / name)
    row = start_core(tmp_path / "core").kernel.plugins.get("demo")
    assert (row.version, row.enabled, row.discovered) == ("old", True, True)
    assert row.error is None
