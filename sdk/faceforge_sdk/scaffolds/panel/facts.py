"""What the tab shows of an entity."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_sdk.models import Entity


def facts_of(entity: Entity) -> dict[str, str]:
    """Words and what they stand for, in the order in which they are shown."""
    return {
        "Name": entity.display_name,
        "Letters": str(sum(letter.isalpha() for letter in entity.display_name)),
        "Tags": ", ".join(entity.tags) or "none",
    }
