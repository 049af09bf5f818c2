"""What ``faceforge doctor`` says of backups."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from faceforge_sdk import HealthReport

from .newest import newest_of

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Backups

OLD_DAYS = 30


def check(backups: Backups, moment: datetime | None = None) -> HealthReport:
    """Whether there is a backup, and of when."""
    found, moment = backups.list(), moment or datetime.now(UTC)
    if found.folder is None:
        return HealthReport(
            "off", "No folder for backups is chosen.", "`faceforge backup --to FOLDER` makes the first."
        )
    facts = {"folder": found.folder, "backups": str(len(found.items))}
    newest = newest_of(found, moment)
    if newest is None:
        summary = f"There is no backup in {found.folder}."
        return HealthReport("warning", summary, "Connect its disk, or make one with `faceforge backup`.", facts)
    days = (moment - datetime.fromisoformat(newest.created_at)).days
    summary = f"The newest backup is of {newest.created_at[:10]} and holds {newest.assets} files."
    if newest.problems:
        summary += f" {newest.problems} could not be read for it."
        return HealthReport("warning", summary, "`faceforge fsck --deep` says which files are damaged.", facts)
    if days > OLD_DAYS:
        return HealthReport("warning", f"{summary} That is {days} days ago.", "`faceforge backup` makes one.", facts)
    return HealthReport("ok", summary, facts=facts)
