"""The order of one upload's system calls: what makes it survive power loss, checked without one."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's")

TRACED = "trace=write,fsync,fdatasync,pwrite64,rename,renameat,renameat2,mkdir"


def test_d02_bytes_and_names_are_on_the_disk_before_the_row_and_the_row_before_the_answer(
    tmp_path: Path, empty_home: Path, uploader: Path, may_trace: str, check_home: Callable[..., object]
) -> None:
    home = shutil.copytree(empty_home, tmp_path / "home")
    trace = tmp_path / "trace"
    subprocess.run(
        [
            *(may_trace, "-f", "-y", "-s", "16", "-e", TRACED, "-o", str(trace)),
            *(sys.executable, str(uploader), "store", str(home), "1", "3000000"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    calls = trace.read_text().splitlines()
    calls = calls[_last(calls, r'write\(1<.*"ready') :]

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


def _first(calls: list[str], pattern: str, after: int = -1) -> int:
    for number, call in enumerate(calls):
        if number > after and re.search(pattern, call):
            return number
    pytest.fail(f"no call like {pattern} in\n" + "\n".join(calls))


def _last(calls: list[str], pattern: str) -> int:
    return len(calls) - 1 - _first(calls[::-1], pattern)
