"""The sentences a page may show after a redirect; addresses carry only their codes, never text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi.responses import RedirectResponse

from faceforge_sdk.texts import to_translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk.protocols import Texts

_SENTENCES: Mapping[str, str] = {
    "field-added": to_translate("Field added."),
    "field-saved": to_translate("Field saved."),
    "unchanged": to_translate("There was nothing to save."),
    "field-deleted": to_translate("Field moved to the trash. Values that were stored under it stay readable."),
    "field-restored": to_translate("Field is back."),
    "field-taken": to_translate("It can't be brought back: another field has its key by now."),
    "gone": to_translate("That is not there any more."),
    "nothing-chosen": to_translate("Choose something first."),
    "emptying": to_translate("The trash is being emptied."),
    "keep-saved": to_translate("Saved."),
    "signed-out": to_translate("That browser is signed out."),
    "over": to_translate("That sign-in had ended already."),
    "queued": to_translate("A job does it now."),
    "routing-saved": to_translate("Saved. It counts for files that come in from now on."),
    "backups-saved": to_translate("Saved."),
    "s3-saved": to_translate("S3 server saved."),
    "seaweed-on": to_translate("SeaweedFS is being started."),
    "seaweed-off": to_translate("SeaweedFS is stopped."),
}
_UNDO_PATHS: Mapping[str, str] = {"field-deleted": "/ui/settings/fields/{subject}/restore"}
_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and where a POST takes it back; `role` is there for the shell, which shows notices of many kinds."""

    text: str
    undo: str | None = None
    role: str = ""


def notice_of(texts: Texts, values: Mapping[str, str]) -> Notice | None:
    """The notice that an address asks for, in the reader's language; None for a code that is not ours."""
    code, subject = values.get("notice", ""), values.get("undo", "")
    count = values.get("count", "")
    if count.isascii() and count.isdigit() and (sentence := _counted(texts, code, int(count[:9]))):
        return Notice(sentence)
    if code not in _SENTENCES:
        return None
    undo = _UNDO_PATHS.get(code) if _ID.fullmatch(subject) else None
    return Notice(texts.gettext(_SENTENCES[code]), undo and undo.format(subject=subject))


def _counted(texts: Texts, code: str, count: int) -> str:
    """The sentences that say how many; empty for another code."""
    if code == "restored":
        return texts.ngettext("%(num)s thing is back.", "%(num)s things are back.", count)
    if code == "restored-partly":
        return texts.ngettext(
            "%(num)s thing is back. The others can't be: something stands in their place.",
            "%(num)s things are back. The others can't be: something stands in their place.",
            count,
        )
    if code == "others-out":
        return texts.ngettext("%(num)s other browser is signed out.", "%(num)s other browsers are signed out.", count)
    if code == "removed":
        return texts.ngettext("%(num)s thing was removed for good.", "%(num)s things were removed for good.", count)
    if code == "removed-partly":
        return texts.ngettext(
            "%(num)s thing was removed for good. The others can't be removed now.",
            "%(num)s things were removed for good. The others can't be removed now.",
            count,
        )
    return ""


def told(path: str, code: str, undo: str = "", fragment: str = "", count: int | None = None) -> RedirectResponse:
    """To `path`, with a notice to show there."""
    said = {"notice": code, "undo": undo, "count": "" if count is None else str(count)}
    query = urlencode({name: value for name, value in said.items() if value})
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}{query}{fragment and '#' + fragment}", 303)
