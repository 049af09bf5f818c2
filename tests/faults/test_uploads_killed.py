"""kill -9 at every system call of uploads, and of a batch: after it nothing that was said is missing, no row lies."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's"), pytest.mark.slow]

# Of the many page writes of SQLite every fifth has to do.
STEPS = {"openat": 1, "write": 1, "fsync": 1, "rename": 1, "fdatasync": 1, "pwrite64": 5, "mkdir": 1, "unlink": 1}
OF_A_BATCH = {"write": 1, "rename": 1, "syncfs": 1, "fdatasync": 1, "pwrite64": 5, "mkdir": 1, "unlink": 1}
CASES = [*(("store", *step) for step in STEPS.items()), *(("keep", *step) for step in OF_A_BATCH.items())]


@pytest.mark.parametrize(("action", "syscall", "step"), CASES)
def test_d03_an_upload_killed_at_any_system_call_leaves_a_home_that_is_right(
    action: str,
    syscall: str,
    step: int,
    tmp_path: Path,
    empty_home: Path,
    cores: Any,
    may_trace: str,
    check_home: Callable[..., dict[str, Any]],
) -> None:
    killed = 0
    for k in range(1, 400, step):
        home = shutil.copytree(empty_home, tmp_path / f"home-{k}")

        def tracer(pid: int, k: int = k) -> list[str]:
            inject = f"inject={syscall}:signal=SIGKILL:when={k}"
            return [may_trace, "-f", "-e", f"trace={syscall}", "-e", inject, "-p", str(pid)]

        code, answers = cores.run(home, tracer, action=action)
        acknowledged = {answer.removeprefix("stored ") for answer in answers}
        assert check_home(home, *acknowledged)["findings"] == [], f"{syscall} {k}"
        code_after, answers_after = cores.run(home, action=action)
        assert (code_after, {answer.split()[0] for answer in answers_after}) == (0, {"stored"}), f"{syscall} {k}"
        report = check_home(home, *(answer.removeprefix("stored ") for answer in answers_after))
        assert report == {"assets": 2, "findings": [], "orphans": []}, f"{syscall} {k}"
        assert list((home / "tmp").glob("*.part")) == []
        shutil.rmtree(home)
        if code == 0:
            break
        killed += 1
    assert killed >= 1
