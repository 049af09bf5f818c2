"""What `faceforge doctor` says about ExifTool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import HealthReport

from .program import Unusable

if TYPE_CHECKING:
    from .program import Finder


def report(finder: Finder | None) -> HealthReport:
    """Whether files are read by it; `finder` is None where it is not wanted."""
    if finder is None:
        return HealthReport("off", "ExifTool is switched off: tools.exiftool_enabled is false.")
    program = finder.find()
    if isinstance(program, Unusable):
        return HealthReport("warning", f"No metadata is read from files: {program.reason}", program.advice)
    return HealthReport(
        "ok",
        f"ExifTool {program.version} reads metadata from files.",
        facts={"version": program.version, "path": str(program.path)},
    )
