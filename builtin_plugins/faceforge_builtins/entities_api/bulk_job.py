"""Changing many entities: in a request where they are few, else as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from faceforge_sdk.models import EntityFilter, EntityQuery, EntitySelection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Self

    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Entities

JOB_TYPE = "entities.bulk"
_BATCH = 200


class BulkInput(BaseModel):
    """Which entities (`ids`, or all that `filter` finds), and what is to become of them."""

    ids: list[str] | None = None
    filter: EntityFilter | None = None
    add: list[str] = []
    remove: list[str] = []
    trash: bool = False

    @classmethod
    def of(cls, selection: EntitySelection, **wish: Any) -> Self:
        """What a request asks for."""
        return cls(ids=selection.ids, filter=selection.filter, **wish)

    def count(self, entities: Entities) -> int:
        """How many entities are meant; ids are counted as they are given."""
        return len(set(self.ids)) if self.ids is not None else entities.count(self.filter or EntityFilter())


def change_all(entities: Entities, wish: BulkInput, told: Callable[[int], None] = lambda _: None) -> int:
    """Do it, in batches of one transaction each; returns how many entities changed. Repeating it does what is left."""
    changed = 0
    for ids in _batches(entities, wish):
        changed += entities.delete_many(ids) if wish.trash else entities.retag(ids, wish.add, wish.remove)
        told(len(ids))
    return changed


def runner(entities: Entities) -> Callable[[JobContext[BulkInput]], Mapping[str, Any]]:
    """The job's handler."""

    def run(job: JobContext[BulkInput]) -> Mapping[str, Any]:
        total, seen = max(1, job.input.count(entities)), 0

        def told(looked_at: int) -> None:
            nonlocal seen
            seen += looked_at
            job.progress(100 * seen / total, f"{seen} of {total} entities")
            job.check_cancelled()

        return {"changed": change_all(entities, job.input, told)}

    return run


def _batches(entities: Entities, wish: BulkInput) -> Iterator[Sequence[str]]:
    if wish.ids is not None:
        ids = list(dict.fromkeys(wish.ids))
        yield from (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
        return
    said = (wish.filter or EntityFilter()).model_dump(exclude_none=True)
    cursor = None
    while True:  # newest first: a change moves no entity to another place there
        page = entities.list(EntityQuery(**said, limit=_BATCH, cursor=cursor, total="none"))
        yield [entity.entity_id for entity in page.items]
        if page.next_cursor is None:
            return
        cursor = page.next_cursor
