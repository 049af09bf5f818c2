"""Bulk imports beside programs that copy folders, or take them in.

Ours is a real Core on a fresh home, from the request until the job says that it succeeded: by then all is on the disk.
Those that promise nothing when they end are measured a second time with a flush of the disk at their end. Beside the
time by the clock stands that of the processors, which says more on a machine with other work to do; of ours it is what
the import took, without what follows it.
"""

from __future__ import annotations

import hashlib
import math
import os
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks import core, machine
from benchmarks.bench import Subject
from benchmarks.contest import Contest, Peer
from benchmarks.library import make_files
from benchmarks.results import Figure, Target
from benchmarks.servers import program
from benchmarks.wire import Connection

from .import_programs import ANNEX, PROGRAMS, RESTIC, RSYNC, Program, Words, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from benchmarks.bench import Bench

_ASK_EVERY = 0.01


@dataclass(frozen=True)
class Load:
    """A folder to take in, and how long that may take us beside others."""

    name: str
    count: int
    size: int
    targets: tuple[Target, ...]
    many: bool


class Importer(Peer):
    """A side that takes in `source`; each turn in a place of its own."""

    def __init__(self, load: Load, source: Path, sample: Path, folder: Path) -> None:
        self._load, self._source, self._sample, self._folder = load, source, sample, folder

    def answers(self) -> Mapping[str, Any]:
        place = self._new_place("sample")
        held = self.held_after(self._sample, place)
        shutil.rmtree(place)
        return {"SHA-256 of all files": sorted(held)}

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"import": self._import}

    def _import(self, round_: int) -> Mapping[str, float]:
        place = self._new_place(str(round_))
        os.sync()
        found = self.take_in(self._source, place)
        # Ext4 searches long for a free inode among many that were just given back: copies of many files stay.
        if not self._load.many:
            shutil.rmtree(place)
        return found

    def _new_place(self, name: str) -> Path:
        place = self._folder / f"{name}-{''.join(filter(str.isalnum, self.name))}"
        place.mkdir()
        return place

    def held_after(self, source: Path, place: Path) -> list[str]:
        """The SHA-256 of all that it holds once it took in a folder."""
        raise NotImplementedError

    def take_in(self, source: Path, place: Path) -> Mapping[str, float]:
        """What it took, by figure."""
        raise NotImplementedError


class OurImports(Importer):
    """A Core that does nothing else."""

    name = core.NAME
    promises = "all on the disk, and in the database, when the job has succeeded; SHA-256, each content once"

    def held_after(self, source: Path, place: Path) -> list[str]:
        self.take_in(source, place)
        return _digests(place / "assets" / "files")

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        own = {"API meanwhile": self._api_meanwhile} if self._load.many else {}
        return {**super().tasks(), **own}

    def take_in(self, source: Path, place: Path) -> Mapping[str, float]:
        with core.Core(place) as running:
            running.calm_down()
            machine.forget_peak(running.pid)
            idle, spent = machine.resident(running.pid), machine.cpu_seconds(running.pid, with_children=True)
            seconds = _imported(running, source)
            cpu = machine.cpu_seconds(running.pid, with_children=True) - spent
            peak = machine.resident(running.pid, peak=True) - idle
            running.calm_down()
            again = _imported(running, source)
        return {"seconds": seconds, "cpu": cpu, "memory": peak, "again": self._load.count / again}

    def _api_meanwhile(self, round_: int) -> Mapping[str, float]:
        """What a client waits while files come in, at most in 99 of 100 requests; and how long without an import."""
        place = self._new_place(f"meanwhile-{round_}")
        with core.Core(place) as running:
            entity = running.ask("POST", "/v1/entities", {"display_name": "Ada"})
            message = running.message("GET", f"/v1/entities/{entity['entity_id']}")
            running.calm_down()
            alone = _p99(running, message, threading.Event(), 2.0)
            over = threading.Event()
            waits: list[float] = []
            client = threading.Thread(target=lambda: waits.append(_p99(running, message, over, math.inf)))
            client.start()
            try:
                _imported(running, self._source)
            finally:
                over.set()
                client.join()
        return {"p99": waits[0], "p99_alone": alone}


def _imported(running: core.Core, source: Path) -> float:
    seconds, result = running.job("/v1/assets/bulk-import", {"path": str(source)})
    if result["errors"]:
        raise RuntimeError(result)
    return seconds


