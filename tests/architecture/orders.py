"""``python -m tests.architecture.orders RUNS FOLDER PYTEST-ARGUMENTS``: the same tests, each time in another order.

All are collected once; each run is a fork of that process, in which none of them has run yet. Two run at a time.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest

TOGETHER = 2


def main(runs: int, folder: Path, arguments: list[str]) -> int:
    """How many runs failed; what these said goes to the standard output."""
    if pytest.main([*arguments, "--collect-only", "-qq"]) != pytest.ExitCode.OK:
        return runs
    gc.freeze()
    running: dict[int, int] = {}
    failed = 0
    for seed in range(runs):
        if len(running) == TOGETHER:
            failed += _failed(running, folder)
        running[_begin(seed, folder, arguments)] = seed
    while running:
        failed += _failed(running, folder)
    return failed


def _begin(seed: int, folder: Path, arguments: list[str]) -> int:
    """The process id of a run in this order."""
    sys.stdout.flush()
    if process_id := os.fork():
        return process_id
    with _said(folder, seed).open("wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    code = 1
    try:
        code = int(pytest.main([*arguments, f"--randomly-seed={seed}", f"--basetemp={folder / str(seed)}"]))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _failed(running: dict[int, int], folder: Path) -> bool:
    """Wait for the end of some run; whether it failed."""
    process_id, status = os.wait()
    seed = running.pop(process_id)
    if status:
        print(_said(folder, seed).read_text(encoding="utf-8", errors="replace"))
    return status != 0


def _said(folder: Path, seed: int) -> Path:
    return folder / f"{seed}.txt"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
