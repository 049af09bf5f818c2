"""Entities, one at a time: people, characters and things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entity_rows import EntityRows, live, live_at, new_entity, not_found

if TYPE_CHECKING:
    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.models import Entity, EntityDraft, EntityPatch

    from .field_defs import FieldDefCatalog


class EntityCatalog:
    """Creates, reads and changes entities; each call is one transaction."""

    def __init__(self, database: Database, events: EventLog, definitions: FieldDefCatalog) -> None:
        self._database = database
        self._definitions = definitions
        self._rows = EntityRows(events)

    def create(self, draft: EntityDraft) -> Entity:
        """Store a new entity; durable when this returns. Raises `InvalidInput` and `Conflict`."""
        self._definitions.check_fields(draft.fields)
        entity = new_entity(draft)
        self._database.write(lambda tx: self._rows.insert(tx, entity))
        return entity

    def get(self, entity_id: str) -> Entity:
        """The live entity. Raises `NotFound`."""
        with self._database.read() as reader:
            return live(reader, entity_id)

    def update(self, entity_id: str, patch: EntityPatch, *, expected_revision: int | None = None) -> Entity:
        """Change what `patch` names.

        Raises `NotFound`, `PreconditionFailed` for another revision, `InvalidInput` and `Conflict`.
        """
        changes = patch.model_dump(exclude_none=True)
        if patch.fields is not None:
            self._definitions.check_fields(patch.fields)

        def work(tx: Transaction) -> Entity:
            before = live_at(tx, entity_id, expected_revision)
            return self._rows.change(tx, before, changes)

        return self._database.write(work)

    def delete(self, entity_id: str) -> None:
        """Move to the trash. Raises `NotFound`."""

        def work(tx: Transaction) -> None:
            if not self._rows.trash(tx, entity_id):
                raise not_found(entity_id)

        self._database.write(work)

    def restore(self, entity_id: str) -> Entity:
        """Bring back from the trash. Raises `NotFound` if it is not there."""
        return self._database.write(lambda tx: self._rows.restore(tx, entity_id))