def _p99(running: core.Core, message: bytes, over: threading.Event, seconds: float) -> float:
    """In milliseconds, of one request every hundredth of a second."""
    waits: list[float] = []
    began = time.monotonic()
    with Connection(running.port) as connection:
        while (not over.is_set() and time.monotonic() - began < seconds) or len(waits) < 10:
            asked = time.perf_counter()
            connection.ask(message)
            waits.append(time.perf_counter() - asked)
            time.sleep(_ASK_EVERY)
    return sorted(waits)[len(waits) * 99 // 100] * 1000


def _digests(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts[len(folder.parts) :]]
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]


class Command(Importer):
    """One of the other programs."""

    def __init__(self, program_: Program, load: Load, source: Path, sample: Path, folder: Path) -> None:
        super().__init__(load, source, sample, folder)
        self._program = program_
        self.name, self.promises, self.most_rounds = program_.name, program_.promises, program_.most_rounds

    def available(self) -> str:
        return "" if program(self._program.needs) else f"not installed: apt-get install {self._program.package}"

    def held_after(self, source: Path, place: Path) -> list[str]:
        for line in (*self._program.before, self._program.run, *filter(None, [self._program.out])):
            self._call(line, source, place)
        return _digests(place / self._program.held)

    def take_in(self, source: Path, place: Path) -> Mapping[str, float]:
        for line in self._program.before:
            self._call(line, source, place)
        os.sync()
        began, spent = time.perf_counter(), machine.children_cpu_seconds()
        self._call(self._program.run, source, place)
        cpu = machine.children_cpu_seconds() - spent
        if self._program.flush:
            subprocess.run(["sync", "-f", str(place)], check=True)
        found = {"seconds": time.perf_counter() - began, "cpu": cpu}
        if self._program.again:
            began = time.perf_counter()
            self._call(self._program.again, source, place)
            found["again"] = self._load.count / (time.perf_counter() - began)
        return found

    def _call(self, words: Words, source: Path, place: Path) -> None:
        filled = [word.replace("SOURCE", str(source)).replace("PLACE", str(place)) for word in words]
        inside = place / self._program.held if self._program.name == ANNEX and words[0] == "git" else place
        done = subprocess.run(filled, cwd=inside, env=environment(place), capture_output=True, check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).decode(errors="replace")[-300:]
            raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {said}")


def figures(load: Load) -> list[Figure]:
    """What is measured of a load."""
    return [
        Figure("seconds", "import", "s", targets=load.targets),
        Figure("cpu", "its processor time", "s"),
        Figure("memory", "peak of memory above idle", "MB"),
        Figure("again", "the unchanged folder again", "files/s", "higher", _AGAIN if load.many else ()),
        Figure("p99", "a request meanwhile, p99", "ms"),
        Figure("p99_alone", "the same without an import", "ms"),
    ]


_AGAIN = (Target(at_least=20_000),)
_SMALL = (Target(at_most=3, beside=RSYNC), Target(at_most=1.5, beside=RESTIC), Target(at_least=5, beside=ANNEX))
_LARGE = (Target(at_most=1.2, beside=RSYNC),)


def run(bench: Bench) -> None:
    """Many small files, and some large ones."""
    loads = [
        Load(f"{(few := bench.pick(60, 10_000)):,} × 30 KB", few, 30_000, _SMALL, many=True),
        Load(f"{(some := bench.pick(2, 200)):,} × 10 MiB", some, 10 << 20, _LARGE, many=False),
    ]
    programs = PROGRAMS if bench.scale != "large" else [replace(one, most_rounds=1_000) for one in PROGRAMS]
    for load in loads:
        with bench.place() as place:
            source = make_files(place / "source", load.count, load.size, seed=load.count)
            sample = make_files(place / "sample", 30, 3000, seed=1)
            ours = OurImports(load, source, sample, place)
            others = [Command(one, load, source, sample, place) for one in programs]
            bench.hold(Contest(load.name, [ours, *others], figures(load)), 3)


SUBJECT = Subject(
    "Imports",
    "From the page cache. `, sync` is the same program with a flush of the disk at its end. The unchanged folder is "
    "taken in again right behind the first time.",
    run,
)
