"""What the tests of the repository's shape share: where it lies, which sources it ships, and what is a whole Core."""

import importlib.util
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED_PACKAGES = ("kernel/faceforge_core", "builtin_plugins/faceforge_builtins", "sdk/faceforge_sdk")
COMFORTABLE_LINES = 300


def shipped_files(*suffixes: str) -> list[Path]:
    """The files of the three packages, sorted; only those with one of the suffixes, if any are given."""
    return sorted(
        path
        for package in SHIPPED_PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and (not suffixes or path.suffix in suffixes)
    )


@pytest.fixture(scope="session")
def repository() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shipped() -> list[Path]:
    return shipped_files()


@pytest.fixture(scope="session")
def shipped_python() -> list[Path]:
    return shipped_files(".py")


@pytest.fixture(scope="session")
def own_python(shipped_python: list[Path]) -> list[Path]:
    """Every Python file of ours: shipped, examples, scripts, tests and benchmarks."""
    others = [
        path
        for folder in ("benchmarks", "examples", "scripts", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "__pycache__" not in path.parts
    ]
    return [*shipped_python, *others]


@pytest.fixture(scope="session")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def sdk_pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "sdk" / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def python() -> str:
    return sys.executable


@pytest.fixture(scope="session")
def load_script(repository: Path) -> Callable[[str], ModuleType]:
    """Gives a script as a module, without running it."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, repository / "scripts" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def assert_whole(pyproject: dict[str, Any]) -> Callable[[Any], None]:
    """Fails unless a Core that serves has all built-ins, and a page with its styles and scripts."""

    def check(core: Any) -> None:
        client = core.client(timeout=60)
        rows = client.get("/v1/plugins").json()["data"]
        builtins = [row for row in rows["items"] if row["source"] == "builtin"]
        assert len(builtins) == len(pyproject["project"]["entry-points"]["faceforge.builtin"]), rows["ignored"]
        assert [row for row in builtins if row["state"] != "active"] == []
        page = client.get("/ui/login").text
        files = re.findall(r'(?:href|src)="(/ui/static/[^"]+)"', page)
        assert {name.partition("?")[0].rpartition(".")[2] for name in files} >= {"css", "js"}, page
        for name in files:
            answer = client.get(name)
            assert answer.status_code == 200, name
            assert answer.content, name

    return check


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the long files; that is a hint to look for a second subject in them, not a failure."""
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in shipped_files(".py")}
    for path, count in sorted(lines.items(), key=lambda item: -item[1]):
        if count > COMFORTABLE_LINES:
            terminalreporter.write_line(f"long file: {path.relative_to(ROOT).as_posix()} ({count} lines)")
