"""Bulk imports beside programs that copy folders, or take them in: ratios, measured in turn in one run.

    python benchmarks/imports.py [ROUNDS]

Two folders: 10,000 files of 30 KB, and 200 of 10 MiB; BENCH_DIR names the disk. Ours is a real Core on a fresh home,
from the request until the job says that it succeeded: by then all is on the disk. What a peer promises when it ends is
printed beside it; those that promise nothing are measured a second time with a flush of the disk at their end. Files
come from memory, where they were just written. Peers that are not installed are named and left out. Beside the time by
the clock stands that of the processors, which says more on a machine with other work to do; of ours it is what the
import took, without what follows it.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from api import Connection, request, start

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 3
LOOK_EVERY = 0.05
"""Whoever asks a hundred times a second how far it is takes a tenth of the one interpreter that does it."""


@dataclass(frozen=True)
class Load:
    """A folder to take in, and how many times as long as ``rsync -a`` it may take us."""

    name: str
    count: int
    size: int
    target: float
    keep_copies: bool
    """Ext4 searches long for a free inode among many that were just given back: copies of many files stay."""

    def make(self, folder: Path) -> Path:
        rng = random.Random(self.count)
        for number in range(self.count):
            shelf = folder / f"{number // 500:03}"
            shelf.mkdir(parents=True, exist_ok=True)
            (shelf / f"IMG_{number:05}.bin").write_bytes(rng.randbytes(self.size))
        return folder


LOADS = [
    Load("10,000 x 30 KB", 10_000, 30_000, 3.0, keep_copies=True),
    Load("200 x 10 MiB", 200, 10 << 20, 1.2, keep_copies=False),
]


class Took(NamedTuple):
    """Seconds by the clock, and of the processors (nan where the system does not tell)."""

    seconds: float
    cpu: float


@dataclass
class Peer:
    """A way to take in a folder: `run` gets the source and a place of its own, and gives the time it took."""

    name: str
    durable: str
    run: Callable[[Path, Path], Took]
    took: list[Took] = field(default_factory=list)

    @property
    def seconds(self) -> list[float]:
        """By the clock."""
        return [one.seconds for one in self.took]

    @property
    def cpu(self) -> float:
        """The median of the processors' seconds."""
        return statistics.median(one.cpu for one in self.took)


def ours(source: Path, place: Path) -> Took:
    """One import by a Core that does nothing else."""
    process, port, token = start(place)
    connection = Connection(port)
    try:
        body = json.dumps({"path": str(source)}).encode()
        began, spent = time.perf_counter(), _spent_by(process.pid)
        job = _asked(connection, request("POST", "/v1/assets/bulk-import", token, body))
        while job["status"] in {"queued", "running"}:
            time.sleep(LOOK_EVERY)
            job = _asked(connection, request("GET", f"/v1/jobs/{job['job_id']}", token))
        took = Took(time.perf_counter() - began, _spent_by(process.pid) - spent)
        if job["status"] != "succeeded" or job["result"]["errors"]:
            raise RuntimeError(job)
    finally:
        connection.close()
        process.terminate()
        process.wait(60)
    return took


