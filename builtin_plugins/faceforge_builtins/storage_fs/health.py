"""What `faceforge doctor` says about the files in the home."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from faceforge_sdk import HealthReport

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
            f"The folder of the files, {assets_dir}, can't be reached: {error.strerror or error}.",
            "See that its disk is mounted.",
            facts,
        )
    if not (assets_dir / HOME_MARKER).is_file():
        return HealthReport(
            "error",
            f"The folder of the files, {assets_dir}, has lost its mark {HOME_MARKER}: it may be another disk's.",
            "See that the right disk is mounted, and start Core anew.",
            facts,
        )
    facts |= {"free_bytes": str(usage.free), "total_bytes": str(usage.total)}
    summary = f"Files lie in {assets_dir}; {usage.free / 1e9:.1f} GB of {usage.total / 1e9:.1f} GB are free."
    if usage.free < SCARCE_BYTES:
        return HealthReport(
            "warning", summary, "Make room, or move files elsewhere: `faceforge storage migrate`.", facts
        )
    return HealthReport("ok", summary, facts=facts)
