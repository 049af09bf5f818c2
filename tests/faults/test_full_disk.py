"""A volume without space, or that fails: uploads are refused, nothing is left of them, and the next one goes in."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.storage_fs.health import report
from faceforge_builtins.storage_fs.provider import HOME_MARKER
from faceforge_core.db.engine import Database
from faceforge_core.db.migrate import migrate
from faceforge_core.health.readiness import ReadinessService, database_reads, database_writes
from faceforge_core.home import Home
from faceforge_core.refusals import StartRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import NoReturn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace and tmpfs are Linux's")


@pytest.fixture
def small_volume(tmp_path: Path, require_root: None, cannot_run: Callable[[str], NoReturn]) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        cannot_run("no tmpfs can be mounted")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_d04_an_upload_larger_than_the_volume_is_refused_and_a_small_one_goes_in_afterwards(
    small_volume: Path, empty_home: Path, uploader: Path, check_home: Callable[..., dict[str, Any]]
) -> None:
    home = shutil.copytree(empty_home, small_volume / "home")

    assert _answers(uploader, home, size=20_000_000) == ["refused InsufficientStorage"]
    assert list((home / "tmp").iterdir()) == []
    [answer] = _answers(uploader, home, size=100_000)
    assert answer.startswith("stored ")
    assert check_home(home, answer.removeprefix("stored ")) == {"assets": 1, "findings": [], "orphans": []}


def test_an_import_fills_a_volume_to_its_reserve_and_no_less(
    small_volume: Path, empty_home: Path, uploader: Path, check_home: Callable[..., dict[str, Any]]
) -> None:
    """Six megabytes: fewer than are asked for ahead of small files where there is plenty."""
    home = shutil.copytree(empty_home, small_volume / "home")

    [answer] = _answers(uploader, home, size=100_000, action="keep")

    assert answer.startswith("stored ")
    assert check_home(home, answer.removeprefix("stored ")) == {"assets": 1, "findings": [], "orphans": []}
    assert _answers(uploader, home, size=20_000_000, action="keep") == ["refused InsufficientStorage"]


def _fill(volume: Path) -> Path:
    with suppress(OSError), (volume / "of others").open("wb", buffering=0) as others:
        while others.write(bytes(4096)):
            pass
    return volume / "of others"


def test_a_core_whose_volume_is_full_is_not_ready_for_writes(small_volume: Path, empty_home: Path) -> None:
    home = Home.at(shutil.copytree(empty_home, small_volume / "home"))
    with Database(home.database) as database:
        parts = {"reads": lambda: database_reads(database), "writes": lambda: database_writes(database, home.db_dir)}
        assert ReadinessService(parts).now().ready
        others = _fill(small_volume)
        assert ReadinessService(parts).now().checks == {"reads": True, "writes": False}
        others.unlink()
        assert ReadinessService(parts).now().ready


def test_doctor_tells_how_much_is_left_of_a_small_volume(small_volume: Path) -> None:
    (small_volume / HOME_MARKER).touch()
    told = report(small_volume)
    assert (told.status, told.values["total"]) == ("warning", "6.3 MB")
    assert re.fullmatch(r"6\.[0-3] MB", told.values["free"])


def test_a_start_on_a_full_volume_says_that_it_is_full(small_volume: Path, empty_home: Path) -> None:
    home = Home.at(shutil.copytree(empty_home, small_volume / "home"))
    others = _fill(small_volume)

    with pytest.raises(StartRefused, match=r"its disk is full \(0 bytes are free\), make room on it") as refused:
        migrate(home.database, home.backups_dir)
    assert str(home.database) in str(refused.value)

    others.unlink()
    migrate(home.database, home.backups_dir)


def disk_full_at(strace: str, syscall: str, when: int) -> Callable[[int], list[str]]:
    """For `ForkedCores.run`: from a process id to the command under which that call fails, when it is made so often."""

    def command(pid: int) -> list[str]:
        inject = f"inject={syscall}:error=ENOSPC:when={when}"
        return [strace, "-f", "-e", f"trace={syscall}", "-e", inject, "-p", str(pid)]

    return command


@pytest.mark.parametrize(
    ("syscall", "when"),
    [
        ("write", 1),
        ("fsync", 1),  # of the file
        ("mkdir", 1),
        ("rename", 1),
        ("fsync", 4),  # of the shard, after the rename; two parents of the new folders come before
        ("pwrite64", 1),
        ("fdatasync", 1),
    ],
)
def test_d05_a_disk_that_fills_at_the_worst_moment_costs_one_upload_and_nothing_else(
    syscall: str,
    when: int,
    tmp_path: Path,
    empty_home: Path,
    cores: Any,
    may_trace: str,
    check_home: Callable[..., dict[str, Any]],
) -> None:
    home = shutil.copytree(empty_home, tmp_path / "home")
    code, answers = cores.run(home, disk_full_at(may_trace, syscall, when))

    assert code == 0
    assert answers[0] == "refused InsufficientStorage"
    assert [answer.split()[0] for answer in answers[1:]] == ["stored", "stored"]
    report = check_home(home, *(answer.removeprefix("stored ") for answer in answers[1:]))
    assert (report["findings"], report["orphans"]) == ([], []), "the third upload adopts what the first may have left"
    assert list((home / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("syscall", "when"), [("write", 4), ("mkdir", 1), ("rename", 2), ("syncfs", 1), ("pwrite64", 1), ("fdatasync", 1)]
)
def test_d05_a_disk_that_fills_during_a_batch_records_nothing_of_it(
    syscall: str,
    when: int,
    tmp_path: Path,
    empty_home: Path,
    cores: Any,
    may_trace: str,
    check_home: Callable[..., dict[str, Any]],
) -> None:
    home = shutil.copytree(empty_home, tmp_path / "home")
    code, answers = cores.run(home, disk_full_at(may_trace, syscall, when), action="keep")

    assert (code, answers) == (0, ["refused InsufficientStorage"])
    assert (check_home(home)["assets"], check_home(home)["findings"]) == (0, [])
    code, answers = cores.run(home, action="keep")
    assert [answer.split()[0] for answer in answers] == ["stored"] * 3
    report = check_home(home, *(answer.removeprefix("stored ") for answer in answers))
    assert report == {"assets": 2, "findings": [], "orphans": []}
    assert list((home / "tmp").iterdir()) == []


def _answers(uploader: Path, home: Path, *, size: int, action: str = "store") -> list[str]:
    done = subprocess.run(
        [sys.executable, str(uploader), action, str(home), "1", str(size)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.splitlines()[1:]


@pytest.mark.parametrize(
    ("action", "fault", "refused"),
    [
        ("store", "fsync 1", "StorageUnavailable"),  # of the file
        ("store", "fsync 4", "StorageUnavailable"),  # of the shard, after the rename
        ("store", "fdatasync 1", "InsufficientStorage"),  # of the database's log
        ("keep", "syncfs 1", "StorageUnavailable"),
        ("keep", "fdatasync 1", "InsufficientStorage"),
    ],
)
def test_a_disk_that_fails_when_it_is_to_flush_is_never_taken_at_its_word(
    action: str,
    fault: str,
    refused: str,
    tmp_path: Path,
    empty_home: Path,
    cores: Any,
    may_trace: str,
    check_home: Callable[..., dict[str, Any]],
) -> None:
    """After a failed flush the system may have thrown the bytes away: a second flush that succeeds proves nothing."""
    home = shutil.copytree(empty_home, tmp_path / "home")
    syscall, when = fault.split()

    def tracer(pid: int) -> list[str]:
        inject = f"inject={syscall}:error=EIO:when={when}"
        return [may_trace, "-f", "-e", f"trace={syscall}", "-e", inject, "-p", str(pid)]

    code, answers = cores.run(home, tracer, action=action)

    assert code == 0
    assert answers[0] == f"refused {refused}"
    assert [answer.split()[0] for answer in answers[1:]] == ([] if action == "keep" else ["stored", "stored"])
    stored = [answer.removeprefix("stored ") for answer in answers[1:]]
    report = check_home(home, *stored)
    assert (report["assets"], report["findings"]) == (len(stored), [])
    code, answers = cores.run(home, action=action)
    assert (code, {answer.split()[0] for answer in answers}) == (0, {"stored"})
    assert check_home(home)["findings"] == check_home(home)["orphans"] == []
    assert list((home / "tmp").iterdir()) == []
