"""What the pages of assets say after a redirect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from faceforge_sdk.notices import Notice
from faceforge_sdk.texts import to_translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk.protocols import Texts

_SENTENCES: Mapping[str, str] = {
    "deleted": to_translate("File moved to the trash."),
    "restored": to_translate("File restored."),
    "gone": to_translate("This file is no longer in the trash."),
    "many-deleted": to_translate("Files moved to the trash."),
    "many-restored": to_translate("Files restored."),
    "not-restored": to_translate("It can't be brought back any more. Look into the trash."),
    "nothing-chosen": to_translate("Choose files first, then what to do with them."),
    "too-many": to_translate("These are too many to change at once. Choose fewer."),
    "many-linked": to_translate("Files attached to the entity."),
    "linked": to_translate("File attached to the entity."),
    "unlinked": to_translate("Removed from the entity. The file itself stays in your library."),
    "cover-chosen": to_translate("Cover chosen."),
    "whole": to_translate("Checked: every byte is as it was stored."),
    "missing": to_translate("The file's bytes are missing or not all there. Restore them from a backup."),
    "altered": to_translate("The file's bytes were altered after it was stored. Restore them from a backup."),
    "unreachable": to_translate("The place where the file lies does not answer now. Try again later."),
}
_UNDO_PATHS: Mapping[str, str] = {
    "deleted": "/ui/assets/{subject}/restore",
    "many-deleted": "/ui/assets/bulk/{subject}/undo",
    "unlinked": "/ui/assets/{asset}/owners/{subject}/link",
}
_ID = re.compile(r"[0-9a-f]{64}")


def notice_of(texts: Texts, values: Mapping[str, str], asset_id: str = "", query: str = "") -> Notice | None:
    """The notice that an address asks for; None for a code that is not ours.

    ``undo`` in the address is the id of what was removed; on an asset's page `asset_id` is whose page, and `query` the
    list to which taking back leads again.
    """
    code = values.get("notice", "")
    if code not in _SENTENCES:
        return None
    text = texts.gettext(_SENTENCES[code])
    path, subject = _UNDO_PATHS.get(code), values.get("undo", "")
    if path is None or not _ID.fullmatch(subject):
        return Notice(text)
    address = path.format(asset=asset_id, subject=subject) + (f"?{query}" if query else "")
    return Notice(text, address, values.get("role", ""))