def _spent_by(pid: int) -> float:
    """Processor seconds of a process up to now, as Linux tells them."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return math.nan
    return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


def _spent_by_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _asked(connection: Connection, message: bytes) -> dict[str, object]:
    answer: dict[str, object] = json.loads(connection.ask(message))["data"]
    return answer


def command(*words: str, before: tuple[tuple[str, ...], ...] = (), **environment: str) -> Callable[[Path, Path], Took]:
    """Runs a program; SOURCE and PLACE stand for the folders, and commands `before` it are not timed."""

    def run(source: Path, place: Path) -> Took:
        def call(line: tuple[str, ...]) -> None:
            filled = [word.replace("SOURCE", str(source)).replace("PLACE", str(place)) for word in line]
            subprocess.run(filled, cwd=place, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, check=True)

        for line in before:
            call(line)
        began, spent = time.perf_counter(), _spent_by_children()
        call(words)
        return Took(time.perf_counter() - began, _spent_by_children() - spent)

    return run


def flushed(run: Callable[[Path, Path], Took]) -> Callable[[Path, Path], Took]:
    """The same, and then all of it brought to the disk."""

    def both(source: Path, place: Path) -> Took:
        took = run(source, place)
        began = time.perf_counter()
        subprocess.run(["sync", "-f", str(place)], check=True)
        return took._replace(seconds=took.seconds + time.perf_counter() - began)

    return both


def peers() -> list[Peer]:
    """Ours, and those of the others that are installed."""
    rsync, cp = command("rsync", "-a", "SOURCE/", "PLACE/copy/"), command("cp", "-r", "SOURCE", "PLACE/copy")
    restic = command(
        *("restic", "-q", "-r", "PLACE/repo", "backup", "SOURCE"),
        before=(("restic", "-q", "-r", "PLACE/repo", "init"),),
        RESTIC_PASSWORD="x",
    )
    borg = command(
        "borg", "create", "PLACE/repo::one", "SOURCE", before=(("borg", "init", "-e", "none", "PLACE/repo"),)
    )
    annex = command(
        *("git", "annex", "add", "--quiet", "."),
        before=(("git", "init", "-q"), ("git", "annex", "init", "-q"), ("cp", "-r", "SOURCE", "PLACE/files")),
    )
    found = [
        Peer("rsync -a", "nothing", rsync),
        Peer("rsync -a, sync", "all", flushed(rsync)),
        Peer("cp -r", "nothing", cp),
        Peer("cp -r, sync", "all", flushed(cp)),
        Peer("restic backup", "all", restic),
        Peer("borg create", "all", borg),
        Peer("git annex add", "nothing; moves", annex),
    ]
    programs = {"git annex add": "git-annex"}
    installed = [peer for peer in found if shutil.which(programs.get(peer.name, peer.name.split()[0]))]
    missing = [peer.name for peer in found if peer not in installed and "," not in peer.name]
    if missing:
        print(f"not installed: {', '.join(missing)}")
    return [Peer("faceforge", "all", ours), *installed]


def verify(folder: Path) -> None:
    """What Core took in is what lay in the folder."""
    source = Load("", 600, 3000, 0, keep_copies=True).make(folder / "sample")
    ours(source, folder / "sample-home")
    expected = {hashlib.sha256(path.read_bytes()).hexdigest() for path in source.glob("*/*")}
    stored = [*(folder / "sample-home" / "assets" / "files").glob("*/*")]
    found = {path.name for path in stored if hashlib.sha256(path.read_bytes()).hexdigest() == path.name}
    if found != expected or len(stored) != len(expected):
        raise RuntimeError(f"{len(expected)} files to take in, {len(stored)} stored, {len(found & expected)} right")


def measure(load: Load, folder: Path, rounds: int) -> None:
    source = load.make(folder / "source")
    contestants = peers()
    for round_ in range(rounds):
        for number, peer in enumerate(contestants if round_ % 2 else reversed(contestants)):
            place = folder / f"{round_}-{number}"
            place.mkdir()
            os.sync()
            peer.took.append(peer.run(source, place))
            if not load.keep_copies:
                shutil.rmtree(place)
    report(load, contestants)


def report(load: Load, contestants: list[Peer]) -> None:
    us = contestants[0].seconds
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"\n{load.name}: {load.count * load.size / statistics.median(us) / (1 << 20):.0f} MiB/s")
    print(f"{'':18}{'median':>9}{'min':>8}{'max':>8}  ours to it{'cpu':>9}  ours  survives power loss when it ends")
    for peer in contestants:
        figures = f"{statistics.median(peer.seconds):8.2f}s{min(peer.seconds):8.2f}{max(peer.seconds):8.2f}"
        ratio = statistics.median(one / other for one, other in zip(us, peer.seconds, strict=True))
        target = f" (target ≤ {load.target})" if peer.name == "rsync -a" else ""
        cpu = f"{peer.cpu:8.2f}s{contestants[0].cpu / peer.cpu:6.2f}"
        print(f"{peer.name:18}{figures}{ratio:12.2f}{cpu}  {peer.durable}{target}")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for load in LOADS:
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
            verify(Path(name))
            measure(load, Path(name), rounds)


if __name__ == "__main__":
    main()
