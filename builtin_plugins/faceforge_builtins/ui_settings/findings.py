"""What the checks of health say, each by its name in words, those of programs apart from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .field_types import humanised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk.models import HealthFinding
    from faceforge_sdk.protocols import Texts

_PROGRAMS: Final = frozenset({"exiftool", "seaweedfs"})
_NOT_SHOWN: Final = frozenset({"free_bytes", "total_bytes", "bytes"})


@dataclass(frozen=True, slots=True)
class Row:
    """One check: `state` is its status in words."""

    finding: HealthFinding
    title: str
    state: str
    facts: Mapping[str, str]


def rows_of(findings: Sequence[HealthFinding], texts: Texts) -> tuple[list[Row], list[Row]]:
    """The programs that Core uses, and everything else."""
    rows = [_row(one, texts) for one in findings]
    programs = [row for row in rows if row.finding.name in _PROGRAMS]
    return programs, [row for row in rows if row.finding.name not in _PROGRAMS]


def _row(finding: HealthFinding, texts: Texts) -> Row:
    title = _titles(texts).get(finding.name) or humanised(finding.name)
    states = {
        "ok": texts.gettext("In order"),
        "warning": texts.gettext("Look at this"),
        "error": texts.gettext("Does not work"),
        "off": texts.gettext("Switched off"),
    }
    facts = {humanised(name): value for name, value in finding.facts.items() if name not in _NOT_SHOWN}
    return Row(finding, title, states[finding.status], facts)


def _titles(texts: Texts) -> Mapping[str, str]:
    _ = texts.gettext
    return {
        "exiftool": "ExifTool",
        "seaweedfs": "SeaweedFS",
        "core": "FaceForge Core",
        "sqlite": "SQLite",
        "home": _("Home folder"),
        "database": _("Database"),
        "database-pages": _("Pages of the database"),
        "token": _("Access token"),
        "plugins": _("Plugins"),
        "trash": _("Trash"),
        "storage-fs": _("Files on this computer"),
        "storage-s3": _("Files in S3"),
        "backup": _("Backups"),
        "clock": _("Clock"),
    }
