"""Descriptors: the defined values of entities.

A descriptor shows only while its entity lives: deleting the entity hides it, restoring the entity brings it back, and
neither touches the descriptor's own row. Values are checked before the writing transaction, since that may call into
plugins, and written only if the definition is still the one they were checked by.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, func, insert, select, update

from faceforge_core.clock import now
from faceforge_core.db import facts
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import descriptors as table
from faceforge_core.db.tables import entities
from faceforge_sdk.errors import Conflict, InvalidInput, NotFound
from faceforge_sdk.models import Descriptor, TrashedDescriptor

from . import stored_json
from .entity_rows import require_live
from .field_defs import ATTEMPTS, keeps_changing
from .ids import new_id
from .paging import Cut, Order, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from sqlite3 import Row

    from faceforge_core.catalog.field_defs import FieldDefCatalog
    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.events import EventType
    from faceforge_sdk.models import DescriptorDraft, DescriptorPatch, FieldDef, Page, TrashQuery

_LIVE, _TRASHED = table.c.deleted_at.is_(None), table.c.deleted_at.is_not(None)
_THIS = table.c.descriptor_id == bindparam("id")
_OF_ENTITY = table.c.entity_id == bindparam("entity_id")

_GET = prepare(
    select(table)
    .join(entities, entities.c.entity_id == table.c.entity_id)
    .where(_THIS, _LIVE, entities.c.deleted_at.is_(None))
)
_GET_TRASHED = prepare(select(table).where(_THIS, _TRASHED))
_ALL_OF_ENTITY = prepare(select(table).where(_OF_ENTITY, _LIVE).order_by(table.c.scope, table.c.field_key))
_HOLDER = prepare(
    select(table.c.descriptor_id).where(
        _OF_ENTITY, table.c.scope == bindparam("scope"), table.c.field_key == bindparam("field_key"), _LIVE
    )
)
_INSERT = prepare(insert(table))
_UPDATE = prepare(update(table).where(_THIS).values(value_json=bindparam("value"), updated_at=bindparam("moment")))
_TRASH = prepare(update(table).where(_THIS).values(deleted_at=bindparam("moment")))
_RESTORE = prepare(update(table).where(_THIS).values(deleted_at=None))
_COUNT_TRASH = prepare(select(func.count()).select_from(table).where(_TRASHED))

_live_descriptor = TypeAdapter(Descriptor).validate_python
_trashed_descriptor = TypeAdapter(TrashedDescriptor).validate_python


class DescriptorCatalog:
    """The live and the trashed descriptors."""

    def __init__(self, database: Database, events: EventLog, definitions: FieldDefCatalog) -> None:
        self._database = database
        self._events = events
        self._definitions = definitions

    def create(self, entity_id: str, draft: DescriptorDraft) -> Descriptor:
        """Give an entity a value; see `faceforge_sdk.protocols.Descriptors.create`."""
        descriptor_id = new_id()

        def read(reader: Reader) -> tuple[FieldDef, Any]:
            require_live(reader, entity_id)
            definition = self._definition(reader, draft.scope, draft.field_key)
            return definition, draft.value if "value" in draft.model_fields_set else definition.default

        def work(tx: Transaction, text: str) -> Descriptor:
            require_live(tx, entity_id)
            _require_free(tx, entity_id, draft.scope, draft.field_key)
            moment = now()
            tx.run(
                _INSERT,
                descriptor_id=descriptor_id,
                entity_id=entity_id,
                scope=draft.scope,
                field_key=draft.field_key,
                value_json=text,
                created_at=moment,
                updated_at=moment,
                deleted_at=None,
            )
            return self._changed(tx, "descriptor.created", _live(tx, descriptor_id))

        return self._write_checked(read, work)

    def get(self, descriptor_id: str) -> Descriptor:
        """The live descriptor of a live entity. Raises `NotFound`."""
        with self._database.read() as reader:
            return _live(reader, descriptor_id)

    def of_entity(self, entity_id: str) -> Sequence[Descriptor]:
        """All of a live entity, by scope and key. Raises `NotFound`."""
        with self._database.read() as reader:
            require_live(reader, entity_id)
            return [_descriptor(row) for row in reader.all(_ALL_OF_ENTITY, entity_id=entity_id)]

    def update(self, descriptor_id: str, patch: DescriptorPatch) -> Descriptor:
        """Replace the value. Raises `NotFound`, and `InvalidInput` as `create`."""

        def read(reader: Reader) -> tuple[FieldDef, Any]:
            descriptor = _live(reader, descriptor_id)
            return self._definition(reader, descriptor.scope, descriptor.field_key), patch.value

        def work(tx: Transaction, text: str) -> Descriptor:
            _live(tx, descriptor_id)
            tx.run(_UPDATE, id=descriptor_id, value=text, moment=now())
            return self._changed(tx, "descriptor.updated", _live(tx, descriptor_id))

        return self._write_checked(read, work)

    def delete(self, descriptor_id: str) -> None:
        """Move to the trash; its key is free at once. Raises `NotFound`."""

        def work(tx: Transaction) -> None:
            descriptor = _live(tx, descriptor_id)
            tx.run(_TRASH, id=descriptor_id, moment=now())
            self._changed(tx, "descriptor.deleted", descriptor)

        self._database.write(work)

    def restore(self, descriptor_id: str) -> Descriptor:
        """Bring back from the trash, as it was. Raises `NotFound`, `Conflict` if its entity or its key is not free."""

        def work(tx: Transaction) -> Descriptor:
            row = tx.one(_GET_TRASHED, id=descriptor_id)
            if row is None:
                raise _not_found(descriptor_id, "in the trash")
            _require_restorable(tx, row)
            tx.run(_RESTORE, id=descriptor_id)
            return self._changed(tx, "descriptor.restored", _live(tx, descriptor_id))

        return self._database.write(work)

    def trash(self, query: TrashQuery) -> Page[TrashedDescriptor]:
        """What lies in the trash."""
        cut = Cut.of(query, _trash_order(query.sort_order))
        with self._database.read() as reader:
            found = reader.all(_trash_statement(query.sort_order, cut.place), **cut.params)
            total = reader.value(_COUNT_TRASH) if query.total == "exact" else None
        return cut.page(found, lambda row: _trashed_descriptor(_facts(row)), total)

    # --- What a change goes through

    def _definition(self, reader: Reader, scope: str, field_key: str) -> FieldDef:
        definition = self._definitions.find(reader, scope, field_key)
        if definition is None:
            raise InvalidInput(
                f"No field definition has the key {field_key[:80]!r} in the scope {scope!r}.",
                details={"scope": scope, "field_key": field_key},
            )
        return definition

    def _write_checked(
        self, read: Callable[[Reader], tuple[FieldDef, Any]], work: Callable[[Transaction, str], Descriptor]
    ) -> Descriptor:
        """Check the value that `read` gives by the definition it gives, and do `work` while that one still holds."""
        for _ in range(ATTEMPTS):
            with self._database.read() as reader:
                definition, value = read(reader)
            text = _storable(value)
            self._require_fit(definition, value)

            def attempt(tx: Transaction, checked: FieldDef = definition, text: str = text) -> Descriptor | None:
                holds = self._definitions.find(tx, checked.scope, checked.field_key) == checked
                return work(tx, text) if holds else None

            written = self._database.write(attempt)
            if written is not None:
                return written
        raise keeps_changing()

    def _require_fit(self, definition: FieldDef, value: Any) -> None:
        errors = self._definitions.errors(definition, value)
        if errors:
            raise InvalidInput(
                f"The value does not fit {definition.field_key[:80]!r}: {errors[0]}",
                details={
                    "scope": definition.scope,
                    "field_key": definition.field_key,
                    "field_type": definition.field_type,
                    "errors": errors,
                },
            )

    def _changed(self, tx: Transaction, event_type: EventType, descriptor: Descriptor) -> Descriptor:
        """What follows each change of a row: the index of values, and the event."""
        facts.index_descriptor_key(tx, descriptor.entity_id, descriptor.field_key, stored_json.load)
        payload = {name: getattr(descriptor, name) for name in ("entity_id", "scope", "field_key")}
        self._events.append(tx, event_type, descriptor.descriptor_id, payload)
        return descriptor


def _storable(value: Any) -> str:
    """The JSON of a value. Raises `InvalidInput` for what a plugin may hand over and JSON can't hold."""
    try:
        text = stored_json.dump(value)
        text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as exc:
        raise InvalidInput(f"The value can't be stored as JSON: {exc}.") from exc
    return text


