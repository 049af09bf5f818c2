"""What ``faceforge doctor`` says of backups."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from faceforge_sdk import HealthReport
from faceforge_sdk.texts import to_translate

from .newest import newest_of

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Backups

OLD_DAYS = 30


def check(backups: Backups, moment: datetime | None = None) -> HealthReport:
    """Whether there is a backup, and of when."""
    found, moment = backups.list(), moment or datetime.now(UTC)
    if found.folder is None:
        return HealthReport(
            "off",
            to_translate("No folder for backups is chosen."),
            to_translate("`faceforge backup --to FOLDER` makes the first."),
        )
    facts = {"folder": found.folder, "backups": str(len(found.items))}
    newest = newest_of(found, moment)
    if newest is None:
        summary = to_translate("There is no backup in %(folder)s.")
        return HealthReport(
            "warning", summary, to_translate("Connect its disk, or make one with `faceforge backup`."), facts, facts
        )
    days = (moment - datetime.fromisoformat(newest.created_at)).days
    values = {"day": newest.created_at[:10], "count": str(newest.assets), "problems": str(newest.problems)}
    if newest.problems:
        return HealthReport(
            "warning",
            to_translate(
                "The newest backup is of %(day)s. Files in it: %(count)s; that could not be read: %(problems)s."
            ),
            to_translate("`faceforge fsck --deep` says which files are damaged."),
            facts,
            values,
        )
    if days > OLD_DAYS:
        return HealthReport(
            "warning",
            to_translate("The newest backup is of %(day)s, which is %(days)s days ago. Files in it: %(count)s."),
            to_translate("`faceforge backup` makes one."),
            facts,
            {**values, "days": str(days)},
        )
    summary = to_translate("The newest backup is of %(day)s. Files in it: %(count)s.")
    return HealthReport("ok", summary, None, facts, values)
