"""What `core.py build` makes, and the folders it makes it in: `dist` for the results, `build` for what is between."""

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

PROGRAM = "faceforge-core.exe" if sys.platform == "win32" else "faceforge-core"
RESULTS = {"executable": (PROGRAM,), "wheel": ("faceforge_core-*.whl", "faceforge_core-*.tar.gz")}
WITH_TIME = re.compile(r"(build|dist)-\d[\d_T-]*")


class InUse(Exception):
    """A folder or file that is to be made anew can't be removed; the message says what to do."""


class Wishes(NamedTuple):
    """What the command line asks for."""

    results: Sequence[str] = tuple(RESULTS)
    keep_history: bool = False
    fall_back: bool = False


class Places(NamedTuple):
    """Where this build works, and where it leaves what it made."""

    work: Path
    results: Path


def make_room(root: Path, wishes: Wishes) -> Places:
    """Empty the folders for a new build. Raises `InUse`; then nothing was removed that is still in use."""
    if not wishes.keep_history:
        prune(root)
    work = emptied(root / "build", fall_back=wishes.fall_back)
    if set(wishes.results) == set(RESULTS):
        return Places(work, emptied(root / "dist", fall_back=wishes.fall_back))
    return Places(work, without_old_results(root / "dist", wishes))


def prune(root: Path) -> None:
    """Remove the folders with a time in their names that earlier builds left; those in use stay for the next time."""
    for folder in sorted(root.iterdir()):
        if WITH_TIME.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def emptied(folder: Path, *, fall_back: bool) -> Path:
    """The folder, new and empty; where it can't be replaced, and `fall_back`, one beside it with the time in its name.

    A folder in which something is in use can't be renamed, so that it goes as a whole or stays as it was.
    """
    aside = _with_time(folder)
    try:
        if folder.exists():
            folder.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)  # what stays is for `prune`
    except OSError as error:
        if not fall_back:
            raise InUse(_what_to_do(folder, error)) from error
        folder = aside
    folder.mkdir(parents=True)
    return folder


def without_old_results(folder: Path, wishes: Wishes) -> Path:
    """The folder without what this build makes; everything else in it stays."""
    try:
        for path in _old_results(folder, wishes.results):
            path.unlink()
    except OSError as error:
        if not wishes.fall_back:
            raise InUse(_what_to_do(path, error)) from error
        folder = _with_time(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _old_results(folder: Path, kinds: Sequence[str]) -> Iterator[Path]:
    for kind in kinds:
        for pattern in RESULTS[kind]:
            yield from sorted(folder.glob(pattern))


def _with_time(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}-{time.strftime('%Y%m%d-%H%M%S')}")


def _what_to_do(path: Path, error: OSError) -> str:
    return (
        f"{path} can't be replaced ({error.strerror or error}): something uses it. Close terminals and editors that are"
        f" open inside of it, stop a {PROGRAM} that runs from it, and build again. Or build with"
        " --allow-timestamp-fallback: then the results go to a folder beside it, with the time in its name."
    )


def commands(python: str, root: Path, places: Places, wishes: Wishes) -> Iterator[tuple[str, list[str]]]:
    """What has to run, each with the name of what it makes."""
    if "wheel" in wishes.results:
        yield "wheel", [python, "-m", "hatchling", "build", "-d", str(places.results)]
    if "executable" in wishes.results:
        to = ["--distpath", str(places.results), "--workpath", str(places.work)]
        spec = str(root / "scripts" / "faceforge-core.spec")
        yield "executable", [python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *to, spec]


def results_in(folder: Path, wishes: Wishes) -> Iterator[str]:
    """A line for each result, with its size."""
    for path in _old_results(folder, wishes.results):
        yield f"{path}  {path.stat().st_size / 1e6:.1f} MB"


def build(root: Path, python: str, wishes: Wishes, run: Callable[[str, list[str]], bool]) -> bool:
    """Make what is wished for; `run` runs a command, and tells whether it succeeded."""
    places = make_room(root, wishes)
    succeeded = [run(name, command) for name, command in commands(python, root, places, wishes)]
    for line in results_in(places.results, wishes):
        print(line)
    return all(succeeded)
