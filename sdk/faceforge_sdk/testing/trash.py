"""The trash in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, get_args

from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import TrashKind, TrashSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

KINDS: tuple[TrashKind, ...] = get_args(TrashKind)


class FakeTrash:
    """`faceforge_sdk.protocols.Trash` that a test fills: `put` things in; set `keep_days`.

    It knows nothing of the other stand-ins: what they delete does not come here, and what is purged here stays there.
    """

    def __init__(self) -> None:
        self.keep_days: int | None = 30
        self.purged: list[tuple[TrashKind, str]] = []
        self._things: dict[tuple[TrashKind, str], datetime] = {}

    def put(self, kind: TrashKind, thing_id: str, *, days_ago: float = 0) -> None:
        """Something that was deleted so long ago."""
        self._things[kind, thing_id] = datetime.now(UTC) - timedelta(days=days_ago)

    def summary(self, older_than_days: int | None = None) -> TrashSummary:
        due = self._due(KINDS, older_than_days or 0)
        counts = {kind: sum(kind == found for found, _ in due) for kind in KINDS}
        return TrashSummary(
            entities=counts["entities"],
            assets=counts["assets"],
            descriptors=counts["descriptors"],
            field_defs=counts["field-defs"],
            relationships=counts["relationships"],
            keep_days=self.keep_days,
        )

    def purge(self, kind: TrashKind, thing_id: str) -> None:
        if (kind, thing_id) not in self._things:
            raise NotFound(f"There is nothing with the id {thing_id!r} in the trash of {kind}.")
        del self._things[kind, thing_id]
        self.purged.append((kind, thing_id))

    def purge_older(
        self,
        kinds: Sequence[TrashKind],
        older_than_days: int,
        progress: Callable[[float, str | None], None],
        check_cancelled: Callable[[], None],
    ) -> Mapping[str, int]:
        done: dict[str, int] = {**dict.fromkeys(kinds, 0), "skipped": 0}
        due = self._due(kinds, older_than_days)
        for number, (kind, thing_id) in enumerate(due, start=1):
            check_cancelled()
            self.purge(kind, thing_id)
            done[kind] += 1
            progress(100 * number / len(due), f"{number} of {len(due)}")
        return done

    def _due(self, kinds: Sequence[TrashKind], days: int) -> list[tuple[TrashKind, str]]:
        until = datetime.now(UTC) - timedelta(days=days)
        return [key for key, deleted_at in self._things.items() if key[0] in kinds and deleted_at <= until]
