"""From nothing to the first answer beside the bare imports; idle memory; switching a plugin off and on."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks import core, machine, servers
from benchmarks.bench import Subject
from benchmarks.contest import Contest, Peer
from benchmarks.results import Figure, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from benchmarks.bench import Bench

IMPORTS, EMPTY = "bare imports", "empty ASGI app"
TOGGLED = "faceforge.thumbnails"
_IDLE_AFTER = 5.0


class OurStart(Peer):
    """Core on a home that it made before."""

    name = core.NAME
    promises = "all built-ins on, every piece of state in its home; until /healthz answers"

    def __init__(self, home: Path, toggles: int) -> None:
        self._home, self._toggles = home, toggles

    def prepare(self) -> None:
        core.Core(self._home).stop()

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"start": self._start}

    def _start(self, _: int) -> Mapping[str, float]:
        with core.Core(self._home) as running:
            time.sleep(_IDLE_AFTER)
            idle = machine.resident(running.pid)
            times: dict[str, list[float]] = {"disable": [], "enable": []}
            for _turn in range(self._toggles):
                for way, taken in times.items():
                    began = time.perf_counter()
                    running.ask("POST", f"/v1/plugins/{TOGGLED}/{way}")
                    taken.append((time.perf_counter() - began) * 1000)
        medians = {way: statistics.median(taken) for way, taken in times.items()}
        return {"start": running.started, "memory": idle, **medians}


class BareImports(Peer):
    """What no Core of this kind can do without."""

    name = IMPORTS
    promises = "a Python that imports fastapi, sqlmodel and uvicorn, and ends"

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"start": self._start}

    def _start(self, _: int) -> Mapping[str, float]:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import fastapi, sqlmodel, uvicorn"], check=True)
        return {"start": time.perf_counter() - began}


class EmptyApp(Peer):
    """`benchmarks.asgi_limits.empty`."""

    name = EMPTY
    promises = "bare ASGI app under uvicorn, until it listens"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"start": self._start}

    def _start(self, _: int) -> Mapping[str, float]:
        began = time.perf_counter()
        served = servers.asgi("empty", self._folder)
        seconds = time.perf_counter() - began
        time.sleep(1)
        memory = machine.resident(served.process.pid)
        served.stop()
        return {"start": seconds, "memory": memory}


def run(bench: Bench) -> None:
    """Start and end, again and again."""
    figures = [
        Figure("start", "first answer", "s", targets=(Target(at_most=1.3, beside=IMPORTS),)),
        Figure("memory", "idle memory", "MB", targets=(Target(at_most=100),)),
        Figure("disable", "switch a built-in off", "ms", targets=(Target(at_most=250),)),
        Figure("enable", "switch it on", "ms", targets=(Target(at_most=250),)),
    ]
    with bench.place() as place:
        peers = [OurStart(place / "home", bench.pick(1, 5)), BareImports(), EmptyApp(place)]
        bench.hold(Contest("Start", peers, figures), 7)


SUBJECT = Subject("Start", "Everything is in the disk's cache; bytecode is there, as after an installation.", run)
