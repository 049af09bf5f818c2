"""The form of where backups go, how many stay, and how often one is made by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Final

from faceforge_sdk.forms import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import FormData

    from faceforge_sdk.protocols import Texts

PLUGIN: Final = "faceforge.backup"
JOB: Final = "backup.create"
_MOST: Final = 36_500


@dataclass(frozen=True, slots=True)
class BackupForm:
    """The texts of the form; `problems` has a sentence per part."""

    folder: str = ""
    every_days: str = ""
    keep: str = "10"
    problems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> BackupForm:
        """The form of what is configured."""
        return cls(config.get("folder") or "", str(config.get("every_days") or ""), str(config.get("keep") or 10))

    @classmethod
    def posted(cls, form: FormData) -> BackupForm:
        """What was typed."""
        folder, every_days, keep = (text_of(form, name).strip() for name in ("folder", "every_days", "keep"))
        return cls(folder, every_days, keep)

    def config(self, texts: Texts) -> tuple[dict[str, Any], BackupForm]:
        """The configuration, and the form with what is wrong with it; whether the folder will do shows the job."""
        problems: dict[str, str] = {}
        if self.folder and not any(path(self.folder).is_absolute() for path in (PurePosixPath, PureWindowsPath)):
            problems["folder"] = texts.gettext("Write the folder in full, from the drive on.")
        every, keep = _number(self.every_days), _number(self.keep)
        if self.every_days and every is None:
            problems["every_days"] = texts.gettext("Write a number of days, such as 7, or nothing.")
        if keep is None:
            problems["keep"] = texts.gettext("Write a number, such as 10.")
        said = {"folder": self.folder or None, "every_days": every, "keep": keep}
        return said, BackupForm(self.folder, self.every_days, self.keep, problems)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST else None
