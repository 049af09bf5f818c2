"""Processes in which Core is loaded already, forked from one that did it for all of them: loading takes two seconds."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext
    from typing import TextIO

POSSIBLE = "forkserver" in multiprocessing.get_all_start_methods()


@cache
def _forks() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    built_ins = entry_points(group="faceforge.builtin")
    own = "faceforge_core.app", "faceforge_core.cli", "faceforge_core.web.templates"
    context.set_forkserver_preload([*own, *(one.module for one in built_ins)])
    return context


class PreparedProcess:
    """``python -m MODULE ARGUMENTS`` as a process of its own, to be handled like one of `subprocess.Popen`.

    It has its own memory, signals, files and end. What an interpreter does before the first line of a program, and what
    variables like PYTHONPATH do then, is not part of it.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
    ) -> None:
        work = module, [*arguments], dict(environment), str(folder or Path.cwd())
        said, output = multiprocessing.Pipe(duplex=False)
        with said, output:
            self._process = _forks().Process(target=_run, args=(*work, output))
            self._process.start()
            self.stdout: TextIO | None = os.fdopen(os.dup(said.fileno()), encoding="utf-8")
        self.args = (sys.executable, "-m", module, *arguments)
        self.pid = self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """As with `subprocess.Popen`, a signal's number below zero."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return self.returncode

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):  # ended in just this moment: who forked it has seen that already
                os.kill(self.pid, number)


def run_prepared(
    command: Sequence[str],
    *,
    timeout: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    **_: object,
) -> subprocess.CompletedProcess[str]:
    """``subprocess.run([sys.executable, "-m", …])``; all that it says counts as said to both outputs."""
    python, option, module, *arguments = command
    assert (python, option) == (sys.executable, "-m")
    process = PreparedProcess(module, arguments, os.environ if env is None else env, cwd)
    assert process.stdout is not None
    with process.stdout, ThreadPoolExecutor(1) as reader:  # nobody waits for a pipe that is full
        saying = reader.submit(process.stdout.read)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        return subprocess.CompletedProcess(command, code, said := saying.result(), said)


def _run(module: str, arguments: list[str], environment: dict[str, str], folder: str, output: Connection) -> None:
    """What the new process does."""
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    output.close()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
