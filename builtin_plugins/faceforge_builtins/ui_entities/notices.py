"""The sentences a page may show after a redirect; addresses carry only their codes, never text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

_SENTENCES: Mapping[str, str] = {
    "created": "Entity created.",
    "saved": "Changes saved.",
    "unchanged": "There was nothing to save.",
    "deleted": "Entity moved to the trash.",
    "restored": "Entity restored.",
    "gone": "This entity is no longer in the trash.",
    "unlinked": "Attachment removed. The file itself stays in your library.",
    "linked": "Attachment is back.",
    "cover-chosen": "Cover chosen.",
    "cover-cleared": "The newest picture is the cover again.",
}
_UNDO_PATHS: Mapping[str, str] = {
    "deleted": "/ui/entities/trash/{entity}/restore",
    "unlinked": "/ui/entities/{entity}/attachments/{asset}/link",
}
_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and where a POST takes it back; `role` is what the removed link said."""

    text: str
    undo: str | None = None
    role: str = ""


def notice_of(values: Mapping[str, str], entity_id: str | None = None) -> Notice | None:
    """The notice that an address asks for; None for a code that is not ours.

    ``undo`` in the address is the id of what was deleted or unlinked; on an entity's page `entity_id` is whose page.
    """
    text = _SENTENCES.get(values.get("notice", ""))
    if text is None:
        return None
    path, subject = _UNDO_PATHS.get(values["notice"]), values.get("undo", "")
    if path is None or not _ID.fullmatch(subject):
        return Notice(text)
    return Notice(text, path.format(entity=entity_id or subject, asset=subject), values.get("role", ""))


def with_notice(path: str, code: str, undo: str | None = None, **values: str) -> str:
    """`path` with a notice to show there."""
    query = {**values, "notice": code} | ({"undo": undo} if undo else {})
    return f"{path}?{urlencode(query)}"
