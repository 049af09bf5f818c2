"""A plugin worked on while it runs: reloaded when its files change, and kept as it was while they are wrong."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from faceforge_core.home import Home
from faceforge_core.plugins.packing import copy_folder, files_of
from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import FaceForgeError

from .plugin_checks import check, told_place
from .plugin_desks import AskedCore
from .plugins import plain, told_findings
from .running import running_core

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from faceforge_sdk.models import Plugin

    from .running import RunningCore

LOOK_SECONDS = 0.3
START_SECONDS = 60.0
STOP_SECONDS = 20.0

_Stamps = tuple[tuple[str, int, int], ...]


def develop(folder: Path, root: Path) -> None:
    """Keep a plugin enabled in the Core of a home, as its folder is; until Ctrl-C. Starts a Core where none serves."""
    # Whoever ends this with a signal is to find no Core left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="faceforge-dev-") as copies, _core_of(root) as core:
        work = Workbench(folder, AskedCore(core), Path(copies))
        try:
            for _ in changes(folder):
                work.reload()
        except KeyboardInterrupt:
            if work.plugin_id is not None:
                typer.echo(f"{work.plugin_id} stays installed; faceforge plugins remove {work.plugin_id} removes it.")


class Workbench:
    """Brings a folder into a Core again and again; `plugin_id` is what it was called when that first succeeded."""

    def __init__(self, folder: Path, desk: AskedCore, copies: Path) -> None:
        self.plugin_id: str | None = None
        self._folder = folder
        self._desk = desk
        self._copies = copies
        self._numbers = count(1)
        self._good: Path | None = None

    def reload(self) -> None:
        """Install the folder as it is now. What is wrong is told, and the last version that ran goes on."""
        report = check(self._folder, run=False)
        for line in told_findings(self._folder, report.findings):
            typer.echo(line)
        manifest = report.manifest
        if report.errors or manifest is None:
            self._tell_kept()
            return
        if self.plugin_id not in {None, manifest.id}:
            typer.echo(f"Its id was {self.plugin_id} and is {manifest.id} now: begin anew for that.")
            return
        try:
            self._bring(manifest.id)
        except StartRefused:
            raise  # there is no Core any more
        except (FaceForgeError, OSError) as exc:
            typer.echo(f"{self._folder}: error: {exc}")
            self._tell_kept()

    def _bring(self, plugin_id: str) -> None:
        began = time.monotonic()
        copy = self._copies / str(next(self._numbers))
        copy.mkdir()
        copy_folder(self._folder, copy)
        plugin = self._installed(copy)
        self.plugin_id = plugin_id
        if plugin.state == "active":
            self._good = copy
            made = ", ".join(f"{number} {kind}" for kind, number in plugin.contributions.items()) or "nothing"
            typer.echo(f"{_now()} {plugin_id} runs ({time.monotonic() - began:.1f} s): {made}.")
            return
        for line in _told_error(plugin, self._folder):
            typer.echo(line)
        if self._good is not None:
            self._installed(self._good)
        self._tell_kept()

    def _installed(self, copy: Path) -> Plugin:
        plugin = self._desk.install(copy).plugin
        # One that is enabled was started by being replaced: a second attempt would only fail a second time.
        return plugin if plugin.enabled else self._desk.enable(plugin.plugin_id)

    def _tell_kept(self) -> None:
        kept = "the last version that ran goes on" if self._good is not None else "nothing runs yet"
        typer.echo(f"{_now()} Not reloaded: {kept}. Waiting for the next change.")


def _told_error(plugin: Plugin, folder: Path) -> Iterator[str]:
    """The error as a compiler would tell it, then the way to it through the plugin's own files."""
    summary = plain(plugin.error.summary) if plugin.error else "It does not run."
    trace = (plugin.error.traceback or "") if plugin.error else ""
    inside = rf'File "[^"]*[\\/]plugins[\\/]{re.escape(plugin.plugin_id)}[\\/]([^"]+)", line (\d+), in (.+)'
    frames = [(folder / name, line, function) for name, line, function in re.findall(inside, trace)]
    if not frames:
        path, line = told_place(summary, folder) or ("plugin.json", 1)
        yield f"{folder / path}:{line}: error: {summary}"
        return
    path, line, _ = frames[-1]
    yield f"{path}:{line}: error: {summary}"
    for path, line, function in reversed(frames[:-1]):
        yield f"{path}:{line}: called in {function}"


def _now() -> str:
    return time.strftime("%H:%M:%S")


# --- What changes -----------------------------------------------------------------------------------------------------


def changes(folder: Path, pause: float = LOOK_SECONDS) -> Iterator[None]:
    """Once at the beginning, and again whenever files of the plugin have changed and nobody writes any more."""
    seen: _Stamps | str = _stamps(folder)
    yield
    while True:
        time.sleep(pause)
        now = _stamps(folder)
        while now != seen:
            seen = now
            time.sleep(pause)
            now = _stamps(folder)
            if now == seen:
                yield


def _stamps(folder: Path) -> _Stamps | str:
    """What tells that a file is another one; a sentence where the folder is in no state to be read."""
    try:
        facts = [("/".join(parts), path.stat()) for parts, path in files_of(folder)]
    except (FaceForgeError, OSError) as exc:
        return str(exc)
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in facts)


# --- The Core ---------------------------------------------------------------------------------------------------------


@contextmanager
def _core_of(root: Path) -> Iterator[RunningCore]:
    """The Core that serves this home; where there is none, one that is started and stopped here."""
    home = Home.at(root)
    running = running_core(home)
    if running is not None:
        yield running
        return
    with tempfile.TemporaryFile() as said:
        # Its warnings would bury what is told here; they are in its log file, too.
        command = [sys.executable, "-m", "faceforge_core", "serve", "--home", str(root)]
        process = subprocess.Popen(command, stderr=said)
        try:
            try:
                running = _wait_for(home, process)
            except StartRefused:
                said.seek(0)
                typer.echo(said.read().decode(errors="replace"), err=True, nl=False)
                raise
            typer.echo(f"Its log is {home.logs_dir / 'core.log'}")
            yield running
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(home: Home, process: subprocess.Popen[bytes]) -> RunningCore:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StartRefused(f"Core did not start on {home.root}; what it said stands above.")
        running = running_core(home)
        if running is not None and _answers(running):
            return running
        time.sleep(LOOK_SECONDS)
    raise StartRefused(f"Core did not answer within {START_SECONDS:g} s.")


def _answers(core: RunningCore) -> bool:
    try:
        answer: Mapping[str, object] = core.ask("GET", "/v1/ping")
    except StartRefused:
        return False
    return bool(answer)
