"""Files that change while they are imported, and imports that are asked to stop; over services in memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.bulk_import import intake
from faceforge_builtins.bulk_import.job import importer
from faceforge_builtins.bulk_import.request import BulkImport
from faceforge_core.storage.small_files import SmallFileReceiver
from faceforge_sdk.errors import Busy
from faceforge_sdk.models import AssetQuery
from faceforge_sdk.testing import FakeJobContext, fake_context
from faceforge_sdk.testing.files import FakeSmallFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MIB = 1024 * 1024


@pytest.fixture
def ctx() -> Any:
    return fake_context()


@pytest.fixture
def job(tmp_path: Path) -> FakeJobContext[BulkImport]:
    return FakeJobContext(BulkImport(path=str(tmp_path)))


@pytest.fixture
def run(ctx: Any, job: Any) -> Callable[[], Mapping[str, Any]]:
    """Runs the import of the test's folder."""
    return lambda: importer(ctx.storage, ctx.imports)(job)


def contents(ctx: Any) -> list[bytes]:
    return sorted(ctx.assets.content.values())


@pytest.fixture
def before_each_open(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], None]], None]:
    """Lets something happen after a file was found and before it is opened."""
    really = os.open

    def interfere(happen: Callable[[str], None]) -> None:
        def opened(path: Any, *arguments: Any, **options: Any) -> int:
            happen(Path(path).name)
            return really(path, *arguments, **options)

        monkeypatch.setattr(os, "open", opened)

    return interfere


def test_a_file_that_is_gone_by_its_turn_is_an_error_and_the_others_come_in(
    ctx: Any, job: Any, run: Any, tmp_path: Path, before_each_open: Any
) -> None:
    for name in "abc":
        (tmp_path / name).write_text(name)

    before_each_open(lambda name: (tmp_path / "b").unlink(missing_ok=True))
    result = run()
    assert (result["imported"], result["errors"]) == (2, 1)
    assert contents(ctx) == [b"a", b"c"]
    assert ("error", "Import failed") in job.messages


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")
@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_what_took_a_files_place_since_it_was_found_is_not_read(
    ctx: Any, run: Any, tmp_path: Path, before_each_open: Any, kind: str
) -> None:
    folder = tmp_path
    secret = folder.parent / f"{folder.name} secret"
    secret.write_text("secret")
    (folder / "a").write_text("a")

    def swap(name: str) -> None:
        (folder / "a").unlink()
        if kind == "pipe":
            os.mkfifo(folder / "a")
        elif kind == "link":
            (folder / "a").symlink_to(secret)
        else:
            (folder / "a").mkdir()

    before_each_open(swap)
    assert run()["errors"] == 1
    assert contents(ctx) == []


