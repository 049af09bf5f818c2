"""What `faceforge doctor` says about the files in the home."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from faceforge_sdk import HealthReport
from faceforge_sdk.texts import to_translate

from .provider import HOME_MARKER

if TYPE_CHECKING:
    from pathlib import Path

SCARCE_BYTES = 1_000_000_000


def report(assets_dir: Path) -> HealthReport:
    """Whether the folder of the files is there and is the home's, and how much more fits."""
    facts = {"path": str(assets_dir)}
    try:
        usage = shutil.disk_usage(assets_dir)
    except OSError as error:
        return HealthReport(
            "error",
            to_translate("The folder of the files, %(path)s, can't be reached: %(reason)s."),
            to_translate("See that its disk is mounted."),
            facts,
            {**facts, "reason": error.strerror or str(error)},
        )
    if not (assets_dir / HOME_MARKER).is_file():
        return HealthReport(
            "error",
            to_translate("The folder of the files, %(path)s, has lost its mark %(mark)s: it may be another disk's."),
            to_translate("See that the right disk is mounted, and start Core anew."),
            facts,
            {**facts, "mark": HOME_MARKER},
        )
    facts |= {"free_bytes": str(usage.free), "total_bytes": str(usage.total)}
    summary = to_translate("Files lie in %(path)s; %(free)s of %(total)s are free.")
    values = {"path": str(assets_dir), "free": _size(usage.free), "total": _size(usage.total)}
    if usage.free < SCARCE_BYTES:
        advice = to_translate("Make room, or move files elsewhere: `faceforge storage migrate`.")
        return HealthReport("warning", summary, advice, facts, values)
    return HealthReport("ok", summary, None, facts, values)


def _size(number: int) -> str:
    """On a disk that is all but full, gigabytes would be none."""
    return f"{number / 1e6:.1f} MB" if number < SCARCE_BYTES else f"{number / 1e9:.1f} GB"
