"""Many entities in one transaction: what another system knows of them, tags, the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import Conflict, FaceForgeError, InvalidInput, NotFound
from faceforge_sdk.models import MAX_UPSERT, EntityDraft, ErrorBody, UpsertResult

from . import external_ids
from .entity_rows import EntityRows, is_live, live, new_entity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.models import Entity, UpsertItem

    from .field_defs import FieldDefCatalog

_CODES = {InvalidInput: "validation_error", Conflict: "conflict"}


class EntityBulk:
    """Changes many entities at once; what can't be done for one leaves the others alone."""

    def __init__(self, database: Database, events: EventLog, definitions: FieldDefCatalog) -> None:
        self._database = database
        self._definitions = definitions
        self._rows = EntityRows(events)

    def upsert(self, items: Sequence[UpsertItem]) -> Sequence[UpsertResult]:
        """Create, or bring up to date, the entities that these external ids name. Raises `InvalidInput` for too many.

        An item is refused before anything of it is written, so that a refusal needs no undoing.
        """
        if len(items) > MAX_UPSERT:
            raise InvalidInput(f"At most {MAX_UPSERT} entities are taken at once; these are {len(items)}.")
        refused = [self._refusal(item) for item in items]

        def work(tx: Transaction) -> list[UpsertResult]:
            return [
                _failed(index, error) if error is not None else self._upsert(tx, index, item)
                for index, (item, error) in enumerate(zip(items, refused, strict=True))
            ]

        return self._database.write(work)

    def retag(self, entity_ids: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> int:
        """Add and remove tags; returns how many entities changed."""

        def work(tx: Transaction) -> int:
            return sum(self._retag(tx, entity_id, add, remove) for entity_id in dict.fromkeys(entity_ids))

        return self._database.write(work)

    def delete_many(self, entity_ids: Sequence[str]) -> int:
        """Move many to the trash; returns how many were live."""
        return self._database.write(
            lambda tx: sum(self._rows.trash(tx, entity_id) for entity_id in dict.fromkeys(entity_ids))
        )

    def _refusal(self, item: UpsertItem) -> FaceForgeError | None:
        """What is wrong with an item whatever is stored. Plugins' checks are never run on the writer's thread."""
        try:
            if item.fields is not None:
                self._definitions.check_fields(item.fields)
        except InvalidInput as error:
            return error
        return None

    def _upsert(self, tx: Transaction, index: int, item: UpsertItem) -> UpsertResult:
        holders = {external_ids.holder(tx, source, name) for source, name in item.external_ids.items()} - {None}
        if len(holders) > 1:
            error = Conflict(
                f"These external ids belong to {len(holders)} entities.", details=sorted(map(str, holders))
            )
            return _failed(index, error)
        if not holders:
            return self._create(tx, index, item)
        entity_id = str(holders.pop())
        restored = is_live(tx, entity_id) is False
        before = self._rows.restore(tx, entity_id) if restored else live(tx, entity_id)
        changes = _changes(before, item)
        if changes:
            self._rows.change(tx, before, changes)
        status = "restored" if restored else "updated" if changes else "unchanged"
        return UpsertResult.model_validate({"index": index, "status": status, "entity_id": entity_id})

    def _create(self, tx: Transaction, index: int, item: UpsertItem) -> UpsertResult:
        if item.display_name is None:
            return _failed(index, InvalidInput("A new entity needs a display_name."))
        try:
            if item.fields is None:
                self._definitions.check_fields({})
        except InvalidInput as error:
            return _failed(index, error)
        entity = new_entity(EntityDraft.model_validate(item.model_dump(exclude_none=True)))
        self._rows.insert(tx, entity)
        return UpsertResult(index=index, status="created", entity_id=entity.entity_id)

    def _retag(self, tx: Transaction, entity_id: str, add: Sequence[str], remove: Sequence[str]) -> bool:
        try:
            before = live(tx, entity_id)
        except NotFound:
            return False
        tags = [tag for tag in dict.fromkeys([*before.tags, *add]) if tag not in remove]
        if tags == before.tags:
            return False
        self._rows.change(tx, before, {"tags": tags})
        return True


def _changes(before: Entity, item: UpsertItem) -> dict[str, Any]:
    """What an item says that is not so yet. External ids of other sources stay."""
    said = item.model_dump(exclude_none=True)
    said["external_ids"] = {**before.external_ids, **item.external_ids}
    return {name: value for name, value in said.items() if getattr(before, name) != value}


def _failed(index: int, error: FaceForgeError) -> UpsertResult:
    body = ErrorBody(code=_CODES[type(error)], message=str(error), details=error.details)
    return UpsertResult(index=index, status="failed", entity_id=None, error=body)
