"""What is built: complete wheels, and declared dependencies with a reason each."""

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BUILD_WHEEL = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


def build_wheel(python: str, project: Path, into: Path) -> Path:
    """Build a project's wheel as an installer would, with nothing but its folder."""
    run = subprocess.run(
        [python, "-c", BUILD_WHEEL, str(into)], cwd=project, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return into / run.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def core_wheel(python: str, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    return zipfile.Path(build_wheel(python, repository, tmp_path_factory.mktemp("core-wheel")))


def test_the_sdk_asks_for_pluggy_and_pydantic_and_nothing_else(
    pyproject: dict[str, Any], sdk_pyproject: dict[str, Any]
) -> None:
    wanted = sdk_pyproject["project"]["dependencies"]
    assert {Requirement(line).name for line in wanted} == {"pluggy", "pydantic"}
    assert set(wanted) <= set(pyproject["project"]["dependencies"])


def test_the_extras_of_the_sdk_are_those_of_core_or_a_part_of_it(
    pyproject: dict[str, Any], sdk_pyproject: dict[str, Any]
) -> None:
    of_sdk, of_core = sdk_pyproject["project"]["optional-dependencies"], pyproject["project"]["optional-dependencies"]
    assert of_sdk["client"] == of_core["client"]
    assert set(of_sdk["client"]) < set(of_core["testing"])
    assert set(of_sdk["patterns"]) <= set(pyproject["project"]["dependencies"])


def test_nothing_of_the_sdk_but_its_client_loads_an_http_client(repository: Path) -> None:
    package = repository / "sdk" / "faceforge_sdk"
    loading = {
        path.relative_to(package).parts[0] for path in package.rglob("*.py") if "httpx2" in imported_packages(path)
    }
    assert loading == {"client"}


def test_the_sdk_carries_the_version_of_core(sdk_pyproject: dict[str, Any], repository: Path) -> None:
    source = (repository / "kernel" / "faceforge_core" / "__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{sdk_pyproject["project"]["version"]}"' in source


def test_the_wheel_of_core_carries_every_file_of_its_packages(
    core_wheel: zipfile.Path, shipped: list[Path], repository: Path
) -> None:
    expected = {"/".join(path.relative_to(repository).parts[1:]) for path in shipped}
    built = {name for name in core_wheel.root.namelist() if ".dist-info/" not in name and not name.endswith("/")}
    assert built == expected


def test_the_wheel_of_core_carries_its_licence_and_its_command(core_wheel: zipfile.Path) -> None:
    (about,) = [folder for folder in core_wheel.iterdir() if folder.name.endswith(".dist-info")]
    assert "Apache License" in (about / "licenses" / "LICENSE").read_text(encoding="utf-8")
    assert "faceforge = faceforge_core.__main__:main" in (about / "entry_points.txt").read_text(encoding="utf-8")


def test_every_built_in_is_declared_and_every_declared_one_is_there(
    pyproject: dict[str, Any], repository: Path
) -> None:
    folder = repository / "builtin_plugins" / "faceforge_builtins"
    there = {manifest.parent.name for manifest in folder.glob("*/plugin.json")}
    declared = pyproject["project"]["entry-points"]["faceforge.builtin"]
    assert declared == {name: f"faceforge_builtins.{name}" for name in there}


def requirement_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if re.match(r'\s+"[a-z][a-z0-9-]+(\[[a-z,]+\])?[<>=~;]', line)]


@pytest.mark.parametrize("file", ["pyproject.toml", "sdk/pyproject.toml"])
def test_every_dependency_has_a_floor_and_a_reason(repository: Path, file: str) -> None:
    lines = requirement_lines((repository / file).read_text(encoding="utf-8"))
    assert lines
    assert [line for line in lines if not re.match(r'"[^"]+>=[^"]+",\s+# \w+', line)] == []


def test_what_the_code_imports_is_what_the_project_asks_for(
    shipped_python: list[Path], pyproject: dict[str, Any]
) -> None:
    declared = {canonicalize_name(Requirement(line).name) for line in pyproject["project"]["dependencies"]}
    providers = metadata.packages_distributions()
    missing = {
        name
        for path in shipped_python
        for name in imported_packages(path)
        if name not in sys.stdlib_module_names and not name.startswith("faceforge_") and name not in NOT_ASKED_FOR
        if not declared & {canonicalize_name(provider) for provider in providers.get(name, [])}
    }
    assert missing == set()


NOT_ASKED_FOR = MappingProxyType(
    {
        "mypy_boto3_s3": "types alone, from boto3-stubs",
        "httpx2": "the extra `client`: faceforge_sdk.client loads it and nothing else",
        "pydantic_core": "a part of pydantic, which pins it",
        "pysqlite3": "a newer SQLite, used where it is installed",
        "pytest": "only the testing modules load it, in a test run",
    }
)


def imported_packages(path: Path) -> Iterator[str]:
    """The top-level packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
