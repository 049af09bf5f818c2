"""Which backup is the newest, whatever the clock said when others were made."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_sdk.models import BackupList, Snapshot

_CLOCKS_DIFFER = timedelta(hours=2)
"""So much a clock may have been set back and a backup of before still count."""


def newest_of(backups: BackupList, moment: datetime) -> Snapshot | None:
    """The newest. One that was made in the future does not count: the clock was wrong then, or is now."""
    latest = moment + _CLOCKS_DIFFER
    return next((one for one in backups.items if datetime.fromisoformat(one.created_at) <= latest), None)
