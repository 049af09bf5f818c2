"""From a plugin's folder or package to the object whose hooks are registered."""

from __future__ import annotations

import importlib
import importlib.util
import re
import secrets
import sys
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from pathlib import Path
from typing import TYPE_CHECKING

from faceforge_sdk.errors import FaceForgeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_PACKAGE_ITSELF = "__init__"


class NotAPlugin(FaceForgeError):
    """The entry point names nothing."""


class _FreshSource(SourceFileLoader):
    """Compiles the source as it is now.

    Cached bytecode is neither read nor written: it is keyed by whole seconds and size, so that a quick fix would load
    the old code, and the user's plugin folder is not ours to write to.
    """

    def path_stats(self, path: str) -> dict[str, float]:
        raise OSError(f"no cached bytecode for {path}")


class _PrivatePackages:
    """A finder for modules below one loader's packages; everything else is left to Python."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None or not name.startswith(self._prefix):
            return None
        for folder in path:
            # A new finder each time: one that is kept would remember the folder's old list of files.
            finder = FileFinder(folder, (ExtensionFileLoader, EXTENSION_SUFFIXES), (_FreshSource, SOURCE_SUFFIXES))
            spec = finder.find_spec(name, target)
            if spec is not None:
                return spec
        return None


class Loader:
    """Imports plugins' code for one kernel.

    A folder becomes a package of its own under a name that no other plugin and no other kernel in this process has:
    ``sys.path`` stays as it is, siblings are imported relatively, two plugins may both have ``helpers.py``. Built-ins
    and installed packages are imported under their own names. Call `close` when done.
    """

    def __init__(self) -> None:
        self._prefix = f"_faceforge_plugins_{secrets.token_hex(6)}_"
        self._finder = _PrivatePackages(self._prefix)
        sys.meta_path.insert(0, self._finder)  # Python's own would find the modules too, and cache their bytecode

    def load_folder(self, plugin_id: str, folder: Path, entry_point: str) -> object:
        """Import ``module`` or ``module:object`` of `folder`, from the files as they are now.

        A class is called without arguments. After any failure nothing of it stays imported.
        """
        self.forget(plugin_id)
        package = self._package(plugin_id)
        try:
            self._make_package(package, folder)
            return _resolve(package, entry_point)
        except BaseException:
            self.forget(plugin_id)
            raise

    def load_package(self, package: str, entry_point: str) -> object:
        """Import ``module`` or ``module:object`` of an installed package; ``__init__`` is the package itself.

        After a failure the package's modules that were imported by this attempt are forgotten, so that the next
        attempt reads them again.
        """
        before = sys.modules.copy()
        try:
            return _resolve(package, entry_point)
        except BaseException:
            for name in [name for name in sys.modules if _inside(name, package) and name not in before]:
                del sys.modules[name]
            importlib.invalidate_caches()
            raise

    def forget(self, plugin_id: str) -> None:
        """Drop a folder's modules; objects made from them live on as long as somebody holds them."""
        package = self._package(plugin_id)
        for name in [name for name in sys.modules if _inside(name, package)]:
            del sys.modules[name]

    def holds_extensions(self, plugin_id: str) -> bool:
        """Whether the folder's code includes compiled modules, which a process can't load a second time."""
        package = self._package(plugin_id)
        return any(
            isinstance(getattr(module, "__loader__", None), ExtensionFileLoader)
            for name, module in list(sys.modules.items())
            if _inside(name, package)
        )

    def close(self) -> None:
        """Forget everything this loader imported from folders."""
        for name in [name for name in sys.modules if name.startswith(self._prefix)]:
            del sys.modules[name]
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)

    def _package(self, plugin_id: str) -> str:
        # Every character outside [0-9a-z] becomes _<hex>_, so that no two ids share a name.
        return self._prefix + re.sub(r"[^0-9a-z]", lambda found: f"_{ord(found[0]):x}_", plugin_id)

    def _make_package(self, package: str, folder: Path) -> None:
        init = folder / "__init__.py"
        if init.is_file():
            loader = _FreshSource(package, str(init))
            spec = importlib.util.spec_from_file_location(
                package, init, loader=loader, submodule_search_locations=[str(folder)]
            )
        else:
            loader, spec = None, ModuleSpec(package, None, is_package=True)
            spec.submodule_search_locations = [str(folder)]
        if spec is None:
            raise NotAPlugin(f"{init} can't be loaded.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[package] = module
        if loader is not None:
            loader.exec_module(module)


def _resolve(package: str, entry_point: str) -> object:
    module_name, _, attribute = entry_point.partition(":")
    full_name = package if module_name == _PACKAGE_ITSELF else f"{package}.{module_name}"
    found: object = importlib.import_module(full_name)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)
    return found() if isinstance(found, type) else found


def _inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def package_folder(package: str) -> Path | None:
    """Where an installed package lies, found without running any of its code (not even its parents')."""
    names = package.split(".")
    spec = importlib.util.find_spec(names[0])
    for depth in range(2, len(names) + 1):
        if spec is None or spec.submodule_search_locations is None:
            return None
        spec = _find_below(".".join(names[:depth]), list(spec.submodule_search_locations))
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _find_below(name: str, locations: list[str]) -> ModuleSpec | None:
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = find(name, locations) if find is not None else None
        if spec is not None:
            return spec
    return None
