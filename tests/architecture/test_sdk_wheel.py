"""The SDK's own wheel: installed alone, on each Python that it promises, it is whole and works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VERSIONS = ("3.11", "3.12", "3.13")
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
BUILD_WHEEL = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
USE_IT = """
import importlib, json, pkgutil, sys
import faceforge_sdk
from faceforge_sdk.models import EntityDraft
from faceforge_sdk.testing import fake_context

imported, refused = [], {}
for module in pkgutil.walk_packages(faceforge_sdk.__path__, "faceforge_sdk."):
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        refused[module.name] = str(error)
    else:
        imported.append(module.name)
ada = fake_context().entities.create(EntityDraft(display_name="Ada"))
others = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
print(json.dumps({
    "imported": imported,
    "refused": refused,
    "python": sys.version_info[:2],
    "place": faceforge_sdk.__file__,
    "made": ada.display_name,
    "others": sorted(name for name in others if not name.startswith("_")),
}))
"""
NEEDED = {"faceforge_sdk", "pluggy", "pydantic"}
PARTS_OF_PYDANTIC = {"annotated_types", "pydantic_core", "typing_extensions", "typing_inspection"}


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the folder `sdk` alone, as from a source distribution of its own."""
    alone = tmp_path_factory.mktemp("sdk-wheel")
    shutil.copytree(repository / "sdk", alone / "sdk", ignore=shutil.ignore_patterns("__pycache__"))
    run = subprocess.run(
        [sys.executable, "-c", BUILD_WHEEL, str(alone)], cwd=alone / "sdk", capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return alone / run.stdout.splitlines()[-1]


def python_of(version: str) -> str | None:
    """An interpreter of this version, in the path or where pyenv keeps them."""
    known = [shutil.which(f"python{version}"), *sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/python"))]
    for candidate in (sys.executable if version == OWN else None, *known):
        if (
            candidate is not None
            and _says(str(candidate), "import sys; print('%d.%d' % sys.version_info[:2])") == version
        ):
            return str(candidate)
    return None


def _says(python: str, code: str) -> str:
    run = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return run.stdout.strip()


def copy_with_what_they_need(names: Iterable[str], into: Path) -> None:
    """Copy installed distributions, as pip would have installed them."""
    for distribution in with_their_dependencies(names):
        for file in distribution.files or []:
            if ".." not in file.parts and file.suffix != ".pyc":
                target = into / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), target)


def with_their_dependencies(names: Iterable[str]) -> Iterator[metadata.Distribution]:
    """The installed distributions of these names and of all they need here."""
    waiting, seen = list(names), set()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in seen:
            seen.add(name)
            distribution = metadata.distribution(name)
            yield distribution
            needed = [Requirement(line) for line in distribution.requires or []]
            waiting += [need.name for need in needed if need.marker is None or need.marker.evaluate({"extra": ""})]


def install(python: str, environment: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Install into an environment that has nothing, not even pip."""
    made = subprocess.run(
        [python, "-m", "venv", "--without-pip", str(environment)], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    command = [python, "-m", "pip", "--python", _python_in(environment), "install", "-q", "--no-input"]
    command += ["--timeout=10", "--retries=1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def _python_in(environment: Path) -> str:
    return str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def use(environment: Path, beside: Path | None = None) -> dict[str, Any]:
    """What the SDK tells of itself there, with warnings as errors; what lies in `beside` can be imported too."""
    paths = {} if beside is None else {"PYTHONPATH": str(beside)}
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [_python_in(environment), "-W", "error", "-c", USE_IT]
    run = subprocess.run(command, env={**inherited, **paths}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_it_installs_into_an_empty_environment_and_all_of_it_imports(
    version: str,
    wheel: Path,
    tmp_path: Path,
) -> None:
    python = python_of(version)
    if python is None:  # other Pythons than the one that runs are no package that the tests could install
        pytest.skip(f"NOT TESTED: there is no Python {version} here")
    environment, beside = tmp_path / "environment", None
    if version == OWN:
        installed = install(python, environment, "--no-index", "--no-deps", str(wheel))
        beside = tmp_path / "beside"
        copy_with_what_they_need(["pluggy", "pydantic"], beside)
    else:
        installed = install(python, environment, "--only-binary", ":all:", str(wheel))
        if installed.returncode != 0 and "No matching distribution" in installed.stderr:
            pytest.skip(f"NOT TESTED: pydantic for Python {version} is not to be had without a network")
    assert installed.returncode == 0, installed.stderr

    found = use(environment, beside)

    assert found["python"] == [int(part) for part in version.split(".")]
    assert Path(found["place"]).is_relative_to(environment)
    assert {"faceforge_sdk.models", "faceforge_sdk.protocols.storage", "faceforge_sdk.testing"} <= set(
        found["imported"]
    )
    assert found["refused"] == {
        "faceforge_sdk.client": "faceforge_sdk.client needs httpx2: pip install 'faceforge-sdk[client]'"
    }
    assert found["made"] == "Ada"
    assert NEEDED <= set(found["others"]) <= NEEDED | PARTS_OF_PYDANTIC


def test_it_carries_every_file_of_the_package_and_says_what_it_needs(wheel: Path, repository: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    package = repository / "sdk" / "faceforge_sdk"
    expected = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    built = set(archive.namelist())
    assert {name for name in built if ".dist-info/" not in name} == expected
    assert "faceforge_sdk/py.typed" in built
    [about] = [name for name in built if name.endswith(".dist-info/METADATA")]
    lines = archive.read(about).decode().splitlines()
    needs = [Requirement(line.partition(": ")[2]) for line in lines if line.startswith("Requires-Dist: ")]
    assert {need.name for need in needs if need.marker is None} == {"pluggy", "pydantic"}
    assert {"client", "patterns"} <= {line.partition(": ")[2] for line in lines if line.startswith("Provides-Extra: ")}


def test_the_versions_tried_are_those_that_core_promises(pyproject: dict[str, Any]) -> None:
    said = [line.rpartition(" ")[2] for line in pyproject["project"]["classifiers"] if " :: Python :: 3." in line]
    assert said == list(VERSIONS)
