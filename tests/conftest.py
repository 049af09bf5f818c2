"""What tests of every part share: asking for what a machine may lack, and running code in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_NOT_TESTED = "NOT TESTED: "


@pytest.fixture
def cannot_run() -> Callable[[str], NoReturn]:
    """Ends a test that this machine cannot run: a skip, listed at the end, or a failure where nothing may miss."""

    def end(reason: str) -> NoReturn:
        if os.environ.get("FACEFORGE_REQUIRE_TOOLS") == "1":
            pytest.fail(f"{reason} (and FACEFORGE_REQUIRE_TOOLS=1)")
        pytest.skip(_NOT_TESTED + reason)

    return end


@pytest.fixture
def require_tool(cannot_run: Callable[[str], NoReturn]) -> Callable[[str], str]:
    """The path of a program the test needs, or the end of the test (see `cannot_run`)."""

    def find(name: str) -> str:
        return shutil.which(name) or cannot_run(f"{name} is not installed")

    return find


@pytest.fixture
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a piece of Python in a process of its own, under the given words of a command (`under`) if any."""

    def run(code: str, *arguments: object, under: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [*under, sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("skipped"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if _NOT_TESTED in reason:
            terminalreporter.write_line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}", yellow=True)
