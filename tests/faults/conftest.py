"""Homes under fault: a Core in a process of its own, and the checker."""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.db.migrate import migrate
from faceforge_core.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def uploader() -> Path:
    """The script of a small Core that stores files."""
    return HERE / "uploader.py"


@pytest.fixture(scope="session")
def check_home() -> Callable[..., dict[str, Any]]:
    """What the independent checker says of a home, given the ids that were acknowledged."""
    judge: Callable[..., dict[str, Any]] = runpy.run_path(str(HERE / "check_home.py"))["judge"]
    return judge


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home at the present schema in which nothing was ever stored; to be copied."""
    home = Home.at(tmp_path_factory.mktemp("homes") / "empty")
    home.prepare()
    migrate(home.database, home.backups_dir)
    return home.root


@pytest.fixture
def require_root(cannot_run: Callable[[str], NoReturn]) -> None:
    """Ends the test where it cannot mount."""
    if sys.platform != "linux" or os.geteuid() != 0:
        cannot_run("only root mounts file systems, and only on Linux does this test know how")


@dataclass
class ForkedCores:
    """A process that forks one small Core after the other, so that the imports are paid once."""

    process: subprocess.Popen[str]

    def run(
        self, home: Path, tracer: Callable[[int], list[str]] | None = None, *, action: str = "store"
    ) -> tuple[int, list[str]]:
        """Exit code (negative for a signal) and answers of a Core that does something under a tracer's command."""
        assert self.process.stdin is not None
        print(action, home, file=self.process.stdin, flush=True)
        first = self._line()
        pid = int(first.removeprefix("pid "))
        tracing = self._attach(tracer(pid)) if tracer is not None else None
        os.kill(pid, signal.SIGUSR1)
        answers = []
        while not (line := self._line()).startswith("exit "):
            answers.append(line)
        if tracing is not None:
            tracing.communicate(timeout=60)
        return int(line.removeprefix("exit ")), answers

    def _attach(self, command: list[str]) -> subprocess.Popen[str]:
        tracing = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert tracing.stderr is not None
        line = tracing.stderr.readline()
        assert "attached" in line, line
        return tracing

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the process that forks Cores has died"
        return line.strip()


@pytest.fixture(scope="module")
def cores(uploader: Path) -> Iterator[ForkedCores]:
    with subprocess.Popen(
        [sys.executable, str(uploader), "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield ForkedCores(process)
        process.kill()


@pytest.fixture
def may_trace(require_tool: Callable[[str], str], cannot_run: Callable[[str], NoReturn]) -> str:
    """strace, proven to be allowed."""
    strace = require_tool("strace")
    if subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True, check=False).returncode != 0:
        cannot_run("strace may not trace here")
    return strace
