"""``faceforge fsck``, ``storage`` and ``tools``, as a person types them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core import cli
from faceforge_core.testing import running_core

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    return home


@pytest.fixture
def faceforge_command(run_here: Callable[..., Any], home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs ``faceforge`` on `home`."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        done: subprocess.CompletedProcess[str] = run_here(cli.run, *words, "--home", home)
        return done

    return run


def upload(core: Any, content: bytes) -> dict[str, Any]:
    answer = core.client.post("/v1/assets/upload", files={"file": ("a.bin", content, "text/plain")})
    stored: dict[str, Any] = answer.json()["data"]
    return stored


def test_d13_fsck_ends_with_0_for_a_good_home_and_1_for_a_damaged_one(home: Path, faceforge_command: Any) -> None:
    with running_core(home) as core:
        asset = upload(core, b"whole")
    good = faceforge_command("fsck", "--deep")
    assert (good.returncode, good.stdout) == (0, "All is well: 1 files looked at, 1 of them read (5 B).\n")
    (home / "assets" / asset["storage_key"]).write_bytes(b"WHOLE")
    assert faceforge_command("fsck").returncode == 0
    bad = faceforge_command("fsck", "--deep")
    assert bad.returncode == 1
    assert f"a.bin {asset['asset_id']}" in bad.stdout
    assert "Upload the file again" in bad.stdout
    report = json.loads(faceforge_command("fsck", "--deep", "--json").stdout)
    assert report["counts"] == {"hash": 1}


def test_d15_fsck_repair_moves_leftovers_to_quarantine(home: Path, faceforge_command: Any) -> None:
    assert faceforge_command("fsck").returncode == 0
    leftover = home / "assets" / "files" / "ab" / ("ab" * 32)
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"nobody's")
    old = time.time() - 7200
    os.utime(leftover, (old, old))
    assert faceforge_command("fsck").returncode == 1
    assert leftover.exists()
    repaired = faceforge_command("fsck", "--repair")
    assert repaired.returncode == 1
    assert [path.read_bytes() for path in (home / "quarantine").iterdir()] == [b"nobody's"]
    assert faceforge_command("fsck").returncode == 0


def test_fsck_ends_with_4_while_a_core_has_the_home_open_and_with_2_where_there_is_none(
    home: Path, serve_core: Any, faceforge_command: Any, tmp_path: Path
) -> None:
    serve_core(home)
    locked = faceforge_command("fsck")
    assert locked.returncode == 4
    assert "storage.verify" in locked.stderr
    elsewhere = subprocess.run(
        [sys.executable, "-m", "faceforge_core", "fsck", "--home", str(tmp_path / "nowhere")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert elsewhere.returncode == 2
    assert not (tmp_path / "nowhere").exists()


def test_d08_fsck_refuses_a_home_whose_files_disk_is_not_there(home: Path, faceforge_command: Any) -> None:
    with running_core(home) as core:
        upload(core, b"whole")
    (home / "assets" / ".ff-home").unlink()
    refused = faceforge_command("fsck", "--repair")
    assert refused.returncode == 2
    assert "assets" in refused.stderr


def test_usage_and_moves_work_on_a_home_at_rest_and_by_the_core_that_has_it_open(
    home: Path, faceforge_command: Any
) -> None:
    with running_core(home) as core:
        assert core.address
        upload(core, b"whole")
        asked = faceforge_command("storage", "usage")
        planned = faceforge_command("storage", "migrate", "fs", "--dry-run")
        refused = faceforge_command("storage", "migrate", "nowhere")
    at_rest = faceforge_command("storage", "usage")
    assert asked.stdout == at_rest.stdout
    assert asked.stdout.split()[:5] == ["fs", "1", "files", "5", "B"]
    assert planned.stdout == faceforge_command("storage", "migrate", "fs").stdout == "There is nothing to move.\n"
    assert refused.returncode == faceforge_command("storage", "migrate", "nowhere").returncode == 1
    assert "nowhere" in refused.stderr


def test_a_tool_is_copied_into_the_home_once_it_has_shown_that_it_runs(
    home: Path, faceforge_command: Any, tmp_path: Path, require_tool: Any
) -> None:
    exiftool = require_tool("exiftool")
    used = faceforge_command("tools", "use", "exiftool")
    assert used.returncode == 0, used.stderr
    assert exiftool in used.stdout
    copied = home / "tools" / "exiftool"
    assert not copied.is_symlink()
    assert copied.read_bytes() == Path(exiftool).read_bytes()
    assert subprocess.run([copied, "-ver"], capture_output=True, check=False).returncode == 0
    broken = tmp_path / "weed"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    refused = faceforge_command("tools", "use", "weed", str(broken))
    assert refused.returncode == 2
    assert "does not run" in refused.stderr
    assert not (home / "tools" / "weed").exists()
    assert faceforge_command("tools", "use", "weed", str(tmp_path / "missing")).returncode == 2
