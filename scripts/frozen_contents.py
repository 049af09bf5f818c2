"""What goes into the single file: Core and all that it asks for, whole, and the standard library for plugins."""

import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from pathlib import Path, PurePath
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
ENTRY = ROOT / "kernel" / "faceforge_core" / "executable.py"
OWN_PACKAGES = ("kernel/faceforge_core", "builtin_plugins/faceforge_builtins", "sdk/faceforge_sdk")
READ_AS_FILES = ("faceforge_core/db/migrations/versions", "faceforge_sdk/scaffolds")
"""Python of ours that is not only imported: Alembic reads its steps, and new plugins are copies."""

STDLIB_LEFT_OUT = frozenset({"ensurepip", "idlelib", "lib2to3", "test", "tkinter", "_tkinter", "turtle", "turtledemo"})
"""Windows on a screen, and what works on a Python that is installed."""

WITH_HOOKS = ("inspect", "multiprocessing", "pkgutil")
"""Modules for which PyInstaller prepares a program, where its analysis meets them."""

NOT_WANTED = frozenset({"test", "tests", "testing"})
OF_THE_INSTALLATION = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
ONLY_FOR_COMPILERS = frozenset({".pyc", ".pyi", ".pyx", ".pxd", ".pxi", ".h", ".c"})
S3 = "s3"


class Contents(NamedTuple):
    """In PyInstaller's words: hidden imports, modules that need no analysis, excluded packages, data with their folder.

    What is taken whole has no imports that would have to be found, and finding them is most of the time of a build.
    Therefore our own packages are among the excluded: what they import is there whole, too.
    """

    entry: str
    modules: list[str]
    whole: list[tuple[str, str]]
    excluded: list[str]
    files: list[tuple[str, str]]

    def wants(self, target: str) -> bool:
        """Whether a file that PyInstaller's own rules for a package bring is to be there."""
        package, *folders = PurePath(target).parts
        return package not in {"boto3", "botocore"} or _of_our_service(folders)


def contents_of(name: str) -> Contents:
    """The contents, as this environment has them; of `name` itself, as its sources are."""
    needed = list(with_dependencies(name))
    own = list(own_files())
    own_packages = {PurePath(package).name for package in OWN_PACKAGES}
    others = [file for one in needed if one.name != name for file in installed_files(one)]
    modules = set(WITH_HOOKS)
    whole: dict[str, str] = {}
    for source, target in [*own, *others, *stdlib_files()]:
        module = module_of(target)
        if module is not None and source.suffix == ".py":
            whole[module] = str(source)
        elif module is not None:
            modules.add(module)
    files = [one for one in [*own, *others] if is_read_as_file(one[1]) or not is_code(one[1])]
    files += [file for one in needed for file in metadata_files(one)]
    return Contents(
        str(ENTRY),
        sorted(modules),
        sorted(whole.items()),
        sorted({*STDLIB_LEFT_OUT, *own_packages, *foreign_packages(needed)}),
        sorted((str(source), str(target.parent)) for source, target in files),
    )


# --- Core and what it needs -------------------------------------------------------------------------------------------


def with_dependencies(name: str) -> Iterator[metadata.Distribution]:
    """A distribution, and all that it asks for on this system."""
    waiting, seen = [name], set()
    while waiting:
        wanted = canonicalize_name(waiting.pop())
        if wanted not in seen:
            seen.add(wanted)
            distribution = metadata.distribution(wanted)
            yield distribution
            asked = [Requirement(line) for line in distribution.requires or []]
            waiting += [one.name for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]


def own_files() -> Iterator[tuple[Path, PurePath]]:
    """The files of our packages, each with its place in the program."""
    for package in map(ROOT.joinpath, OWN_PACKAGES):
        for path in sorted(package.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path, PurePath(path.relative_to(package.parent))


def installed_files(distribution: metadata.Distribution) -> Iterator[tuple[Path, PurePath]]:
    """The files of an installed distribution but its tests, and what it keeps about itself."""
    for file in distribution.files or []:
        place = PurePath(file)
        beside = ".." in place.parts or place.parts[0].endswith(".dist-info")
        if not beside and not NOT_WANTED.intersection(place.parts):
            yield Path(str(file.locate())), place


def metadata_files(distribution: metadata.Distribution) -> Iterator[tuple[Path, PurePath]]:
    """What it keeps about itself: its version, its entry points, its licence; nothing of this very installation."""
    for file in distribution.files or []:
        place = PurePath(file)
        if place.parts[0].endswith(".dist-info") and place.name not in OF_THE_INSTALLATION:
            yield Path(str(file.locate())), place


def is_code(target: PurePath) -> bool:
    """Whether PyInstaller sees to it: Python, compiled modules, and the libraries that these load."""
    return target.suffix in {".py", ".so", ".pyd", ".dll", ".dylib", *ONLY_FOR_COMPILERS} or ".so." in target.name


def is_read_as_file(target: PurePath) -> bool:
    return target.suffix == ".py" and any(target.is_relative_to(folder) for folder in READ_AS_FILES)


def module_of(target: PurePath) -> str | None:
    """The name under which a file is imported, if it is a module."""
    suffix = next((one for one in (*EXTENSION_SUFFIXES, ".py") if target.name.endswith(one)), None)
    if suffix is None or is_read_as_file(target):
        return None
    names = [*target.parts[:-1], target.name.removesuffix(suffix)]
    if names[-1] == "__init__":
        names.pop()
    return ".".join(names) if names and all(name.isidentifier() for name in names) else None


def foreign_packages(needed: list[metadata.Distribution]) -> set[str]:
    """What else is installed here: libraries use some of it where it is there, and then it would come along."""
    names = {canonicalize_name(one.name) for one in needed}
    providers = metadata.packages_distributions().items()
    return {package for package, by in providers if not names & {canonicalize_name(one) for one in by}}


def _of_our_service(folders: list[str]) -> bool:
    """Amazon's packages describe hundreds of services; what lies beside these descriptions is for all of them."""
    if folders[:1] == ["examples"]:
        return False
    return folders[:1] != ["data"] or len(folders) == 2 or folders[1] == S3


# --- The standard library ---------------------------------------------------------------------------------------------


def stdlib_files() -> Iterator[tuple[Path, PurePath]]:
    """The modules that Python itself brings here, for plugins that come as folders."""
    for name in sorted(sys.stdlib_module_names - STDLIB_LEFT_OUT):
        spec = PathFinder.find_spec(name)  # those of other systems are named too, and some have no file
        folders = [Path(folder) for folder in (spec.submodule_search_locations if spec else None) or ()]
        if spec is not None and spec.origin is not None and not folders:
            yield Path(spec.origin), PurePath(Path(spec.origin).name)
        for folder in folders:
            for path in sorted(folder.rglob("*.py")):
                place = PurePath(name, path.relative_to(folder))
                if not NOT_WANTED.intersection(place.parts):
                    yield path, place
