"""Wheels of plugins: proven whole by their own record, and the one package in them that can stand as a folder.

Core never runs pip. What needs it (compiled code, files elsewhere, packages that are not here, more than one package)
is refused with the advice to install the wheel into Core's environment.
"""

from __future__ import annotations

import ast
import base64
import configparser
import csv
import hashlib
import json
import platform
import sys
from dataclasses import dataclass
from email.parser import BytesParser
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final, NoReturn

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from faceforge_core import __version__
from faceforge_core.plugins.discovery import PACKAGE_GROUP
from faceforge_core.plugins.portable_names import refused
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.manifest import MAX_MANIFEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from email.message import Message
    from pathlib import Path

PIP: Final = "Install it into Core's environment instead: pip install {wheel}."
NO_PIP: Final = "This Core is a single file, to which nothing can be added: use a Core that was installed with Python."
_HASHES: Final = frozenset({"sha256", "sha384", "sha512"})
_UNRECORDED: Final = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s"})
_COMPILED: Final = (".so", ".pyd", ".dll", ".dylib")
_OURS: Final = frozenset({"faceforge-core", "faceforge-sdk"})
"""Both come with the Core that runs, however it was installed."""


@dataclass(frozen=True, slots=True)
class PluginPackage:
    """The package of a wheel that is the plugin; `is_itself_the_entry`: its manifest calls it by the package's name."""

    folder: Path
    is_itself_the_entry: bool


def plugin_package(into: Path, files: Sequence[Path]) -> PluginPackage:
    """The plugin in an unpacked wheel. Raises `InvalidInput` naming what is wrong, or can't be without pip."""
    about = _about(into)
    _verify(into, about, files)
    _check_pure(into, about, files)
    _check_needs(about)
    folder = _package_folder(into, about)
    _check_stands_alone(into, about, folder)
    return PluginPackage(folder, _calls_itself(folder))


def _about(into: Path) -> Path:
    found = sorted(into.glob("*.dist-info"))
    if len(found) != 1 or not (found[0] / "WHEEL").is_file() or not (found[0] / "RECORD").is_file():
        raise InvalidInput("The file is called a wheel and is none: it needs one .dist-info with WHEEL and RECORD.")
    return found[0]


def _needs_pip(why: str) -> NoReturn:
    advice = NO_PIP if getattr(sys, "frozen", False) else PIP.format(wheel="THE_WHEEL")
    raise InvalidInput(f"The wheel {why}. {advice}")


# --- Whole ----------------------------------------------------------------------------------------------------------


def _verify(into: Path, about: Path, files: Sequence[Path]) -> None:
    """Every file is recorded and as recorded, and nothing recorded is missing."""
    recorded = _recorded(about / "RECORD")
    there = {path.relative_to(into).as_posix(): path for path in files}
    for name, path in there.items():
        if path.parent == about and path.name in _UNRECORDED:
            continue
        if name not in recorded:
            raise refused(name, "is not in the wheel's RECORD")
        if _matches(path, recorded[name]) is False:
            raise refused(name, "is not as the wheel's RECORD says")
    for name in recorded:
        if name not in there:
            raise refused(name, "is in the wheel's RECORD and not in the wheel")


def _recorded(path: Path) -> dict[str, str]:
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        return {row[0]: row[1] for row in rows if row}
    except (UnicodeDecodeError, csv.Error, IndexError) as exc:
        raise refused(path.name, f"can't be read ({exc})") from exc


