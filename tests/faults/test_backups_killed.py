"""Backups that are killed in the middle, or meet a full disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.testing import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Faceforge = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(run_module: Any) -> Faceforge:
    """Runs ``faceforge …``."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "faceforge_core", *map(str, arguments)]
        done: subprocess.CompletedProcess[str] = run_module(
            words, capture_output=True, text=True, timeout=120, check=False
        )
        return done

    return run


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.02, 0.1, 0.3])
def test_a_backup_killed_in_the_middle_is_none_and_the_next_is_whole(
    after: float, command: Faceforge, start_process: Any, tmp_path: Path
) -> None:
    core = start_process()
    client = core.client()
    for number in range(12):
        content = os.urandom(2_000_000)
        client.post("/v1/assets/upload", files={"file": (f"{number}.bin", content)}).raise_for_status()
    place = tmp_path / "place"
    config = {"config": {"folder": str(place)}}
    client.put("/v1/plugins/faceforge.backup/config", json=config).raise_for_status()
    client.post("/v1/backups").raise_for_status()
    wait_for(lambda: list(place.glob("snapshots/*")))
    time.sleep(after)
    core.kill()

    for manifest in place.glob("snapshots/[0-9]*/manifest.json"):
        assert json.loads(manifest.read_text())["assets"] == 12
    done = command("backup", "--home", core.home)
    assert done.returncode == 0, done.stderr
    assert not list(place.glob("snapshots/.part-*"))
    assert not list(place.glob("blobs/.part-*"))
    restored = command("restore", place, "--home", tmp_path / "new")
    assert "12 files" in restored.stdout
    assert command("fsck", "--deep", "--home", tmp_path / "new").returncode == 0


def test_a_full_disk_for_backups_fails_the_job_and_harms_nothing(
    start_process: Any, tmp_path: Path, require_root: None, cannot_run: Any
) -> None:
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=3m,mode=0700", "tmpfs", str(place)]
    if subprocess.run(words, capture_output=True, check=False).returncode != 0:
        cannot_run("no tmpfs can be mounted")
    try:
        core = start_process()
        client = core.client()
        client.post("/v1/assets/upload", files={"file": ("a.bin", os.urandom(5_000_000))}).raise_for_status()
        config = {"config": {"folder": str(place / "backups")}}
        client.put("/v1/plugins/faceforge.backup/config", json=config).raise_for_status()
        job = client.post("/v1/backups").json()["data"]
        address = f"/v1/jobs/{job['job_id']}"
        job = wait_for(lambda: found if (found := client.get(address).json()["data"])["finished_at"] else None)
        assert (job["status"], "full" in job["error"]["message"]) == ("failed", True)
        assert client.get("/v1/backups").json()["data"]["items"] == []
        assert list((place / "backups" / "blobs").glob(".part-*")) == []
        assert client.get("/readyz").status_code == 200
        core.stop()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
