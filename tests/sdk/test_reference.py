"""The reference of the SDK: as the sources say, complete, and with words that tell more than the names."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "sdk" / "REFERENCE.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "sdk" / "faceforge_sdk"
EMPTY_WORDS = frozenset({"a", "an", "the", "of", "this", "its", "is", "it", "for", "to"})


@pytest.fixture(scope="module")
def scripts() -> Iterator[None]:
    """The folder of scripts, importable."""
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(ROOT / "scripts"))
        yield
    for name in ("reference", "reference_pages", "reference_names"):
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def names(scripts: None) -> Any:
    return importlib.import_module("reference_names")


@pytest.fixture(scope="module")
def modules(scripts: None) -> list[Any]:
    """The modules that the page shows."""
    parts = importlib.import_module("reference").parts_of_the_page()
    return [importlib.import_module(name) for part in parts for name in part.modules]


def documented(module: Any, names: Any) -> Iterator[tuple[str, str]]:
    """Every public name of a module and of its classes, with its docstring."""
    constants = names.constant_docs(module)
    for name in names.public_names(module):
        value = getattr(module, name)
        if not callable(value) or name in constants:
            yield name, constants.get(name, "")
            continue
        yield name, vars(value).get("__doc__", "") if inspect.isclass(value) else value.__doc__
        if inspect.isclass(value):
            yield from ((f"{name}.{member}", text) for member, text in documented_members(value, names))


def documented_members(value: type, names: Any) -> Iterator[tuple[str, str]]:
    """A class's public members; what a fake does as the service it stands for is documented there."""
    stood_for = re.search(r"`faceforge_sdk\.(\w+)\.(\w+)`", value.__doc__ or "")
    service = getattr(importlib.import_module(f"faceforge_sdk.{stood_for[1]}"), stood_for[2]) if stood_for else None
    for member, _, function in names.members(value):
        if service is None or not value.__name__.startswith("Fake") or not hasattr(service, member):
            yield member, function.__doc__


def test_the_page_is_what_the_sources_say() -> None:
    """In a process of its own: what other tests import must not show."""
    code = "import reference, sys; sys.stdout.buffer.write(reference.reference().encode())"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "scripts", capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == PAGE, "Run `python scripts/reference.py` (with the Python in .venv)."


def test_every_public_module_is_shown_but_what_only_core_and_the_fakes_share(modules: list[Any]) -> None:
    shown = {module.__name__ for module in modules}
    public = {
        f"faceforge_sdk.{path.stem}"
        for path in PACKAGE.iterdir()
        if not path.name.startswith("_") and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }
    beside = {"faceforge_sdk", "faceforge_sdk.testing.providers", "faceforge_core.testing"}
    assert public - {"faceforge_sdk.own_tables"} | beside == shown


def test_every_name_that_the_sdk_exports_is_shown(names: Any) -> None:
    for package in ("faceforge_sdk", "faceforge_sdk.models", "faceforge_sdk.protocols", "faceforge_sdk.client"):
        for name in importlib.import_module(package).__all__:
            assert re.search(rf'<a id="faceforge_sdk[.\w]*\.{name}"></a>', PAGE), name


def test_every_public_name_has_a_docstring_that_says_more_than_the_name(modules: list[Any], names: Any) -> None:
    silent, echoing = [], []
    for module in modules:
        for name, text in documented(module, names):
            words = set(re.findall(r"[a-z]+", (text or "").lower())) - EMPTY_WORDS
            own = set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()))
            if not words:
                silent.append(f"{module.__name__}.{name}")
            elif words <= own | {f"{word}s" for word in own}:
                echoing.append(f"{module.__name__}.{name}")
    assert silent == []
    assert echoing == []


def test_every_link_leads_to_a_place_on_the_page() -> None:
    places = set(re.findall(r'<a id="([^"]+)">', PAGE))
    headings = {title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= places | headings
    assert len(re.findall(r'<a id="', PAGE)) == len(places), "each name has one place"
    assert {
        "faceforge_sdk.client.FaceForge",
        "faceforge_sdk.models.Entity",
        "faceforge_sdk.protocols.Entities",
    } <= places


def test_a_link_prefers_its_own_module() -> None:
    client = PAGE.partition('<a id="faceforge_sdk.client.Storage"></a>')[2].partition("<a id=")[0]
    assert "[`VerifyReport`](#faceforge_sdk.models.VerifyReport)" in client
    fake = PAGE.partition('<a id="faceforge_sdk.testing.FakeEntities"></a>')[2].partition("<a id=")[0]
    assert "(#faceforge_sdk.protocols.Entities)" in fake


def test_the_page_says_what_no_run_changes() -> None:
    assert re.findall(r"0x[0-9a-f]{6,}|/home/|\\n", PAGE) == []