def test_j11_what_is_added_while_a_file_is_read_is_left_for_the_next_time(
    ctx: Any, job: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "growing.log"
    path.write_bytes(b"x" * MIB)
    receive = ctx.storage.receive

    def grow(source: Any, byte_size: int, copied: Callable[[int], None]) -> Any:
        with path.open("ab") as file:
            file.write(b"y" * MIB)
        return receive(source, byte_size, copied)

    monkeypatch.setattr(ctx.storage, "receive", grow)
    result = run()
    assert (result["imported"], result["errors"], result["warnings"]) == (1, 0, 1)
    assert contents(ctx) == [b"x" * MIB]
    assert ctx.assets.list(AssetQuery()).items[0].byte_size == MIB < path.stat().st_size
    assert ("warning", "Changed while it was read") in job.messages
    monkeypatch.undo()
    assert (run()["imported"], len(contents(ctx))) == (1, 2), "it is not taken for known"


def test_a_file_that_shrinks_is_taken_as_far_as_it_goes(
    ctx: Any, job: Any, run: Any, tmp_path: Path, before_each_open: Any
) -> None:
    (tmp_path / "a").write_bytes(bytes(3 * MIB))
    before_each_open(lambda name: os.truncate(tmp_path / name, 5))
    assert run()["imported"] == 1
    assert contents(ctx) == [bytes(5)]


@pytest.fixture
def real(faceforge: Any) -> Any:
    """The services of a real Core."""
    return faceforge.kernel.services


def staged(core: Any) -> list[Path]:
    return [*core.kernel.home.staging_dir.iterdir()]


def test_j03_a_large_file_is_left_in_the_middle_when_the_job_is_to_stop(
    faceforge: Any, real: Any, job: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "large").write_bytes(bytes(50 * MIB))
    job.input = BulkImport(path=str(folder))
    heard: list[int] = []
    receive = real.storage.receive

    def listen(source: Any, byte_size: int, copied: Callable[[int], None]) -> Any:
        def hear(size: int) -> None:
            heard.append(size)
            job.cancelled = sum(heard) > 10 * MIB
            copied(size)

        return receive(source, byte_size, hear)

    monkeypatch.setattr(real.storage, "receive", listen)
    result = importer(real.storage, real.imports)(job)
    assert (result["imported"], result["canceled"]) == (0, True)
    assert 10 * MIB < sum(heard) < 20 * MIB
    assert (real.assets.list(AssetQuery()).total, staged(faceforge)) == (0, [])
    assert job.messages[-1] == ("info", "Bulk import stopped")


@pytest.mark.parametrize("files", [10, 130], ids=["each alone", "many together"])
def test_what_was_read_and_not_kept_leaves_nothing_behind_when_the_job_stops(
    faceforge: Any, real: Any, job: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(files):
        (folder / f"{number:03}").write_text(f"{number}")
    job.input = BulkImport(path=str(folder))
    reading: list[Any] = []

    def stopping(receive: Callable[..., Any]) -> Callable[..., Any]:
        def stop_later(*arguments: Any) -> Any:
            received = receive(*arguments)
            reading.append(received)
            job.cancelled = len(reading) > 1
            return received

        return stop_later

    alone, together = real.storage.receive, SmallFileReceiver.receive
    monkeypatch.setattr(real.storage, "receive", stopping(alone))
    monkeypatch.setattr(SmallFileReceiver, "receive", stopping(together))
    stopped = importer(real.storage, real.imports)(job)
    assert (stopped["canceled"], staged(faceforge)) == (True, [])
    assert len(reading) > 1
    job.cancelled = False
    monkeypatch.undo()
    again = importer(real.storage, real.imports)(job)
    assert again["imported"] == files - stopped["imported"] > 0
    assert (again["unchanged"], staged(faceforge)) == (stopped["imported"], [])
    assert real.assets.list(AssetQuery()).total == files


def test_a_file_that_is_not_as_it_was_found_is_read_by_itself_among_many_small_ones(
    ctx: Any, job: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        (tmp_path / f"{number:02}").write_text(f"{number}")
    receive = FakeSmallFiles.receive

    def change_some(*arguments: Any) -> Any:
        (tmp_path / "03").write_text("changed")
        (tmp_path / "07").unlink()
        return receive(*arguments)

    monkeypatch.setattr(FakeSmallFiles, "receive", change_some)
    result = run()
    assert (result["imported"], result["errors"]) == (19, 1)
    assert b"changed" in contents(ctx)
    assert ("error", "Import failed") in job.messages


def test_a_failure_of_what_reads_small_files_ends_the_job(
    ctx: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        (tmp_path / f"{number:02}").write_text(f"{number}")

    def fail(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(FakeSmallFiles, "receive", fail)
    with pytest.raises(MemoryError):
        run()
    assert contents(ctx) == []


def test_a_pause_ends_when_the_job_is_to_stop(
    ctx: Any, job: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name)
    job.input = BulkImport(path=str(tmp_path), throttle_ms=60_000)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        job.cancelled = contents(ctx) == [b"a"]

    monkeypatch.setattr("faceforge_builtins.bulk_import.pipeline.time.sleep", nap)
    result = run()
    assert (result["imported"], result["canceled"]) == (1, True)
    assert max(naps) < 0.2


def test_a_folder_that_can_not_be_read_is_an_error_and_its_neighbours_come_in(
    ctx: Any, job: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("closed", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    really = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = run()
    assert (result["imported"], result["errors"]) == (1, 1)
    assert contents(ctx) == [b"open"]


@pytest.mark.parametrize("step", ["receive", "keep"])
def test_a_core_that_is_too_busy_ends_the_job_and_blames_no_file(
    ctx: Any, job: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    for name in "abc":
        (tmp_path / name).write_text(name)

    def refuse(*_: Any, **__: Any) -> Any:
        raise Busy("The database is locked.")

    monkeypatch.setattr(ctx.storage, step, refuse)
    with pytest.raises(Busy):
        run()
    assert ("error", "Import failed") not in job.messages
    assert job.messages[-1] == ("info", "Bulk import stopped")


def test_a_sidecar_that_can_not_be_read_is_a_warning(
    ctx: Any, job: Any, run: Any, tmp_path: Path, before_each_open: Any
) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "a.txt_meta.json").write_text("{}")
    before_each_open(lambda name: (tmp_path / "a.txt_meta.json").unlink(missing_ok=True))
    result = run()
    assert (result["imported"], result["errors"], result["warnings"]) == (1, 0, 1)
    assert ("warning", "Sidecar JSON skipped") in job.messages


def test_a_name_is_shown_as_text() -> None:
    assert intake.as_text("été.png") == "été.png"
    assert intake.as_text("caf\udce9.txt") == "caf\ufffd.txt"
