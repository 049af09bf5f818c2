"""Entities over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.models import (
    BulkOutcome,
    Deleted,
    Entity,
    EntityDraft,
    EntityPatch,
    EntityQuery,
    EntitySelection,
    Page,
    TagRequest,
    TrashedEntity,
    TrashQuery,
    UpsertOutcome,
    UpsertRequest,
)

from .exchange import SLOW, at
from .wishes import everything, wish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from faceforge_sdk.models import UpsertItem

    from .exchange import Exchange

_ROOT = "/v1/entities"


class Entities:
    """People, characters and things."""

    def __init__(self, exchange: Exchange) -> None:
        self._ask = exchange.ask

    def create(self, draft: EntityDraft | None = None, /, **facts: Any) -> Entity:
        """Store a new entity: ``create(display_name="Ada", tags=["friend"])``. Raises `InvalidInput`."""
        return self._ask("POST", _ROOT, Entity, body=wish(EntityDraft, draft, facts))

    def get(self, entity_id: str) -> Entity:
        """The live entity. Raises `NotFound`."""
        return self._ask("GET", _ROOT + at(entity_id), Entity)

    def list(self, query: EntityQuery | None = None, /, **conditions: Any) -> Page[Entity]:
        """One page of the live entities: ``list(tag="friend", limit=20)``, ``list(**{"field.age.gte": 30})``."""
        return self._ask("GET", _ROOT, Page[Entity], query=wish(EntityQuery, query, conditions))

    def all(self, query: EntityQuery | None = None, /, **conditions: Any) -> Iterator[Entity]:
        """All live entities that the conditions of `list` find, whatever changes meanwhile."""
        return everything(self.list, wish(EntityQuery, query, conditions))

    def update(
        self, entity_id: str, patch: EntityPatch | None = None, /, *, expected_revision: int | None = None, **facts: Any
    ) -> Entity:
        """Change what is named, and nothing else.

        Raises `NotFound`, and `PreconditionFailed` if the entity has another revision than expected.
        """
        return self._ask(
            "PATCH",
            _ROOT + at(entity_id),
            Entity,
            body=wish(EntityPatch, patch, facts),
            headers=_if_match(expected_revision),
        )

    def delete(self, entity_id: str) -> None:
        """Move to the trash, with what belongs to it. Raises `NotFound`."""
        self._ask("DELETE", _ROOT + at(entity_id), Deleted)

    def restore(self, entity_id: str) -> Entity:
        """Bring back from the trash. Raises `NotFound` if it is not there."""
        return self._ask("POST", _ROOT + at(entity_id, "restore"), Entity)

    def trash(self, query: TrashQuery | None = None, /, **conditions: Any) -> Page[TrashedEntity]:
        """One page of those in the trash, the latest first."""
        return self._ask("GET", "/v1/trash/entities", Page[TrashedEntity], query=wish(TrashQuery, query, conditions))

    def upsert(self, items: Sequence[UpsertItem]) -> UpsertOutcome:
        """Create, or bring up to date, the entities that these external ids name.

        One item that fails does no harm to the others: look at the outcome's ``items``. At most `MAX_UPSERT` at once.
        """
        request = wish(UpsertRequest, None, {"items": [*items]})
        return self._ask("POST", f"{_ROOT}/bulk-upsert", UpsertOutcome, body=request, timeout=SLOW)

    def retag(self, request: TagRequest | None = None, /, **facts: Any) -> BulkOutcome:
        """Add and remove tags of many: ``retag(ids=[…], add=["friend"])``, or ``filter=EntityFilter(…)`` for all found.

        With ``dry_run`` they are only counted; ``expected`` refuses another number with `Conflict`.
        """
        return self._ask("POST", f"{_ROOT}/bulk-tag", BulkOutcome, body=wish(TagRequest, request, facts), timeout=SLOW)

    def delete_many(self, selection: EntitySelection | None = None, /, **facts: Any) -> BulkOutcome:
        """Move many to the trash, chosen as for `retag`."""
        wanted = wish(EntitySelection, selection, facts)
        return self._ask("POST", f"{_ROOT}/bulk-trash", BulkOutcome, body=wanted, timeout=SLOW)

    def set_cover(self, entity_id: str, asset_id: str | None, *, expected_revision: int | None = None) -> Entity:
        """Choose the linked picture that stands for an entity; None leaves it to Core again.

        Raises `NotFound`, `InvalidInput` for what is no linked picture, and `PreconditionFailed` as `update`.
        """
        path, headers = _ROOT + at(entity_id, "cover"), _if_match(expected_revision)
        if asset_id is None:
            return self._ask("DELETE", path, Entity, headers=headers)
        return self._ask("PUT", path, Entity, body={"asset_id": asset_id}, headers=headers)


def _if_match(revision: int | None) -> dict[str, str]:
    return {} if revision is None else {"If-Match": f'"{revision}"'}
