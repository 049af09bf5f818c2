#!/usr/bin/env python3
"""Run, check or build FaceForge Core from its repository, in a virtual environment of its own.

Standard library only, any folder, Windows, macOS and Linux. The syntax stays that of old Pythons,
so that one that is too old reaches the sentence that says so.
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

OLDEST_PYTHON = (3, 11)
if sys.version_info < OLDEST_PYTHON:
    sys.exit(
        f"FaceForge Core needs Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer;"
        f" this is Python {sys.version.split()[0]} ({sys.executable})."
    )

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed-from"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
USABLE = f"import sys, pip; sys.exit(sys.version_info < {OLDEST_PYTHON})"

PYTHON_M = (str(VENV_PYTHON), "-m")
RUN_IMPORT_LINTER = "from importlinter.cli import lint_imports_command as run; run()"  # it has no `python -m` form
LINT_IMPORTS = (str(VENV_PYTHON), "-c", RUN_IMPORT_LINTER, "--no-logo")
CHECKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "format": ((*PYTHON_M, "ruff", "format", "--check", "."),),
    "lint": ((*PYTHON_M, "ruff", "check", "."),),
    "types": ((*PYTHON_M, "mypy"),),
    "layers": (LINT_IMPORTS, (*LINT_IMPORTS, "--config", "sdk/pyproject.toml")),
    "tests": ((*PYTHON_M, "pytest"),),
}
TESTS_AT_ONCE = 3  # on two cores, too: each waits for disks, timers and other processes a third of its time


class Outcome(NamedTuple):
    """How one step of `check` ended."""

    step: str
    succeeded: bool
    seconds: float

    def __str__(self) -> str:
        return f"{self.step:7} {'ok' if self.succeeded else 'FAILED':6} {self.seconds:6.1f} s"


def say(sentence: str) -> None:
    """Print at once: what is started next writes to the same terminal."""
    print(sentence, flush=True)


def make_environment(groups: Sequence[str] = ()) -> None:
    """Bring `.venv` to what pyproject.toml asks for now; does nothing when it is there already."""
    if not _venv_is_usable():
        say(f"Making the virtual environment {VENV}")
        _run_or_exit(
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            "The virtual environment could not be made; Python's own message is above.",
        )
    project = _read_pyproject()
    wanted = {group: requirements_of(group, project["dependency-groups"]) for group in groups}
    fingerprint, installed = _fingerprint(), _read_stamp()
    if installed[:1] == [fingerprint] and set(groups) <= set(installed[1:]):
        return
    say("Installing FaceForge Core and what it needs into .venv (a minute or two the first time)")
    STAMP.unlink(missing_ok=True)
    pip = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-qq"]
    requirements = [requirement for group in wanted.values() for requirement in group]
    _run_or_exit(
        [*pip, "--editable", str(ROOT), *requirements],
        "Installing failed; pip's own message is above. The first start needs the network, once.",
    )
    STAMP.write_text("\n".join([fingerprint, *groups]), encoding="utf-8")


def _venv_is_usable() -> bool:
    """Whether the environment's interpreter still starts: it dies with the Python it was made from."""
    try:
        return subprocess.run([str(VENV_PYTHON), "-c", USABLE], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _read_pyproject() -> dict[str, Any]:
    import tomllib  # new in 3.11: not before the version is known to do

    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements_of(group: str, groups: Mapping[str, Sequence[Any]]) -> list[str]:
    """The requirements of a PEP 735 group, its included groups unfolded (pip itself can't before 25.1)."""
    requirements: list[str] = []
    for entry in groups[group]:
        if isinstance(entry, str):
            requirements.append(entry)
        else:
            requirements.extend(requirements_of(entry["include-group"], groups))
    return requirements


def _fingerprint() -> str:
    """Changes with pyproject.toml, and when the repository moves: an editable install points at its folder."""
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()).hexdigest()


def _read_stamp() -> list[str]:
    try:
        return STAMP.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _run_or_exit(command: Sequence[str], sentence: str) -> None:
    if subprocess.run(command, check=False).returncode:
        sys.exit(sentence)


def become(command: Sequence[str]) -> int:
    """Hand the terminal over to a program, with its signals and its exit code."""
    if os.name != "nt":
        os.execv(command[0], list(command))
    return wait_out(command)


def wait_out(command: Sequence[str]) -> int:
    """Wait for a program that Ctrl-C reaches too; for systems where a process can't become another.

    The terminal sends Ctrl-C to both. The program decides what it means; here it is only outlived.
    """
    before = signal.signal(signal.SIGINT, lambda _signal, _frame: None)
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)


def dev(options: argparse.Namespace, extra: list[str]) -> int:
    """Start Core in the foreground, in the environment of this repository."""
    del options
    make_environment()
    return become([str(VENV_PYTHON), "-P", "-m", "faceforge_core", "serve", *extra])


