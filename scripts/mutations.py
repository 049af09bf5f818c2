#!/usr/bin/env python3
"""Put faults into a copy of Core, one at a time, and see that the tests which are to find them do.

    python scripts/mutations.py [--only NAME] [--list]

Needs the environment that core.py makes: run it with the Python in .venv. `NAME` is part of a mutation's name; it may
be given several times. Exit code 1 if a mutation survives, or the tests fail without one. The working tree is never
touched.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mutations_list import MUTATIONS, Mutation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCES: Final = ("kernel", "builtin_plugins", "sdk")
TESTS_FAILED: Final = 1
SECONDS: Final = 600


def problems_of(mutation: Mutation, root: Path = ROOT) -> list[str]:
    """Why a mutation means nothing any more: what it changes, or what is to find it, is not there."""
    found = []
    path = root / mutation.file
    count = path.read_text(encoding="utf-8").count(mutation.text) if path.is_file() else 0
    if count != 1:
        found.append(f"the text to change is {count} times in {mutation.file}")
    if mutation.text == mutation.instead:
        found.append("it changes nothing")
    for test in mutation.tests:
        file, _, name = test.partition("::")
        source = (root / file).read_text(encoding="utf-8") if (root / file).is_file() else ""
        if re.search(rf"^def {re.escape(name)}\(", source, re.MULTILINE) is None:
            found.append(f"there is no test {test}")
    return found


@contextmanager
def copied_tree() -> Iterator[Path]:
    """A copy of all that Git has or would take, at the place of the working tree's files as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    with tempfile.TemporaryDirectory(prefix="faceforge-mutations-") as folder:
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                target = Path(folder, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target)
        yield Path(folder)


@contextmanager
def mutated(tree: Path, mutation: Mutation, number: int) -> Iterator[None]:
    """The tree with this one mutation."""
    path = tree / mutation.file
    before, facts = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(before.replace(mutation.text, mutation.instead), encoding="utf-8")
    # Python takes a compiled module for current if the second and the size are the same.
    os.utime(path, (facts.st_mtime + 10 * number, facts.st_mtime + 10 * number))
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")
        os.utime(path, (facts.st_mtime, facts.st_mtime))


def run_tests(tree: Path, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run tests of the tree on its own sources, in the order given, until one fails."""
    own = os.pathsep.join(str(tree / folder) for folder in SOURCES)
    path = os.pathsep.join(filter(None, (own, os.environ.get("PYTHONPATH"))))
    options = ["-q", "--maxfail=1", "-p", "no:randomly", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def is_caught(tree: Path, mutation: Mutation, number: int) -> bool:
    """Whether one of the mutation's tests ran and failed; what cannot even be collected proves nothing."""
    with mutated(tree, mutation, number):
        try:
            done = run_tests(tree, mutation.tests)
        except subprocess.TimeoutExpired:
            return True
    if done.returncode not in {0, TESTS_FAILED}:
        sys.exit(f"{mutation.name}: the tests could not be run:\n{done.stdout}{done.stderr}")
    return done.returncode == TESTS_FAILED


def main() -> int:
    """Do as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", metavar="NAME", action="append", help="only mutations with this in their name")
    parser.add_argument("--list", action="store_true", help="only say which there are")
    options = parser.parse_args()
    chosen = [one for one in MUTATIONS if not options.only or any(name in one.name for name in options.only)]
    if not chosen:
        parser.error("no mutation is called so")
    if options.list:
        print(*(one.name for one in chosen), sep="\n")
        return 0
    for one in chosen:
        if problems := problems_of(one):
            sys.exit(f"{one.name}: {'; '.join(problems)}")
    return survey(chosen)


def survey(chosen: Sequence[Mutation]) -> int:
    """Try all, and say of each what became of it."""
    survivors = 0
    with copied_tree() as tree:
        unchanged = run_tests(tree, [*dict.fromkeys(test for one in chosen for test in one.tests)])
        if unchanged.returncode != 0:
            print(unchanged.stdout, unchanged.stderr, "The tests fail without any mutation.", sep="\n")
            return 1
        for number, one in enumerate(chosen, 1):
            began = time.monotonic()
            caught = is_caught(tree, one, number)
            survivors += not caught
            print(f"{'caught' if caught else 'SURVIVES':8} {time.monotonic() - began:5.1f} s  {one.name}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} were caught.")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
