"""The order of an upload's, or a batch's, system calls: what makes it survive power loss, checked without one."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from faceforge_sdk.files import flush_volume

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import NoReturn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's")

TRACED = "trace=write,fsync,fdatasync,syncfs,pwrite64,rename,renameat,renameat2,mkdir"


def test_d02_bytes_and_names_are_on_the_disk_before_the_row_and_the_row_before_the_answer(
    tmp_path: Path, empty_home: Path, uploader: Path, may_trace: str, check_home: Callable[..., object]
) -> None:
    calls = _traced(may_trace, uploader, shutil.copytree(empty_home, tmp_path / "home"), "store", "1", "3000000")

    bytes_written = _last(calls, r"write\(\d+<.*/tmp/upload-\w+\.part>")
    bytes_flushed = _first(calls, r"fsync\(\d+<.*/tmp/upload-\w+\.part>")
    shard_made = _first(calls, r"mkdir\(.*/assets/files/\w\w\"")
    shard_flushed = _first(calls, r"fsync\(\d+<.*/assets/files>")
    renamed = _first(calls, r"rename\w*\(.*\.part\".*/assets/files/\w\w/\w{64}\"")
    name_flushed = _first(calls, r"fsync\(\d+<.*/assets/files/\w\w>")
    row_written = _first(calls, r"pwrite64\(\d+<.*/core\.sqlite3-wal>")
    row_flushed = _first(calls, r"f(?:data)?sync\(\d+<.*/core\.sqlite3-wal>", after=row_written)
    answered = _first(calls, r'write\(1<.*"stored')

    assert bytes_written < bytes_flushed < renamed < name_flushed < row_written < row_flushed < answered
    assert shard_made < shard_flushed < renamed


@pytest.mark.parametrize("manner", ["keep", "keep-each"])
def test_d02_a_batch_is_on_the_disk_before_its_rows_and_those_before_the_answer(
    manner: str, tmp_path: Path, empty_home: Path, uploader: Path, may_trace: str, cannot_run: Callable[[str], NoReturn]
) -> None:
    if manner == "keep" and not flush_volume(tmp_path):
        cannot_run("the volume of temporary files is none that one call flushes")
    calls = _traced(may_trace, uploader, shutil.copytree(empty_home, tmp_path / "home"), manner, "30", "5000")

    bytes_written = _last(calls, r"write\(\d+<.*/tmp/upload-\w+\.part>")
    renames = [_first(calls, r"rename\w*\(.*\.part\".*/assets/files/\w\w/\w{64}\"")]
    renames.append(_last(calls, r"rename\w*\(.*\.part\".*/assets/files/\w\w/\w{64}\""))
    flushes = _all(calls, r"syncfs\(\d+<.*/assets")
    files_flushed = _all(calls, r"fsync\(\d+<.*/assets/files/\w\w/\w{64}>")
    names_flushed = _all(calls, r"fsync\(\d+<.*/assets(?:/files(?:/\w\w)?)?>")
    answered = _first(calls, r'write\(1<.*"stored')
    rows_written = [number for number in _all(calls, r"pwrite64\(\d+<.*/core\.sqlite3-wal>") if number < answered]
    rows_flushed = _first(calls, r"f(?:data)?sync\(\d+<.*/core\.sqlite3-wal>", after=rows_written[-1])

    assert bytes_written < renames[0]
    if manner == "keep":
        assert len(flushes) == 1, "one call for the whole batch"
        assert not files_flushed + names_flushed
    else:
        assert len(files_flushed) == 30
        assert len(names_flushed) == len({calls[number].partition("<")[2] for number in names_flushed}), "each once"
        flushes = files_flushed + names_flushed
    assert renames[1] < min(flushes)
    assert max(flushes) < rows_written[0] < rows_flushed < answered


def _traced(strace: str, uploader: Path, home: Path, *what: str) -> list[str]:
    """The system calls from the moment on when the small Core is ready."""
    manner, *size = what
    trace = home.with_name("trace")
    subprocess.run(
        [
            *(strace, "-f", "-y", "-s", "16", "-e", TRACED, "-o", str(trace)),
            *(sys.executable, str(uploader), manner, str(home), *size),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    calls = trace.read_text().splitlines()
    return calls[_last(calls, r'write\(1<.*"ready') :]


def _all(calls: list[str], pattern: str) -> list[int]:
    return [number for number, call in enumerate(calls) if re.search(pattern, call)]


def _first(calls: list[str], pattern: str, after: int = -1) -> int:
    for number, call in enumerate(calls):
        if number > after and re.search(pattern, call):
            return number
    pytest.fail(f"no call like {pattern} in\n" + "\n".join(calls))


def _last(calls: list[str], pattern: str) -> int:
    return len(calls) - 1 - _first(calls[::-1], pattern)
