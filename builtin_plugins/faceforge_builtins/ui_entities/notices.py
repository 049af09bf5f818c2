"""The sentences a page may show after a redirect; addresses carry only their codes, never text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from faceforge_sdk.notices import Notice
from faceforge_sdk.texts import to_translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk.protocols import Texts

_SENTENCES: Mapping[str, str] = {
    "created": to_translate("Entity created."),
    "saved": to_translate("Changes saved."),
    "unchanged": to_translate("There was nothing to save."),
    "deleted": to_translate("Entity moved to the trash."),
    "restored": to_translate("Entity restored."),
    "gone": to_translate("This entity is no longer in the trash."),
    "unlinked": to_translate("Attachment removed. The file itself stays in your library."),
    "linked": to_translate("Attachment is back."),
    "fact-added": to_translate("Fact added."),
    "fact-saved": to_translate("Fact saved."),
    "fact-removed": to_translate("Fact removed."),
    "field-removed": to_translate("Field removed."),
    "fact-restored": to_translate("Fact is back."),
    "related": to_translate("Relationship added."),
    "unrelated": to_translate("Relationship removed."),
    "related-again": to_translate("Relationship is back."),
    "field-restored": to_translate("Field is back."),
    "not-restored": to_translate("It can't be brought back: something else stands in its place by now."),
    "view-saved": to_translate("View saved."),
    "view-removed": to_translate("View removed."),
    "view-restored": to_translate("View is back."),
    "tagged": to_translate("Tags changed."),
    "tags-back": to_translate("Tags are as they were."),
    "tags-partly-back": to_translate("Tags are as they were, except where an entity was changed meanwhile."),
    "many-deleted": to_translate("Entities moved to the trash."),
    "many-restored": to_translate("Entities restored."),
    "nothing-chosen": to_translate("Choose entities first, then what to do with them."),
    "no-tag": to_translate("Write a tag first."),
    "queued": to_translate("These are many: a job does it now. Reload the list after a while."),
    "not-queued": to_translate("These are too many to change at once, and no job can do it. Choose fewer."),
    "cover-chosen": to_translate("Cover chosen."),
    "cover-cleared": to_translate("The newest picture is the cover again."),
}
_UNDO_PATHS: Mapping[str, str] = {
    "deleted": "/ui/entities/trash/{entity}/restore",
    "unlinked": "/ui/entities/{entity}/attachments/{subject}/link",
    "fact-removed": "/ui/entities/{entity}/facts/{subject}/restore",
    "field-removed": "/ui/entities/{entity}/field/{subject}/restore",
    "tagged": "/ui/entities/bulk/tags/{subject}/undo",
    "unrelated": "/ui/entities/{entity}/relationships/{subject}/restore",
    "view-removed": "/ui/entities/views/{subject}/restore",
    "many-deleted": "/ui/entities/bulk/{subject}/undo",
}
_ID = re.compile(r"[0-9a-f]{64}")


def notice_of(texts: Texts, values: Mapping[str, str], entity_id: str | None = None) -> Notice | None:
    """The notice that an address asks for, in the reader's language; None for a code that is not ours.

    ``undo`` in the address is the id of what was removed; on an entity's page `entity_id` is whose page.
    """
    code = values.get("notice", "")
    if code not in _SENTENCES:
        return None
    text = texts.gettext(_SENTENCES[code])
    path, subject = _UNDO_PATHS.get(code), values.get("undo", "")
    if path is None or not _ID.fullmatch(subject):
        return Notice(text)
    return Notice(text, path.format(entity=entity_id or subject, subject=subject), values.get("role", ""))
