#!/usr/bin/env python3
"""Run the heart of the tests on every Python that Core promises, and with the oldest libraries that it allows.

By hand, for a while and with a network: `python3 scripts/versions.py`, or `versions.py 3.13 lowest`. Other arguments
go to pytest. The environments stay in `.venv-versions`; a second run brings them up to date. Standard library only.
"""

import argparse
import os
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
)
"""What an older library or another Python is most likely to break, without a browser and without other servers."""

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?P<extras>\[[^]]*\])?\s*>=\s*(?P<floor>[^\s,;]+)")


class Trial(NamedTuple):
    """One environment: a Python, and what pip is held to there."""

    name: str
    python: str
    floors: Sequence[str] = ()


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
    """What to try; a Python that is not here is told, and left out."""
    promised = versions_promised(project)
    for name in wanted or [*promised, LOWEST]:
        python = python_of(promised[0] if name == LOWEST else name)
        if python is None:
            print(f"NOT TESTED: there is no Python {name} here", flush=True)
        else:
            yield Trial(name, python, floors_of(project["dependencies"]) if name == LOWEST else ())


def prepare(trial: Trial, tools: Sequence[str]) -> str:
    """Make the trial's environment, or bring it up to date; returns its interpreter."""
    folder = ENVIRONMENTS / trial.name
    python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    if _version_of([python]) is None:
        subprocess.run([trial.python, "-m", "venv", "--clear", str(folder)], check=True)
    constraints = folder / "floors.txt"
    constraints.write_text("\n".join(trial.floors), encoding="utf-8")
    pip = [
        python,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "install",
        "--progress-bar",
        "off",
        "--upgrade",
    ]
    subprocess.run([*pip, "--constraint", str(constraints), "--editable", str(ROOT), *tools], check=True)
    return python


def run(trial: Trial, tools: Sequence[str], extra: Sequence[str]) -> bool:
    """Whether the tests pass in the trial's environment."""
    print(f"\n== {trial.name}: {trial.python}", flush=True)
    began = time.monotonic()
    try:
        python = prepare(trial, tools)
    except subprocess.CalledProcessError:
        print(f"{trial.name}: the environment could not be made; the message is above", flush=True)
        return False
    chosen = extra if any((ROOT / one.partition("::")[0]).exists() for one in extra) else (*HEART, *extra)
    done = subprocess.run([python, "-m", "pytest", "-q", *chosen], cwd=ROOT, check=False)
    print(
        f"== {trial.name}: {'ok' if done.returncode == 0 else 'FAILED'}, {time.monotonic() - began:.0f} s", flush=True
    )
    return done.returncode == 0


def main() -> int:
    """Try each; 0 only when every one succeeded."""
    parser = argparse.ArgumentParser(prog="versions.py", description=__doc__, allow_abbrev=False)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    choices = [*versions_promised(project["project"]), LOWEST]
    parser.add_argument("which", nargs="*", metavar=" | ".join(choices), help="which of them; else all")
    options, extra = parser.parse_known_args()
    wanted = [one for one in options.which if one in choices]
    extra = [*(one for one in options.which if one not in choices), *extra]
    dev = requirements_of("dev", project["dependency-groups"])
    tools = [line for line in dev if (found := _REQUIREMENT.match(line)) and found["name"] in TOOLS]
    outcomes = [run(trial, tools, extra) for trial in trials(wanted, project["project"])]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
