"""What `faceforge doctor` says about ExifTool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import HealthReport
from faceforge_sdk.texts import to_translate

from .program import Missing, Unusable

if TYPE_CHECKING:
    from .program import Finder


def report(finder: Finder | None) -> HealthReport:
    """Whether files are read by it; `finder` is None where it is not wanted."""
    if finder is None:
        return HealthReport("off", to_translate("ExifTool is switched off: tools.exiftool_enabled is false."))
    program = finder.find()
    if isinstance(program, Missing):
        return HealthReport(
            "warning",
            to_translate("No metadata is read from files: there is no ExifTool in %(folder)s."),
            program.advice,
            values={"folder": str(program.folder)},
        )
    if isinstance(program, Unusable):
        return HealthReport(
            "warning",
            to_translate("No metadata is read from files: %(reason)s"),
            program.advice,
            values={"reason": program.reason},
        )
    facts = {"version": program.version, "path": str(program.path)}
    return HealthReport("ok", to_translate("ExifTool %(version)s reads metadata from files."), None, facts, facts)
