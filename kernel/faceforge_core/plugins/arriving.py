"""A plugin that was brought here, looked at without running any of it: its files, its manifest, its syntax."""

from __future__ import annotations

import errno
import json
import warnings
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from faceforge_core.plugins import wheels
from faceforge_core.plugins.packing import copy_folder, unpack
from faceforge_core.plugins.schemas import check_schema
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.files import flush_many
from faceforge_sdk.manifest import Manifest, ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from faceforge_core.plugins.packing import Arrived

MANIFEST: Final = "plugin.json"
_MAX_COMPILED: Final = 2 * 1024 * 1024
"""Bytes of one module; larger ones are data that happens to be called so, and would take gigabytes to compile."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A whole plugin in a folder of its own, durable, not in its place yet."""

    manifest: Manifest
    folder: Path
    sha256: str
    files: int
    byte_size: int


def stage(source: BinaryIO | Path, filename: str, into: Path) -> Staged:
    """Bring a folder, a ZIP or a wheel into the empty folder `into`.

    Raises `InvalidInput` naming what is wrong, `PayloadTooLarge`, `OSError`; `into` is the caller's to remove.
    """
    if isinstance(source, Path) and source.is_dir():
        arrived = _copied(source, into)
        return _looked_at(into, arrived)
    if isinstance(source, Path):
        with source.open("rb") as file:
            return _unpacked(file, filename, into)
    return _unpacked(source, filename, into)


def _copied(source: Path, into: Path) -> Arrived:
    try:
        return copy_folder(source, into)
    except OSError as exc:
        if exc.errno in {errno.ELOOP, errno.EINVAL}:  # it became a link or a pipe while it was looked at
            raise InvalidInput(f"{exc.filename}: {exc.strerror}.") from exc
        raise


def _unpacked(file: BinaryIO, filename: str, into: Path) -> Staged:
    wheel = filename.lower().endswith(".whl")
    arrived = unpack(file, into, keep_junk=wheel)
    if not wheel and not any(into.glob("*.dist-info/WHEEL")):
        return _looked_at(_plugin_folder(into, arrived.files), arrived)
    package = wheels.plugin_package(into, arrived.files)
    if package.is_itself_the_entry:
        _name_itself(package.folder)
    return _looked_at(package.folder, arrived)


def _plugin_folder(into: Path, files: Iterable[Path]) -> Path:
    """Where the one manifest lies: at the top, or in the only folder there."""
    manifests = [path.parent for path in files if path.name == MANIFEST]
    near = [folder for folder in manifests if len(folder.relative_to(into).parts) <= 1]
    if len(near) > 1:
        named = ", ".join(sorted(_told(folder / MANIFEST, into) for folder in near))
        raise InvalidInput(f"The archive holds several plugins ({named}): install each by itself.")
    if not near and manifests:
        raise InvalidInput(f"{_told(manifests[0] / MANIFEST, into)}: lies too deep; pack the folder that holds it.")
    if not near:
        raise InvalidInput(f"The archive holds no {MANIFEST}, neither at its top nor in its one folder.")
    [folder] = near
    beside = sorted(path.name for path in into.iterdir() if path != folder)
    if folder != into and beside:
        raise InvalidInput(f"{beside[0]}: lies beside the plugin's folder {folder.name}; pack that folder alone.")
    return folder


def _name_itself(folder: Path) -> None:
    """A package may call its entry point by its own name; a folder is called otherwise, and says ``__init__``."""
    path = folder / MANIFEST
    manifest: dict[str, Any] = json.loads(path.read_bytes())
    _, colon, attribute = manifest["entrypoints"]["python"].partition(":")
    manifest["entrypoints"]["python"] = f"__init__{colon}{attribute}"
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    flush_many([path], {folder})


def _looked_at(folder: Path, arrived: Arrived) -> Staged:
    own = [path for path in arrived.files if path.is_relative_to(folder)]
    manifest = _manifest(folder)
    _check_entry_point(folder, manifest)
    for path in own:
        if path.suffix == ".py":
            _check_syntax(path, path.relative_to(folder).as_posix())
    return Staged(manifest, folder, arrived.sha256, len(own), sum(path.stat().st_size for path in own))


def _manifest(folder: Path) -> Manifest:
    if not (folder / MANIFEST).is_file():
        raise InvalidInput(f"There is no {MANIFEST} in the folder.")
    try:
        manifest = Manifest.read(folder / MANIFEST)
        check_schema(manifest.config_schema)
    except ManifestError as exc:
        raise InvalidInput(f"{MANIFEST}: {exc}", details={"entry": MANIFEST, "problem": str(exc)}) from exc
    return manifest


def _check_entry_point(folder: Path, manifest: Manifest) -> None:
    if manifest.code is None:
        return
    module = manifest.code.partition(":")[0]
    if not module_exists(folder, module):
        raise InvalidInput(f"{MANIFEST}: entrypoints.python names {module}, and there is no {_as_path(module)}.py.")


def module_exists(folder: Path, module: str) -> bool:
    """Whether a plugin's folder has this module, as source, package or compiled."""
    place = folder / _as_path(module)
    suffixes = (".py", *EXTENSION_SUFFIXES)
    # With an __init__ or without, a folder can be imported; only the former does something.
    return any(place.with_name(place.name + suffix).is_file() for suffix in suffixes) or any(
        (place / f"__init__{suffix}").is_file() for suffix in suffixes
    )


def _as_path(module: str) -> str:
    return module.replace(".", "/")


def _check_syntax(path: Path, name: str) -> None:
    if path.stat().st_size > _MAX_COMPILED:
        return
    problem = syntax_problem(path.read_bytes(), name)
    if problem is not None:
        line, message = problem
        raise InvalidInput(f"{name}, line {line}: {message}.", details={"entry": name, "line": line})


def syntax_problem(source: bytes, name: str) -> tuple[int, str] | None:
    """Line and message of what keeps Python from compiling a module; nothing of it runs."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, name, "exec", dont_inherit=True)
    except SyntaxError as exc:
        return exc.lineno or 1, exc.msg
    except (ValueError, RecursionError, MemoryError, OverflowError) as exc:  # NUL, or nested beyond the compiler
        return 1, str(exc) or type(exc).__name__
    return None


def _told(path: Path, into: Path) -> str:
    return path.relative_to(into).as_posix()
