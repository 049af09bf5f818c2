"""All checks of one plugin, in the order in which one wants to hear of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_core.plugins.arriving import module_exists
from faceforge_core.plugins.packing import files_of
from faceforge_sdk.errors import FaceForgeError

from .findings import error, suggestion
from .json_lines import lines_of, nearest
from .manifests import MANIFEST, check_manifest
from .modules import ModuleCheck
from .templates import check_template
from .trial import Outcome, findings_of, try_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from faceforge_sdk.manifest import Manifest

    from .findings import Finding


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `outcome` is of the trial, None if there was none: not wished, or pointless."""

    findings: tuple[Finding, ...]
    manifest: Manifest | None
    outcome: Outcome | None = None

    @property
    def errors(self) -> int:
        return sum(one.level == "error" for one in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors


def check(folder: Path, *, run: bool = True) -> Report:
    """Look at a plugin's folder and, if nothing is wrong so far and with `run`, start it once on a home of its own."""
    checked = check_manifest(folder)
    try:
        paths = ["/".join(parts) for parts, _ in files_of(folder)]
    except FaceForgeError as exc:  # a name or a link that an installation would refuse
        named, _, problem = str(exc).partition(": ")
        return Report((*checked.findings, error(named, 1, problem)), checked.manifest)
    manifest = checked.manifest
    if manifest is None and not (folder / MANIFEST).exists():
        return Report(checked.findings, None)
    found = [*checked.findings, *_files(folder, paths)]
    if manifest is not None:
        found += _entry_point(folder, manifest, paths)
    report = Report(tuple(sorted(found)), manifest)
    if manifest is None or not run or report.errors:
        return report
    outcome = try_out(folder)
    return Report((*report.findings, *findings_of(outcome, folder, manifest)), manifest, outcome)


def _files(folder: Path, paths: Sequence[str]) -> Iterator[Finding]:
    templates = frozenset(path.removeprefix("templates/") for path in paths if path.startswith("templates/"))
    siblings = frozenset(path.partition("/")[0].removesuffix(".py") for path in paths if path.endswith(".py"))
    modules = ModuleCheck(folder, siblings - {"__init__", "tests"}, templates)
    for path in paths:
        if path.endswith(".py"):
            yield from modules.findings(path)
    for name in sorted(templates):
        if name.endswith((".html", ".jinja", ".j2", ".txt", ".xml")):
            yield from check_template(folder, name, templates)


def _entry_point(folder: Path, manifest: Manifest, paths: Sequence[str]) -> Iterator[Finding]:
    if manifest.code is None:
        return
    module = manifest.code.partition(":")[0]
    if not module_exists(folder, module):
        lines = lines_of((folder / MANIFEST).read_text(encoding="utf-8"))
        modules = [path.removesuffix(".py").replace("/", ".") for path in paths if path.endswith(".py")]
        message = f"entrypoints.python: there is no {module.replace('.', '/')}.py.{suggestion(module, modules)}"
        yield error(MANIFEST, nearest(lines, ("entrypoints", "python")), message)
