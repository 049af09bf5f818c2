"""Which plugins there are: manifests of built-ins, folders and installed packages, read without running their code."""

from __future__ import annotations

import logging
import os
import stat
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import importlib_metadata

from faceforge_core.plugins.loader import package_folder
from faceforge_core.plugins.schemas import check_schema
from faceforge_sdk.manifest import Manifest, ManifestError
from faceforge_sdk.models import IgnoredManifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

BUILTIN_GROUP = "faceforge.builtin"
PACKAGE_GROUP = "faceforge.plugins"

Source = Literal["builtin", "folder", "package"]
_Stamp = tuple[int, ...]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A usable manifest and where it lies. `package` is the import name of a built-in or an installed package."""

    manifest: Manifest
    source: Source
    folder: Path
    package: str | None = None

    @property
    def plugin_id(self) -> str:
        return self.manifest.id

    @property
    def entry_point(self) -> str | None:
        """Where the code starts; None for a manifest-only plugin.

        ``__init__`` is the package itself, which may also be called by its own last name; a built-in need not say it.
        """
        stated = self.manifest.entrypoints.python if self.source == "builtin" else self.manifest.code
        if self.package is None:
            return stated
        if stated is None:
            return "__init__" if self.source == "builtin" else None
        module, colon, attribute = stated.partition(":")
        own_name = self.package.rpartition(".")[2]
        return f"{'__init__' if module == own_name else module}{colon}{attribute}"

    @property
    def essential(self) -> bool:
        return self.source == "builtin" and self.manifest.essential

    @property
    def config_path(self) -> str | None:
        """The part of `core.json` that is this plugin's configuration; strangers have none."""
        return self.manifest.config_path if self.source == "builtin" else None


@dataclass(frozen=True, slots=True)
class Findings:
    """What one look at the sources gave: by id, built-ins first, then folders by name, then packages."""

    found: Mapping[str, Found] = field(default_factory=dict)
    ignored: tuple[IgnoredManifest, ...] = ()


def declared_points() -> Iterator[importlib_metadata.EntryPoint]:
    """What installed packages declare for Core.

    As ``importlib_metadata.entry_points()``, which parses what each of them declares for all other programs, too.
    """
    groups = f"[{BUILTIN_GROUP}]", f"[{PACKAGE_GROUP}]"
    for package in importlib_metadata.distributions():
        declared = package.read_text("entry_points.txt") or ""
        if any(group in declared for group in groups):
            try:  # of several packages that have one name, the one whose modules are found
                yield from importlib_metadata.distribution(package.name).entry_points
            except (FileNotFoundError, KeyError, ValueError, importlib_metadata.PackageNotFoundError):
                yield from package.entry_points  # half removed: it has lost its name


class Discovery:
    """Looks for plugins: everywhere when made, in `plugins_dir` again whenever `look` is called."""

    def __init__(
        self,
        plugins_dir: Path,
        *,
        entry_points: Iterable[importlib_metadata.EntryPoint] | None = None,
    ) -> None:
        points = list(declared_points() if entry_points is None else entry_points)
        self._plugins_dir = plugins_dir
        self._lock = threading.Lock()
        self._read: dict[str, tuple[_Stamp, Found | ManifestError]] = {}
        self._builtins = list(self._packages(points, BUILTIN_GROUP, "builtin"))
        self._installed = list(self._packages(points, PACKAGE_GROUP, "package"))

    def look(self) -> Findings:
        """Look at the folders again: one listing and two stats for each that did not change."""
        with self._lock:
            return self._sorted_out([*self._builtins, *self._folders(), *self._installed])

    def _sorted_out(self, outcomes: Iterable[tuple[str, Found | ManifestError]]) -> Findings:
        found: dict[str, Found] = {}
        ignored: list[IgnoredManifest] = []
        for path, outcome in outcomes:
            if isinstance(outcome, ManifestError):
                ignored.append(IgnoredManifest(path=path, reason=str(outcome)))
            elif (holder := found.setdefault(outcome.plugin_id, outcome)) is not outcome:
                reason = f"id: {outcome.plugin_id!r} is already taken by {holder.folder}."
                ignored.append(IgnoredManifest(path=path, reason=reason))
        return Findings(found, tuple(ignored))

    # --- Folders

    def _folders(self) -> Iterator[tuple[str, Found | ManifestError]]:
        try:
            with os.scandir(self._plugins_dir) as entries:
                names = sorted(entry.name for entry in entries if entry.is_dir())
        except FileNotFoundError:
            names = []
        except OSError as exc:
            yield str(self._plugins_dir), ManifestError(f"The folder can't be read: {exc.strerror}.")
            return
        self._read = {name: self._read[name] for name in names if name in self._read}
        for name in names:
            folder = self._plugins_dir / name
            outcome = self._folder(name, folder)
            if outcome is not None:
                yield str(folder / "plugin.json"), outcome

    def _folder(self, name: str, folder: Path) -> Found | ManifestError | None:
        try:
            facts = folder.stat()
            manifest = (folder / "plugin.json").lstat()
        except FileNotFoundError:
            return None  # no plugin, or gone again
        except OSError as exc:
            return ManifestError(f"The folder can't be read: {exc.strerror}.")
        stamp = (facts.st_mode, facts.st_ino, manifest.st_mode, manifest.st_ino, manifest.st_size, manifest.st_mtime_ns)
        known = self._read.get(name)
        if known is not None and known[0] == stamp:
            return known[1]
        outcome = self._read_folder(folder, facts.st_mode)
        self._read[name] = (stamp, outcome)
        return outcome

    def _read_folder(self, folder: Path, mode: int) -> Found | ManifestError:
        try:
            self._check_place(folder, mode)
            manifest = Manifest.read(folder / "plugin.json")
            check_schema(manifest.config_schema)
        except ManifestError as exc:
            return exc
        except Exception as exc:  # a stranger's file: whatever it makes us stumble over is its own problem
            logger.exception("The manifest in %s can't be used.", folder)
            return ManifestError(f"The manifest can't be used: {type(exc).__name__}.")
        return Found(manifest, "folder", folder)

    def _check_place(self, folder: Path, mode: int) -> None:
        if not folder.resolve().is_relative_to(self._plugins_dir.resolve()):
            raise ManifestError("The folder is a link to a place outside the plugins folder.")
        if os.name == "posix" and mode & stat.S_IWOTH:
            raise ManifestError("Every user of this computer can write to the folder: take that right away.")

    # --- Packages

    def _packages(
        self, points: Iterable[importlib_metadata.EntryPoint], group: str, source: Source
    ) -> Iterator[tuple[str, Found | ManifestError]]:
        wanted = {point.module: point for point in points if point.group == group}
        for module in sorted(wanted):
            yield self._package(module, source)

    def _package(self, module: str, source: Source) -> tuple[str, Found | ManifestError]:
        try:
            folder = package_folder(module)
        except (ImportError, ValueError, AttributeError) as exc:
            return module, ManifestError(f"The package can't be found: {exc}")
        if folder is None:
            return module, ManifestError("The package can't be found.")
        path = str(folder / "plugin.json")
        try:
            manifest = Manifest.read(folder / "plugin.json", builtin=source == "builtin")
            if source != "builtin":  # ours are checked by a test, and the checker is slow to import
                check_schema(manifest.config_schema)
        except ManifestError as exc:
            return path, exc
        return path, Found(manifest, source, folder, module)
