"""Small files by the dozen, in a process of its own: whole copies, or none and nothing left."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.storage import small_files_process
from faceforge_core.testing import wait_for
from faceforge_sdk.protocols import SMALL_FILE_BYTES, FileOrigin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from faceforge_core.storage.small_files import SmallFileReceiver

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has nothing like it")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


@pytest.fixture
def receiver(house: Any) -> Iterator[SmallFileReceiver]:
    receiver = house.storage.small_files()
    yield receiver
    receiver.close()


def found(path: Path) -> FileOrigin:
    facts = path.lstat()
    return FileOrigin(os.fsencode(path), facts.st_size, facts.st_mtime_ns)


def make(folder: Path, *contents: bytes) -> list[FileOrigin]:
    paths = [folder / f"{number}" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return [found(path) for path in paths]


def hashes(received: Sequence[Any]) -> list[str | None]:
    return [None if one is None else one.content_hash for one in received]


def process_of(receiver: SmallFileReceiver) -> subprocess.Popen[bytes]:
    process = receiver._process
    assert process is not None
    return process


def test_each_is_hashed_and_private_and_known_to_nobody(house: Any, receiver: SmallFileReceiver, folder: Path) -> None:
    contents = [b"a", os.urandom(30_000), b"\0" * SMALL_FILE_BYTES]

    received = receiver.receive(make(folder, *contents))

    assert hashes(received) == [hashlib.sha256(content).hexdigest() for content in contents]
    staged = list(house.home.staging_dir.glob("*.part"))
    assert sorted(path.read_bytes() for path in staged) == sorted(contents)
    if os.name == "posix":
        assert {path.stat().st_mode & 0o777 for path in staged} == {0o600}
    assert house.rows() == 0
    for one in received:
        assert one is not None
        one.discard()
    assert house.files() == []


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="its disks take no names that are no text")
def test_names_may_be_any_bytes(receiver: SmallFileReceiver, folder: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9 \xf0\x9f\x8c\xbb\n"))
    path.write_bytes(b"coffee")
    assert hashes(receiver.receive([found(path)])) == [hashlib.sha256(b"coffee").hexdigest()]


def grown(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def rewritten(path: Path) -> None:
    facts = path.stat()
    path.write_bytes(b"B" * facts.st_size)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1_000_000_000))


def gone(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "change", [grown, rewritten, gone, a_folder, pytest.param(a_link, marks=posix), pytest.param(a_pipe, marks=posix)]
)
def test_what_is_not_as_it_was_found_is_left_to_others_and_its_neighbours_come_in(
    house: Any, receiver: SmallFileReceiver, folder: Path, change: Callable[[Path], None]
) -> None:
    files = make(folder, b"a", b"b" * 100, b"c")
    change(folder / "1")
    received = receiver.receive(files)
    assert [one is not None for one in received] == [True, False, True]
    assert len(house.files()) == 2


def test_r02_r03_what_is_too_large_or_has_no_space_is_left_to_others(
    house: Any, receiver: SmallFileReceiver, folder: Path
) -> None:
    files = make(folder, b"a" * 100, b"b" * 101, b"c" * (SMALL_FILE_BYTES + 1))
    assert [one is not None for one in receiver.receive(files)] == [True, True, False]
    house.limits["upload_bytes"] = 100
    assert [one is not None for one in receiver.receive(files)] == [True, False, False]
    house.limits["free_space_reserve_bytes"] = 2**62
    large = make(folder, *[b"x" * 100_000] * 200)
    house.limits["upload_bytes"] = None
    assert None in receiver.receive(large)


def test_without_a_process_all_is_left_to_others(
    house: Any, receiver: SmallFileReceiver, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(sys, "executable", str(folder / "no python"))
    files = make(folder, b"a", b"b")
    assert receiver.receive(files) == [None, None]
    assert receiver.receive(files) == [None, None]
    assert len([line for line in caplog.records if "one by one" in line.getMessage()]) == 1
    assert house.files() == []


def test_a_process_that_dies_leaves_nothing_behind_and_all_to_others(
    house: Any, receiver: SmallFileReceiver, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    own = Path(small_files_process.__file__)
    dying = folder / "dies_before_it_answers.py"
    dying.write_text(own.read_text("utf-8").replace("        answers.flush()", "        os._exit(1)"), "utf-8")
    monkeypatch.setattr(small_files_process, "__file__", str(dying))
    files = make(folder, b"a", b"b")
    assert receiver.receive(files) == [None, None]
    assert receiver.receive(files) == [None, None]
    assert house.files() == []
    assert len([line for line in caplog.records if "one by one" in line.getMessage()]) == 1


@posix
def test_j03_closing_does_not_wait_for_a_disk_that_hangs(
    house: Any, receiver: SmallFileReceiver, folder: Path, caplog: Any
) -> None:
    files = make(folder, b"a", b"b")
    for one in receiver.receive(files):
        assert one is not None
        one.discard()
    process = process_of(receiver)
    os.kill(process.pid, signal.SIGSTOP)
    answers: list[Any] = []
    waiting = threading.Thread(target=lambda: answers.append(receiver.receive(files)))
    waiting.start()
    wait_for(receiver._asking.locked)

    receiver.close()

    waiting.join()
    assert answers == [[None, None]]
    assert process.returncode is not None
    assert house.files() == []
    assert caplog.text == ""
    assert receiver.receive(files) == [None, None]


# --- The process


def serve(request: bytes) -> tuple[bytes, int]:
    script = str(small_files_process.__file__)
    ran = subprocess.run([sys.executable, "-I", "-S", script], input=request, capture_output=True, check=False)
    return ran.stdout, ran.returncode


def test_the_process_ends_with_who_asks_it() -> None:
    assert serve(b"") == (b"", 0)
    assert serve(b"[]\n") == (b"[]\n", 0)


@posix
def test_ctrl_c_is_not_for_the_process(receiver: SmallFileReceiver, folder: Path) -> None:
    [first] = receiver.receive(make(folder, b"a"))
    os.kill(process_of(receiver).pid, signal.SIGINT)
    [second] = receiver.receive(make(folder, b"b"))
    assert first is not None
    assert second is not None


@pytest.mark.parametrize("room", [0, 3])
def test_r03_a_disk_that_takes_a_part_is_left_without_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    (folder / "source").write_bytes(b"12345")
    really, room_left = os.write, iter([room])

    def write(descriptor: int, content: memoryview) -> int:
        part = next(room_left, 0)
        if not part:
            raise OSError(errno.ENOSPC, "no space")
        return really(descriptor, content[:part])

    monkeypatch.setattr(os, "write", write)
    origin = found(folder / "source")
    target = os.fsencode(folder / "target")
    assert small_files_process.take(origin.path, origin.byte_size, origin.mtime_ns, target) is None
    assert [path.name for path in folder.iterdir()] == ["source"]


def test_a_file_that_changes_while_it_is_read_is_not_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = folder / "source"
    source.write_bytes(b"12345")
    origin, really = found(source), os.read

    def read(descriptor: int, size: int) -> bytes:
        grown(source)
        return really(descriptor, size)

    monkeypatch.setattr(os, "read", read)
    target = os.fsencode(folder / "target")
    assert small_files_process.take(origin.path, origin.byte_size, origin.mtime_ns, target) is None
    assert [path.name for path in folder.iterdir()] == ["source"]
