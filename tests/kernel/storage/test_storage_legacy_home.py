"""M06 with a whole Core: a home that v0.1.9 wrote opens at once, serves everything, and is taken over by a job."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

LEGACY = Path(__file__).parents[2] / "fixtures" / "legacy-home-0.1.9.tar.gz"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")


@pytest.fixture
def legacy_home(tmp_path: Path) -> Path:
    with tarfile.open(LEGACY) as archive:
        archive.extractall(tmp_path / "legacy", filter="data")
    return tmp_path / "legacy" / "home"


def test_m06_links_of_a_legacy_home_are_served_then_unshared_and_nothing_is_lost(
    legacy_home: Path, tmp_path: Path, start_core: Callable[..., Any]
) -> None:
    blobs = sorted(path for path in (legacy_home / "assets" / "files").rglob("*") if path.is_file())
    hard, soft, missing, *whole = blobs
    originals = {blob.name: blob.read_bytes() for blob in blobs}
    os.link(hard, tmp_path / "the user's own file")
    shutil.move(soft, tmp_path / "another own file")
    soft.symlink_to(tmp_path / "another own file")
    missing.unlink()

    core = start_core(legacy_home)

    for blob in (hard, soft, *whole):
        assert core.client.get(f"/v1/assets/{blob.name}/download").content == originals[blob.name]
    broken = core.client.get(f"/v1/assets/{missing.name}/download")
    assert (broken.status_code, broken.json()["error"]["code"]) == (500, "integrity_error")

    job = core.run_job("storage.adopt")
    assert job.status == "succeeded"
    assert core.run_job("storage.adopt").result["missing"] == 1

    for blob in (hard, soft, *whole):
        facts = blob.lstat()
        assert (stat.S_ISREG(facts.st_mode), facts.st_nlink, stat.S_IMODE(facts.st_mode)) == (True, 1, 0o600)
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name
    (tmp_path / "the user's own file").write_bytes(b"edited")
    assert core.client.get(f"/v1/assets/{hard.name}/download").content == originals[hard.name]
    assert (tmp_path / "another own file").read_bytes() == originals[soft.name]


def test_m06_the_job_is_queued_by_the_start_itself_and_only_where_something_waits(
    legacy_home: Path, start_core: Callable[..., Any]
) -> None:
    core = start_core(legacy_home)
    adopted = core.wait_for(lambda: _adoptions(core, "succeeded"))
    assert adopted == 1

    core.kernel.close()
    core = start_core(legacy_home)
    assert _adoptions(core, "succeeded", "queued", "running") == 1


def _adoptions(core: Any, *statuses: str) -> int:
    connection = sqlite3.connect(core.home / "db" / "core.sqlite3")
    try:
        rows = connection.execute("SELECT status FROM jobs WHERE job_type = 'storage.adopt'").fetchall()
    finally:
        connection.close()
    return sum(status in statuses for (status,) in rows)
