#!/usr/bin/env python3
"""Run the heart of the tests on every Python that Core promises, and with the oldest libraries that it allows.

By hand, for a while and with a network: `python3 scripts/versions.py`, or `versions.py 3.13 lowest`. Other arguments
go to pytest. The environments stay in `.venv-versions`; a second run brings them up to date. Standard library only.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core import requirements_of

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".venv-versions"
LOWEST = "lowest"
TOOLS = ("httpx", "httpx2", "hypothesis", "pytest", "pytest-randomly", "pytest-timeout")
HEART = (
    "tests/sdk",
    "tests/kernel",
    "tests/contract/test_assets.py",
    "tests/contract/test_entities.py",
    "tests/contract/test_jobs.py",
    "tests/contract/test_plugins.py",
    "tests/contract/test_relationships.py",
    "tests/builtin_plugins/test_thumbnails.py",
    "tests/builtin_plugins/test_ui_entities.py",
    "tests/builtin_plugins/test_ui_plugins_form.py",
)
"""What an older library or another Python is most likely to break, without a browser and without other servers."""

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?P<extras>\[[^]]*\])?\s*>=\s*(?P<floor>[^\s,;]+)")


class Trial(NamedTuple):
    """One environment: a Python, and what pip is held to there."""

    name: str
    python: str | None
    """None: there is none here."""
    floors: Sequence[str] = ()


class Outcome(NamedTuple):
    """How one trial ended; None: there was none."""

    name: str
    succeeded: bool | None
    said: str

    def __str__(self) -> str:
        verdict = {True: "ok", False: "FAILED", None: "NOT TESTED"}[self.succeeded]
        return f"{self.name:6} {verdict:10} {self.said}"


def versions_promised(project: Mapping[str, Any]) -> list[str]:
    """The Pythons that the classifiers name."""
    named = (line.rpartition(" ")[2] for line in project["classifiers"])
    return [version for version in named if re.fullmatch(r"3\.\d+", version)]


def floors_of(requirements: Iterable[str]) -> list[str]:
    """Each requirement as it is at its oldest: ``name==floor``, for pip as constraints."""
    found = (_REQUIREMENT.match(line) for line in requirements)
    return [f"{one['name']}=={one['floor']}" for one in found if one]


def python_of(version: str) -> str | None:
    """An interpreter of this version: this one, one by its name, or one that pyenv keeps."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    named = shutil.which(f"python{version}")
    candidates = (sys.executable, named, *map(str, sorted(pyenv.glob(f"{version}.*/bin/python"))))
    return next((one for one in candidates if one and _version_of([one]) == version), None)


def _version_of(command: Sequence[str]) -> str | None:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([*command, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def trials(wanted: Sequence[str], project: Mapping[str, Any]) -> Iterator[Trial]:
    """What to try."""
    oldest = versions_promised(project)[0]
    for name in wanted:
        lowest = name == LOWEST
        yield Trial(name, python_of(oldest if lowest else name), floors_of(project["dependencies"]) if lowest else ())


def prepare(trial: Trial, base: str, tools: Sequence[str]) -> str:
    """Make the trial's environment with the Python `base`, or bring it up to date; returns its interpreter."""
    folder = ENVIRONMENTS / trial.name
    python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    if _version_of([python]) is None:
        subprocess.run([base, "-m", "venv", "--clear", str(folder)], check=True)
    constraints = folder / "floors.txt"
    constraints.write_text("\n".join(trial.floors), encoding="utf-8")
    print(f"bringing up to date {folder.relative_to(ROOT)} (a minute or two the first time)", flush=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet", "--upgrade"]
    subprocess.run([*pip, "--constraint", str(constraints), "--editable", str(ROOT), *tools], check=True)
    return python


def run(trial: Trial, tools: Sequence[str], extra: Sequence[str]) -> Outcome:
    """Run the tests in the trial's environment."""
    if trial.python is None:
        return Outcome(trial.name, None, "there is no such Python here")
    print(f"\n== {trial.name}: {trial.python}", flush=True)
    began = time.monotonic()
    try:
        python = prepare(trial, trial.python, tools)
    except subprocess.CalledProcessError:
        return Outcome(trial.name, False, "the environment could not be made; pip's message is above")
    counted = ENVIRONMENTS / trial.name / "tests.xml"
    counted.unlink(missing_ok=True)
    chosen = extra if any((ROOT / one.partition("::")[0]).exists() for one in extra) else (*HEART, *extra)
    command = [python, "-m", "pytest", "-q", "-r", "fE", f"--junit-xml={counted}", *_order(extra), *chosen]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    succeeded = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    return Outcome(trial.name, succeeded, f"{_counts(counted)}, {minutes}:{seconds:02} minutes")


def _order(extra: Sequence[str]) -> list[str]:
    """The seed of the random order, told: pytest says it only where it says much else."""
    if any("randomly" in one for one in extra):
        return []
    seed = random.getrandbits(32)
    print(f"random order: --randomly-seed={seed}", flush=True)
    return [f"--randomly-seed={seed}"]


def _counts(report: Path) -> str:
    if not report.exists():
        return "ended before the tests did"
    number = dict(re.findall(r'(\w+)="(\d+)"', report.read_text(encoding="utf-8").partition("<testcase")[0]))
    wanted = ("tests", "failures", "errors", "skipped")
    return ", ".join(f"{number[name]} {name}" for name in wanted if int(number.get(name, 0)) or name == "tests")


def main() -> int:
    """Try each; 0 only when every one succeeded."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    choices = [*versions_promised(project["project"]), LOWEST]
    usage = f"versions.py [{' | '.join(choices)}]... [arguments of pytest]"
    arguments = argparse.ArgumentParser(usage=usage, description=__doc__, allow_abbrev=False).parse_known_args()[1]
    wanted = [one for one in arguments if one in choices]
    extra = [one for one in arguments if one not in choices]
    dev = requirements_of("dev", project["dependency-groups"])
    tools = [line for line in dev if (found := _REQUIREMENT.match(line)) and found["name"] in TOOLS]
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(run(trial, tools, extra) for trial in trials(wanted or choices, project["project"]))
    except KeyboardInterrupt:
        outcomes.append(Outcome("", False, "interrupted"))
    print("\n" + "\n".join(map(str, outcomes)), flush=True)
    # A Python that is not here is a failure only where it was asked for by its name.
    failed = [one for one in outcomes if one.succeeded is False or (one.succeeded is None and one.name in wanted)]
    return 0 if any(one.succeeded for one in outcomes) and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
