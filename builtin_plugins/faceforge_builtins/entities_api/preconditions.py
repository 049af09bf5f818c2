"""``ETag`` and ``If-Match`` of entities: an entity's tag is its revision (RFC 9110, sections 8.8.3 and 13.1.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from faceforge_sdk.errors import PreconditionFailed

if TYPE_CHECKING:
    from faceforge_sdk.models import Entity

_REVISION = re.compile(r'"([0-9]{1,18})"')


def etag(entity: Entity) -> str:
    """The strong tag of this version of the entity."""
    return f'"{entity.revision}"'


def expected_revision(if_match: str | None) -> int | None:
    """The revision that ``If-Match`` demands; None when any will do.

    Raises `PreconditionFailed` for a tag that no entity ever had. Of several tags the last counts, since no client of
    ours holds more than one version.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    revisions = _REVISION.findall(if_match)
    if not revisions:
        raise PreconditionFailed(f"If-Match names {if_match[:80]!r}, which is no version of an entity.")
    return int(revisions[-1])
