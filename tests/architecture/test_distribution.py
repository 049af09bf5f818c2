"""What people install: a source distribution that makes the same wheel, and a wheel that is a whole Core."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

BUILD = "import sys; from hatchling import build; print(getattr(build, sys.argv[1])(sys.argv[2]))"


def build(what: str, project: Path, into: Path) -> Path:
    """Have the build backend make it, as pip does."""
    command = [sys.executable, "-c", BUILD, what, str(into)]
    run = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return into / run.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def unpacked(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked far from the repository."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build("build_sdist", repository, folder)) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    [project] = (folder / "unpacked").iterdir()
    return project


@pytest.fixture(scope="module")
def wheel(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made from nothing but the source distribution."""
    return build("build_wheel", unpacked, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, installed without an index; what Core needs lies in a folder beside its own."""
    folder = tmp_path_factory.mktemp("installed") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-index", "--no-deps"]
    run = subprocess.run([*install, str(wheel)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    [site] = folder.rglob("site-packages")
    (site / "beside.pth").write_text(sysconfig.get_path("platlib"), encoding="utf-8")
    return python.parent


def test_it_carries_all_that_the_wheel_of_the_repository_does(wheel: Path, shipped: list[Path]) -> None:
    packages = {"faceforge_core", "faceforge_builtins", "faceforge_sdk"}
    built = {name for name in zipfile.ZipFile(wheel).namelist() if name.partition("/")[0] in packages}
    assert built == {_place_of(path) for path in shipped}


def _place_of(path: Path) -> str:
    [package] = [part for part in path.parts if part in {"faceforge_core", "faceforge_builtins", "faceforge_sdk"}]
    return "/".join(path.parts[path.parts.index(package) :])


def test_the_source_distribution_has_what_its_readers_need_and_nothing_made(unpacked: Path) -> None:
    names = {path.name for path in unpacked.iterdir()}
    assert {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "docs", "examples", "scripts", "tests"} <= names
    assert not {".venv", "build", "dist", ".git"} & names
    assert not list(unpacked.rglob("*.pyc"))


def test_installed_it_starts_with_all_built_ins_and_serves_its_pages(
    installed: Path, tmp_path: Path, core_process: Any, assert_whole: Callable[[Any], None]
) -> None:
    [command] = installed.glob("faceforge*")
    environment = {"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    core = core_process(tmp_path / "home", environment, program=(str(command), "serve"))
    try:
        assert_whole(core.wait_until_healthy(120))
        assert core.stop() == 0
    finally:
        core.close()


def test_installed_it_is_its_own_and_not_the_repository_s(installed: Path, repository: Path) -> None:
    say = "import faceforge_core, faceforge_builtins, faceforge_sdk as s; print(faceforge_core.__file__, s.__file__)"
    [python] = {path for path in installed.glob("python*") if path.stem == "python"}
    environ = {**os.environ, "PYTHONPATH": ""}
    run = subprocess.run([str(python), "-c", say], env=environ, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    places = run.stdout.split()
    assert len(places) == 2
    assert all(Path(place).is_relative_to(installed.parent) for place in places)