def _matches(path: Path, recorded: str) -> bool:
    algorithm, _, expected = recorded.partition("=")
    if algorithm not in _HASHES:
        return False
    digest = hashlib.new(algorithm, path.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == expected.rstrip("=")


# --- Possible without pip -------------------------------------------------------------------------------------------


def _check_pure(into: Path, about: Path, files: Iterable[Path]) -> None:
    facts = _headers(about / "WHEEL")
    tags = facts.get_all("Tag") or []
    pure = (facts.get("Root-Is-Purelib") or "").strip().lower() == "true"
    compiled = [path for path in files if path.suffix.lower() in _COMPILED]
    if compiled:
        _needs_pip(f"holds compiled code ({compiled[0].relative_to(into).as_posix()})")
    if not pure or any(not str(tag).strip().endswith("-none-any") for tag in tags):
        _needs_pip("says that it is not pure Python")
    placed = sorted(into.glob("*.data"))
    if placed:
        _needs_pip(f"holds files for other places ({placed[0].name})")


def _check_needs(about: Path) -> None:
    facts = _headers(about / "METADATA")
    try:
        python = SpecifierSet(str(facts.get("Requires-Python") or ""))
        needs = [Requirement(str(line)) for line in facts.get_all("Requires-Dist") or []]
        wanted = [need for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    except (InvalidSpecifier, InvalidRequirement, KeyError, ValueError) as exc:
        raise refused(f"{about.name}/METADATA", f"can't be understood ({exc})") from exc
    if not python.contains(platform.python_version(), prereleases=True):
        raise InvalidInput(f"The wheel needs Python {python}; this is {platform.python_version()}.")
    missing = [str(need) for need in wanted if not _is_here(need)]
    if missing:
        _needs_pip(f"needs what is not installed here: {', '.join(missing)}")


def _is_here(need: Requirement) -> bool:
    name = canonicalize_name(need.name)
    try:
        version = __version__ if name in _OURS else metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return need.specifier.contains(version, prereleases=True)


def _headers(path: Path) -> Message:
    try:
        return BytesParser().parsebytes(path.read_bytes())
    except OSError as exc:
        raise refused(f"{path.parent.name}/{path.name}", "is missing") from exc


# --- The package ----------------------------------------------------------------------------------------------------


def _package_folder(into: Path, about: Path) -> Path:
    modules = _entry_points(about / "entry_points.txt")
    if len(modules) > 1:
        _needs_pip(f"holds several plugins ({', '.join(modules)})")
    if modules:
        folder = into.joinpath(*modules[0].split("."))
        if not (folder / "plugin.json").is_file():
            raise refused(f"{modules[0].replace('.', '/')}/plugin.json", "is missing, and the wheel names it a plugin")
        return folder
    found = sorted(path.parent for path in into.glob("*/plugin.json"))
    if len(found) > 1:
        _needs_pip(f"holds several plugins ({', '.join(folder.name for folder in found)})")
    if not found:
        raise InvalidInput(
            f"The wheel holds no plugin: neither an entry point of the group {PACKAGE_GROUP} nor a package with a "
            "plugin.json."
        )
    return found[0]


def _entry_points(path: Path) -> list[str]:
    if not path.is_file():
        return []
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (configparser.Error, UnicodeDecodeError) as exc:
        raise refused(f"{path.parent.name}/{path.name}", "can't be understood") from exc
    values = parser[PACKAGE_GROUP].values() if parser.has_section(PACKAGE_GROUP) else ()
    modules = sorted({value.partition(":")[0].partition("[")[0].strip() for value in values})
    if not all(part.isidentifier() for module in modules for part in module.split(".")):
        raise refused(f"{path.parent.name}/{path.name}", "names what is no package")
    return modules


def _check_stands_alone(into: Path, about: Path, folder: Path) -> None:
    """A folder has no name that could be imported, and nothing beside it."""
    top = into / folder.relative_to(into).parts[0]
    beside = sorted(path.name for path in into.iterdir() if path not in {about, top})
    if beside:
        _needs_pip(f"holds more than the plugin's package: {beside[0]}")
    for path in sorted(folder.rglob("*.py")):
        for line in lines_that_import(path.read_bytes(), {top.name}):
            _needs_pip(f"imports itself by its name ({path.relative_to(into).as_posix()}, line {line})")


def lines_that_import(source: bytes, names: set[str]) -> list[int]:
    """The lines of a module that import one of these top-level names absolutely; none where it can't be parsed."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # whoever compiles it says so
    return [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) and _top(node) & names
    ]


def _top(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    return set() if node.level or not node.module else {node.module.partition(".")[0]}


def _calls_itself(folder: Path) -> bool:
    path = folder / "plugin.json"
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            return False
        manifest: Any = json.loads(path.read_bytes())
        return str(manifest["entrypoints"]["python"]).partition(":")[0] == folder.name
    except (ValueError, KeyError, TypeError, RecursionError):
        return False  # whoever reads the manifest says so
