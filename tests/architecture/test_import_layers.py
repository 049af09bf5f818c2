"""Who may import whom: the contracts are kept, have no exceptions, and do catch what they are there for."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

RUN = "from importlinter.cli import lint_imports_command as run; run()"


def lint_imports(python: str, project: Path, *, config: str = "pyproject.toml") -> subprocess.CompletedProcess[str]:
    """Check the contracts over the packages that lie in `project`, wherever the installed ones are."""
    sources = os.pathsep.join(str(project / folder) for folder in ("kernel", "builtin_plugins", "sdk"))
    return subprocess.run(
        [python, "-c", RUN, "--no-logo", "--no-cache", "--config", config],
        cwd=project,
        env={**os.environ, "PYTHONPATH": sources, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def copy_of_the_packages(repository: Path, tmp_path: Path) -> Path:
    for folder in ("kernel", "builtin_plugins", "sdk"):
        shutil.copytree(repository / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(repository / "pyproject.toml", tmp_path)
    return tmp_path


def add_module(project: Path, module: str, source: str) -> None:
    path = project.joinpath(*module.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")


@pytest.mark.parametrize("config", ["pyproject.toml", "sdk/pyproject.toml"])
def test_every_import_contract_is_kept(python: str, repository: Path, config: str) -> None:
    answer = lint_imports(python, repository, config=config)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "0 broken" in answer.stdout


def test_no_contract_has_an_ignored_import(pyproject: dict[str, Any], sdk_pyproject: dict[str, Any]) -> None:
    contracts = [*pyproject["tool"]["importlinter"]["contracts"], *sdk_pyproject["tool"]["importlinter"]["contracts"]]
    assert contracts
    assert [contract["id"] for contract in contracts if "ignore_imports" in contract] == []
    assert [contract["id"] for contract in contracts if "exhaustive_ignores" in contract] == []


def test_names_for_type_checkers_count_as_imports_everywhere_but_in_the_sdk(pyproject: dict[str, Any]) -> None:
    assert not pyproject["tool"]["importlinter"].get("exclude_type_checking_imports", False)


def test_a_new_built_in_that_imports_another_breaks_a_contract(python: str, copy_of_the_packages: Path) -> None:
    add_module(copy_of_the_packages, "builtin_plugins/faceforge_builtins/zz_first/__init__.py", "ANSWER = 42\n")
    add_module(
        copy_of_the_packages,
        "builtin_plugins/faceforge_builtins/zz_second/__init__.py",
        "from faceforge_builtins.zz_first import ANSWER\n",
    )
    answer = lint_imports(python, copy_of_the_packages)
    assert answer.returncode != 0
    assert "No built-in imports another BROKEN" in answer.stdout


@pytest.mark.parametrize(
    ("module", "source", "contract"),
    [
        (
            "builtin_plugins/faceforge_builtins/zz_new/__init__.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import faceforge_core.web\n",
            "A built-in imports the SDK and never the kernel BROKEN",
        ),
        (
            "kernel/faceforge_core/plugins/zz_new.py",
            "import faceforge_builtins\n",
            "The kernel knows built-ins only by name BROKEN",
        ),
        (
            "kernel/faceforge_core/db/zz_new.py",
            "import faceforge_core.web\n",
            "each module imports only what stands below it BROKEN",
        ),
        (
            "kernel/faceforge_core/zz_unplaced.py",
            "",
            "each module imports only what stands below it BROKEN",
        ),
        (
            "sdk/faceforge_sdk/zz_new.py",
            "import faceforge_core.web\n",
            "The SDK knows neither the kernel nor a built-in",
        ),
    ],
)
def test_a_forbidden_import_breaks_its_contract(
    python: str, copy_of_the_packages: Path, module: str, source: str, contract: str
) -> None:
    add_module(copy_of_the_packages, module, source)
    answer = lint_imports(python, copy_of_the_packages)
    assert answer.returncode != 0
    assert contract in answer.stdout


def test_an_sdk_that_loads_a_web_framework_breaks_its_contract(python: str, copy_of_the_packages: Path) -> None:
    add_module(copy_of_the_packages, "sdk/faceforge_sdk/zz_new.py", "import starlette.routing\n")
    answer = lint_imports(python, copy_of_the_packages, config="sdk/pyproject.toml")
    assert answer.returncode != 0
    assert "Importing the SDK loads no web framework and no database BROKEN" in answer.stdout
