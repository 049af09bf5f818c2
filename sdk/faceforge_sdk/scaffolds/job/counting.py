"""The work of the job."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from faceforge_sdk.models import EntityQuery
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Entities


class CountInput(BaseModel):
    """What the job is asked for; checked when it is queued."""

    top: int = Field(default=10, ge=1, le=100)


def count_initials(job: JobContext[CountInput], entities: Entities) -> dict[str, int]:
    """How many entities' names begin with which letter, the most frequent first."""
    found: Counter[str] = Counter()
    cursor = None
    while True:
        job.check_cancelled()
        page = entities.list(EntityQuery(limit=200, cursor=cursor, total="none"))
        found.update(entity.display_name[0].upper() for entity in page.items)
        job.log("info", f"{found.total()} entities counted")
        cursor = page.next_cursor
        if cursor is None:
            return dict(found.most_common(job.input.top))