def check(options: argparse.Namespace, extra: list[str]) -> int:
    """Run the wanted steps, all of them also when one fails; 0 only when every one succeeded."""
    steps = [step for step in CHECKS if not options.only or step in options.only]
    if extra and "tests" not in steps:
        sys.exit(f"Arguments for pytest ({' '.join(extra)}) need the step tests.")
    make_environment(["dev"])
    outcomes = [run_tests(extra) if step == "tests" else run_step(step, CHECKS[step]) for step in steps]
    say("\n== summary")
    for outcome in outcomes:
        say(str(outcome))
    return 0 if all(outcome.succeeded for outcome in outcomes) else 1


def run_step(step: str, commands: Sequence[Sequence[str]]) -> Outcome:
    """Run a step's commands, all of them, with their output on the terminal."""
    say(f"\n== {step}")
    started = time.monotonic()
    succeeded = [subprocess.run(command, cwd=ROOT, check=False).returncode == 0 for command in commands]
    return Outcome(step, all(succeeded), time.monotonic() - started)


def run_tests(extra: list[str]) -> Outcome:
    """Run the tests: what measures time alone, then all others by runs that share them, in one random order.

    With arguments for pytest it is one run, on the terminal.
    """
    pytest = CHECKS["tests"][0]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the many processes of the tests would compile all of Core each
    if extra or os.cpu_count() == 1:
        return run_step("tests", [[*pytest, *extra]])
    alone = run_step("tests", [[*pytest, "-m", "alone"]])
    with tempfile.TemporaryDirectory() as folder:
        shared = [*pytest, "-m", "not alone", f"--share={folder}", f"--randomly-seed={random.getrandbits(32)}"]
        outcome = run_side_by_side("tests", [shared] * TESTS_AT_ONCE)
    return Outcome("tests", alone.succeeded and outcome.succeeded, alone.seconds + outcome.seconds)


def run_side_by_side(step: str, commands: Sequence[Sequence[str]]) -> Outcome:
    """Run commands at the same time: the first on the terminal, what the others print follows when all have ended."""
    say(f"\n== {step}, {len(commands)} at once")
    started = time.monotonic()
    with ExitStack() as outputs:
        kept = [outputs.enter_context(tempfile.TemporaryFile()) for _ in commands[1:]]
        running = [
            subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT if output else None)
            for command, output in zip(commands, [None, *kept], strict=True)
        ]
        succeeded = [process.wait() == 0 for process in running]
        for output in kept:
            output.seek(0)
            sys.stdout.buffer.write(output.read())
            sys.stdout.flush()
    return Outcome(step, all(succeeded), time.monotonic() - started)


def build(options: argparse.Namespace, extra: list[str]) -> int:
    """Build the program, the wheel and the source distribution into dist/, or only one of them."""
    del extra
    make_environment(["build"])
    import building

    wishes = building.Wishes(
        results=options.only or list(building.RESULTS),
        keep_history=options.keep_build_history,
        fall_back=options.allow_timestamp_fallback,
    )
    try:
        made = building.build(ROOT, str(VENV_PYTHON), wishes, lambda name, line: run_step(name, [line]).succeeded)
    except building.InUse as error:
        sys.exit(str(error))
    return 0 if made else 1


Action = Callable[[argparse.Namespace, list[str]], int]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="core.py", description="Run, check or build FaceForge Core.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="dev | check | build")
    commands.add_parser(
        "dev",
        help="start Core; Ctrl-C stops it",
        description="Start Core in the foreground. It prints where to click; Ctrl-C stops it.",
        epilog="Other arguments go to `faceforge serve`.",
        allow_abbrev=False,
    )
    checking = commands.add_parser(
        "check",
        help="format, lint, types, import layers and tests",
        description="Check formatting, lint, types, import layers and tests; a failed step doesn't stop the next.",
        epilog="Other arguments go to pytest.",
        allow_abbrev=False,
    )
    checking.add_argument("--only", action="append", choices=list(CHECKS), help="only this step (may be repeated)")
    building = commands.add_parser(
        "build",
        help="build the program, the wheel and the source distribution into dist/",
        description="Build Core as one file with a Python in it, as a wheel and as a source distribution into dist/.",
        allow_abbrev=False,
    )
    building.add_argument(
        "--only", action="append", choices=["executable", "wheel"], help="only this (wheel: sdist too)"
    )
    building.add_argument(
        "--keep-build-history", action="store_true", help="keep folders build-TIME and dist-TIME of earlier builds"
    )
    building.add_argument(
        "--allow-timestamp-fallback",
        action="store_true",
        help="where build/ or dist/ is in use, build into a folder with the time in its name",
    )
    return parser


def _in_our_spelling(arguments: Sequence[str]) -> list[str]:
    """`-KeepBuildHistory` and the like, as people write them in PowerShell, by the names that they have here."""
    names = {"-keepbuildhistory": "--keep-build-history", "-allowtimestampfallback": "--allow-timestamp-fallback"}
    return [names.get(argument.lower(), argument) for argument in arguments]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the result is the exit code."""
    parser = _parser()
    options, extra = parser.parse_known_args(_in_our_spelling(sys.argv[1:] if arguments is None else arguments))
    if options.command == "build" and extra:
        parser.error(f"build takes no further arguments: {' '.join(extra)}")
    actions: dict[str, Action] = {"dev": dev, "check": check, "build": build}
    try:
        return actions[options.command](options, extra)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
