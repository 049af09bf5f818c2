"""kill -9 at every system call of a purge: no row without its bytes, at most one file without a row, and it goes on."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.db import identity
from faceforge_core.db.engine import Database
from faceforge_core.home import Home, HomeMarker, write_marker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's"), pytest.mark.slow]

# Of the many page writes of SQLite every fifth has to do.
STEPS = {"unlink": 1, "fsync": 1, "fdatasync": 1, "pwrite64": 5}


@pytest.fixture
def full_trash(tmp_path: Path, empty_home: Path, cores: Any) -> tuple[Path, str]:
    """A home with three files in the trash and a live one, and the id of that."""
    home = Home.at(shutil.copytree(empty_home, tmp_path / "full"))
    with Database(home.database) as database:
        identity.set_home_uuid(database, "this-home")
    write_marker(home.assets_dir, HomeMarker("this-home"))
    code, answers = cores.run(home.root, action="trash")
    assert (code, len(answers)) == (0, 4)
    return home.root, answers[-1].removeprefix("stored ")


@pytest.mark.parametrize("syscall", list(STEPS))
def test_a_purge_killed_at_any_system_call_leaves_a_home_that_is_right(
    syscall: str,
    tmp_path: Path,
    full_trash: tuple[Path, str],
    cores: Any,
    may_trace: str,
    check_home: Callable[..., dict[str, Any]],
) -> None:
    full, live = full_trash
    killed = 0
    for k in range(1, 400, STEPS[syscall]):
        home = shutil.copytree(full, tmp_path / f"home-{k}")

        def tracer(pid: int, k: int = k) -> list[str]:
            inject = f"inject={syscall}:signal=SIGKILL:when={k}"
            return [may_trace, "-f", "-e", f"trace={syscall}", "-e", inject, "-p", str(pid)]

        code, _ = cores.run(home, tracer, action="purge")
        report = check_home(home, live)
        assert report["findings"] == [], f"{syscall} {k}"
        assert len(report["orphans"]) <= 1, f"{syscall} {k}"
        left = report["assets"] - 1
        assert cores.run(home, action="purge") == (0, [f"purged {left}"]), f"{syscall} {k}"
        after = check_home(home, live)
        assert (after["assets"], after["findings"]) == (1, []), f"{syscall} {k}"
        assert after["orphans"] == report["orphans"], f"{syscall} {k}"
        assert _told(home) == 3, f"{syscall} {k}: each removal is told once"
        shutil.rmtree(home)
        if code == 0:
            break
        killed += 1
    assert killed >= 1


def _told(home: Path) -> int:
    with closing(sqlite3.connect(home / "db" / "core.sqlite3")) as connection:
        found = connection.execute("SELECT count(DISTINCT subject) FROM events WHERE type = 'asset.purged'").fetchone()
    return int(found[0])
