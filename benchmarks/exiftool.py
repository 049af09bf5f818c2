"""Files read per second by the extractor, beside ``exiftool -r`` with the same options and one process per file.

python benchmarks/exiftool.py [FILES [EXIFTOOL]]
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from faceforge_builtins.exiftool.extractor import BATCH, FULL, Extractor
from faceforge_builtins.exiftool.pool import Pool
from faceforge_builtins.exiftool.program import Finder

if TYPE_CHECKING:
    from collections.abc import Sequence

PICTURE = Path(__file__).parents[1] / "tests" / "fixtures" / "media" / "lake.jpg"
FILES_PER_SECOND, BESIDE_RECURSIVE, BESIDE_ONE_EACH = 200.0, 0.8, 20.0
ROUNDS = 3
_FEW = 12


def pictures(folder: Path, count: int) -> list[Any]:
    """So many different files."""
    content = PICTURE.read_bytes()
    files = []
    for number in range(count):
        different = content + number.to_bytes(4, "big")
        path = folder / f"{hashlib.sha256(different).hexdigest()}.jpg"
        path.write_bytes(different)
        files.append(SimpleNamespace(asset=None, path=path))
    return files


def with_extractor(extractor: Extractor, files: Sequence[Any]) -> float:
    """Files per second, as the job asks: batch after batch."""
    began = time.perf_counter()
    for start in range(0, len(files), BATCH):
        for found in extractor.extract(files[start : start + BATCH]):
            if found.facts.width is None or found.problem:
                raise RuntimeError(f"not read: {found.problem}")
    return len(files) / (time.perf_counter() - began)


def recursive(program: Path, folder: Path, count: int) -> float:
    """Files per second of one process over the folder."""
    began = time.perf_counter()
    run(program, "-r", str(folder))
    return count / (time.perf_counter() - began)


def one_each(program: Path, files: Sequence[Any]) -> float:
    """Files per second of a process for each."""
    began = time.perf_counter()
    for file in files[:_FEW]:
        run(program, str(file.path))
    return min(_FEW, len(files)) / (time.perf_counter() - began)


def run(program: Path, *arguments: str) -> None:
    """One ExifTool with all options."""
    options = [option.decode() for option in FULL]
    command = [str(program), "-config", "", *options, *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main(arguments: Sequence[str]) -> int:
    """Measure in turn, report the best of each, say whether the targets are met."""
    count = int(arguments[0]) if arguments else 400
    found = arguments[1] if len(arguments) > 1 else shutil.which("exiftool")
    if found is None:
        sys.stderr.write("exiftool is not installed\n")
        return 2
    program = Path(found)
    pool = Pool()
    with tempfile.TemporaryDirectory() as folder:
        files = pictures(Path(folder), count)
        extractor = Extractor(Finder(Path(folder), str(program), logging.getLogger()), pool)
        with_extractor(extractor, files[:BATCH])
        ours, theirs, each = 0.0, 0.0, 0.0
        for _ in range(ROUNDS):
            ours = max(ours, with_extractor(extractor, files))
            theirs = max(theirs, recursive(program, Path(folder), count))
            each = max(each, one_each(program, files))
    pool.close()
    sys.stdout.write(
        f"extractor {ours:.0f} files/s, exiftool -r {theirs:.0f} (x{ours / theirs:.2f}), "
        f"a process each {each:.1f} (x{ours / each:.0f})\n"
    )
    met = ours >= FILES_PER_SECOND and ours >= BESIDE_RECURSIVE * theirs and ours >= BESIDE_ONE_EACH * each
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