def _live(reader: Reader, descriptor_id: str) -> Descriptor:
    row = reader.one(_GET, id=descriptor_id)
    if row is None:
        raise _not_found(descriptor_id)
    return _descriptor(row)


def _require_free(reader: Reader, entity_id: str, scope: str, field_key: str) -> None:
    holder = reader.value(_HOLDER, entity_id=entity_id, scope=scope, field_key=field_key)
    if holder is not None:
        raise Conflict(
            f"The entity has a value under {field_key[:80]!r} already: {holder}.", details={"descriptor_id": holder}
        )


def _require_restorable(reader: Reader, row: Row) -> None:
    try:
        require_live(reader, row["entity_id"])
    except NotFound as exc:
        raise Conflict(
            f"The entity {row['entity_id']} lies in the trash: restore it first.",
            details={"entity_id": row["entity_id"]},
        ) from exc
    _require_free(reader, row["entity_id"], row["scope"], row["field_key"])


def _trash_order(sort_order: str) -> Order:
    name = f"descriptors:deleted_at:{sort_order}"
    return Order(name, table.c.deleted_at, table.c.descriptor_id, "deleted_at", sort_order == "desc")


@cache
def _trash_statement(sort_order: str, place: Place | None) -> Prepared:
    return _trash_order(sort_order).page_of(select(table).where(_TRASHED), place)


def _facts(row: Row) -> dict[str, Any]:
    facts_of_row = dict(row)
    facts_of_row["value"] = stored_json.load(facts_of_row.pop("value_json"))
    return facts_of_row


def _descriptor(row: Row) -> Descriptor:
    return _live_descriptor(_facts(row))


def _not_found(descriptor_id: str, where: str = "") -> NotFound:
    return NotFound(f"There is no descriptor {descriptor_id[:80]!r}{where and ' ' + where}.")
