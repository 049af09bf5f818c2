"""The durable job that reads all files with ExifTool, beside ``exiftool -r`` with the same options, and one each."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import core, machine
from benchmarks.bench import Subject
from benchmarks.contest import Contest, Peer
from benchmarks.results import Figure, Target
from benchmarks.servers import ROOT, program
from faceforge_builtins.exiftool.extractor import FULL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.bench import Bench

RECURSIVE, EACH = "exiftool -r", "a process per file"
PICTURE = ROOT / "tests" / "fixtures" / "media" / "lake.jpg"
_FEW = 12


class OurJob(Peer):
    """Core's job ``assets.extract`` over all files, again and again."""

    name = core.NAME
    promises = "each answer in the database, durably, before the job has succeeded; two kept ExifTools"

    def __init__(self, home: Path, pictures: Path, count: int) -> None:
        self._home, self._pictures, self._count = home, pictures, count

    def start(self) -> None:
        tools = {"exiftool_enabled": True, "exiftool_path": program("exiftool")}
        self._core = core.Core(self._home, {"tools": tools})
        self._core.job("/v1/assets/bulk-import", {"path": str(self._pictures)})
        self._read(0)

    def stop(self) -> None:
        with suppress(AttributeError):
            self._core.stop()

    def drain(self) -> None:
        self._core.calm_down()

    def answers(self) -> Mapping[str, Any]:
        held = list(self._core.all("/v1/assets"))
        one = self._core.ask("GET", f"/v1/assets/{held[0]['asset_id']}")
        if "ExifTool" not in json.dumps(one):
            raise RuntimeError("Core holds nothing that ExifTool said.")
        sizes = {one["filename"]: _size(one["facts"]["width"], one["facts"]["height"]) for one in held}
        return {"sizes of pictures": sizes}

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"read": self._read}

    def _read(self, _: int) -> Mapping[str, float]:
        spent = machine.cpu_seconds(self._core.pid)
        seconds, result = self._core.job("/v1/jobs", {"job_type": "assets.extract", "input": {}})
        if result.get("errors"):
            raise RuntimeError(result)
        return {"rate": self._count / seconds, "cpu": machine.cpu_seconds(self._core.pid) - spent}


def _size(width: int, height: int) -> list[int]:
    """However the picture is turned: Core says how it is to be shown, ExifTool how it is stored."""
    return sorted((width, height))


class OtherWay(Peer):
    """ExifTool itself, with the options that Core gives it."""

    def __init__(self, pictures: Path, count: int) -> None:
        self._pictures, self._count = pictures, count

    def _files(self) -> Sequence[Path]:
        return sorted(self._pictures.iterdir())

    @staticmethod
    def _call(*arguments: str) -> bytes:
        options = [option.decode() for option in FULL]
        command = [program("exiftool"), "-config", "", *options, *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


class Recursive(OtherWay):
    """One process over the folder."""

    name = RECURSIVE
    promises = "one process, the same options, its answers read and dropped"

    def answers(self) -> Mapping[str, Any]:
        plain = [program("exiftool"), "-json", "-ImageWidth", "-ImageHeight", "-r", str(self._pictures)]
        said = json.loads(subprocess.run(plain, check=True, capture_output=True).stdout)
        sizes = {Path(one["SourceFile"]).name: _size(one["ImageWidth"], one["ImageHeight"]) for one in said}
        return {"sizes of pictures": sizes}

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"read": self._read}

    def _read(self, _: int) -> Mapping[str, float]:
        began = time.perf_counter()
        self._call("-r", str(self._pictures))
        return {"rate": self._count / (time.perf_counter() - began)}


class OneEach(OtherWay):
    """A process for each file; of a few files."""

    name = EACH
    promises = f"the same options, of {_FEW} files"

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"read": self._read}

    def _read(self, _: int) -> Mapping[str, float]:
        few = self._files()[:_FEW]
        began = time.perf_counter()
        for path in few:
            self._call(str(path))
        return {"rate": len(few) / (time.perf_counter() - began)}


def run(bench: Bench) -> None:
    """Pictures that differ in their last bytes."""
    if not program("exiftool"):
        bench.outcome.missing[RECURSIVE] = "not installed: apt-get install libimage-exiftool-perl"
        return
    count = bench.pick(40, 1000)
    figures = [
        Figure(
            "rate",
            f"{count:,} pictures",
            "files/s",
            "higher",
            (Target(at_least=200), Target(at_least=0.8, beside=RECURSIVE), Target(at_least=20, beside=EACH)),
        ),
        Figure("cpu", "processor time of Core, without ExifTool's", "s"),
    ]
    with bench.place() as place:
        pictures = place / "pictures"
        pictures.mkdir()
        content = PICTURE.read_bytes()
        for number in range(count):
            (pictures / f"{number:05}.jpg").write_bytes(content + number.to_bytes(4, "big"))
        peers = [OurJob(place / "home", pictures, count), Recursive(pictures, count), OneEach(pictures, count)]
        bench.hold(Contest("ExifTool", peers, figures), 5)


SUBJECT = Subject("ExifTool", "All tags of all files are read, as the job does by itself after an import.", run)
