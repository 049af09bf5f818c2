"""``faceforge plugins dev``: a plugin reloaded while it is worked on, in the Core that serves or in one of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from faceforge_core.cli.plugin_dev import changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CODE = """from fastapi import APIRouter

from faceforge_sdk import Router, hookimpl


@hookimpl
def register_routers(ctx):
    router = APIRouter()

    @router.get("/word")
    def word() -> str:
        return "WORD"

    return [Router(router)]
"""
PATIENCE = 90.0


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A plugin's folder."""
    folder = tmp_path / "palette"
    folder.mkdir()
    facts = {"id": "demo.palette", "name": "Palette", "version": "1.0", "api_version": 1}
    (folder / "plugin.json").write_text(json.dumps({**facts, "entrypoints": {"python": "plugin"}}))
    (folder / "plugin.py").write_text(CODE.replace("WORD", "one"))
    return folder


class Developing:
    """The command in a process of its own, and what it has said so far."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._home = home
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "faceforge_core", "plugins", "dev", str(folder), "--home", str(home)],
            env={**os.environ, "FACEFORGE_PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def until_it_says(self, *words: str) -> str:
        """The first line from now on, or among those not asked for yet, with all of these words."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for number, line in enumerate(self.lines):
                if all(word in line for word in words):
                    del self.lines[: number + 1]
                    return line
            assert self.process.poll() is None, self.lines
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.05)

    def word(self) -> str:
        """What the plugin answers now."""
        port = json.loads((self._home / "core.lock.json").read_text())["port"]
        token = json.loads((self._home / "config" / "core.json").read_text())["auth"]["install_token"]
        address = f"http://127.0.0.1:{port}/v1/plugins/demo.palette/word"
        return str(httpx.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=60).json())

    def end(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join(60)
        return code


@pytest.fixture
def develop() -> Iterator[Callable[[Path, Path], Developing]]:
    """Runs ``faceforge plugins dev FOLDER --home HOME``."""
    started: list[Developing] = []

    def run(folder: Path, home: Path) -> Developing:
        started.append(Developing(folder, home))
        return started[-1]

    yield run
    for one in started:
        one.end()
        if one.process.stdout is not None:
            one.process.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="ends it by a signal")
def test_what_is_saved_runs_and_what_is_wrong_leaves_the_last_good_version_running(
    develop: Any, start_process: Any, plugin: Path
) -> None:
    home = start_process().home
    work = develop(plugin, home)
    work.until_it_says("demo.palette runs", "1 Router")
    assert work.word() == "one"

    (plugin / "plugin.py").write_text(CODE.replace("WORD", "broken").replace("return [", "return ("))
    assert work.until_it_says("plugin.py:", ": error: ").startswith(str(plugin / "plugin.py"))
    work.until_it_says("Not reloaded: the last version that ran goes on")
    assert work.word() == "one"

    (plugin / "plugin.py").write_text(CODE.replace("WORD", "two"))
    work.until_it_says("demo.palette runs")
    assert work.word() == "two"

    (plugin / "plugin.py").write_text(CODE.replace("router = APIRouter()", "router = helped()") + "\n\nimport helped\n")
    told = work.until_it_says(": error: ", "helped")
    assert told.startswith(f"{plugin / 'plugin.py'}:{CODE.count(chr(10)) + 3}: error: ModuleNotFoundError")
    work.until_it_says("Not reloaded: the last version that ran goes on")
    assert work.word() == "two"

    assert work.end() == 0
    assert any("demo.palette stays installed" in line for line in work.lines)


@pytest.mark.skipif(os.name == "nt", reason="ends it by a signal")
def test_where_no_core_serves_the_home_one_is_started_and_ends_with_it(
    develop: Any, plugin: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (plugin / "plugin.json").write_text("{")
    work = develop(plugin, home)
    work.until_it_says("plugin.json:1: error: Not valid JSON")
    work.until_it_says("Not reloaded: nothing runs yet")
    facts = {"id": "demo.palette", "name": "Palette", "version": "1.0", "api_version": 1}
    (plugin / "plugin.json").write_text(json.dumps({**facts, "entrypoints": {"python": "plugin"}}))
    work.until_it_says("demo.palette runs")
    assert work.word() == "one"

    (plugin / "plugin.py").write_text(f"{CODE}\n\nraise RuntimeError('not today')\n")
    assert work.until_it_says("RuntimeError: not today").startswith(str(plugin / "plugin.py"))
    assert work.lines == [] or "Not reloaded" in work.lines[0], "the log does not bury what is told"
    work.until_it_says("Not reloaded: the last version that ran goes on")
    log = (home / "logs" / "core.log").read_text()
    assert log.count("RuntimeError: not today") == 1, "it is tried once"

    assert work.end(signal.SIGTERM) == 0
    assert not (home / "core.lock.json").exists(), "its Core has let go of the home"


def test_a_change_is_told_once_it_is_over(plugin: Path) -> None:
    told = changes(plugin, pause=0.01)
    next(told)
    (plugin / "new.txt").write_text("x")
    next(told)
    (plugin / "new.txt").unlink()
    next(told)
    (plugin / ".hidden").write_text("x")
    (plugin / "plugin.py").write_text("shorter")
    next(told)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "faceforge_core", "plugins", "dev", str(tmp_path / "no"), "--home", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no folder" in done.stderr
