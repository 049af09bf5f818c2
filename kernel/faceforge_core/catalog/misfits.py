"""Stored values that do not fit a definition, looked for in short reads outside of any transaction."""

from __future__ import annotations

import time
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, func, literal, select

from faceforge_core.db import facts
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import descriptors, entities, entity_facts
from faceforge_sdk.models import Misfit, Misfits

from . import stored_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from sqlite3 import Row

    from faceforge_core.catalog.field_types import FieldTypes
    from faceforge_core.db.engine import Database, Reader
    from faceforge_sdk.models import FieldDef

ENTITY_SCOPE = "entity"
"""The scope whose definitions describe keys of an entity's own `fields`."""

MOST_CHECKED = 20_000
MOST_LISTED = 100
LONGEST_SECONDS = 5.0
_AT_ONCE = 100

_LIVE_ENTITY = entities.c.deleted_at.is_(None)
_UNDER_KEY = (
    descriptors.c.scope == bindparam("scope"),
    descriptors.c.field_key == bindparam("field_key"),
    descriptors.c.deleted_at.is_(None),
)
_DESCRIPTORS = prepare(
    select(descriptors.c.entity_id, descriptors.c.descriptor_id, descriptors.c.value_json)
    .join(entities, entities.c.entity_id == descriptors.c.entity_id)
    .where(*_UNDER_KEY, _LIVE_ENTITY, descriptors.c.descriptor_id > bindparam("after"))
    .order_by(descriptors.c.descriptor_id)
    .limit(_AT_ONCE)
)
_ENTITIES = prepare(
    select(entities.c.entity_id, entities.c.fields_json)
    .where(_LIVE_ENTITY, entities.c.entity_id > bindparam("after"))
    .order_by(entities.c.entity_id)
    .limit(_AT_ONCE)
)
_ANY_DESCRIPTOR = prepare(select(literal(1)).select_from(descriptors).where(*_UNDER_KEY).limit(1))
_ANY_FIELD = prepare(
    select(literal(1)).select_from(entity_facts).where(entity_facts.c.key_id == bindparam("key_id")).limit(1)
)
COUNT_DESCRIPTORS = prepare(select(func.count()).select_from(descriptors).where(*_UNDER_KEY))
COUNT_FIELDS = prepare(
    select(func.count(entity_facts.c.seq.distinct())).where(entity_facts.c.key_id == bindparam("key_id"))
)


class _Value(NamedTuple):
    entity_id: str
    descriptor_id: str | None
    value: Any


def find_misfits(database: Database, types: FieldTypes, definition: FieldDef) -> Misfits:
    """The values of live entities that `definition` would refuse.

    For the scope ``entity`` every live entity counts as a value, null where it lacks the key. At most `MOST_CHECKED`
    are looked at, for `LONGEST_SECONDS`; the first `MOST_LISTED` misfits are named.
    """
    deadline = time.monotonic() + LONGEST_SECONDS
    checked, count, complete = 0, 0, True
    items: list[Misfit] = []
    for page in _all_values(database, definition):
        values = page[: MOST_CHECKED - checked] if time.monotonic() <= deadline else []
        found = types.errors_of_all(definition, [one.value for one in values])
        misfits = [(one, errors) for one, errors in zip(values, found, strict=True) if errors]
        checked, count = checked + len(values), count + len(misfits)
        items += [
            Misfit(entity_id=one.entity_id, descriptor_id=one.descriptor_id, errors=errors)
            for one, errors in misfits[: MOST_LISTED - len(items)]
        ]
        if len(values) < len(page):
            complete = False
            break
    return Misfits(checked=checked, count=count, complete=complete, items=items)


def has_values(reader: Reader, scope: str, field_key: str) -> bool:
    """Whether anything stands under a key: descriptors, those of trashed entities too, or fields of live entities."""
    if reader.value(_ANY_DESCRIPTOR, scope=scope, field_key=field_key) is not None:
        return True
    known = facts.find_key(reader, facts.FIELD, field_key) if scope == ENTITY_SCOPE else None
    return known is not None and reader.value(_ANY_FIELD, key_id=known.number) is not None


def count_values(reader: Reader, scope: str, field_key: str) -> int:
    """How many values stand under a key: descriptors, those of trashed entities too, and fields of live entities."""
    count = int(reader.value(COUNT_DESCRIPTORS, scope=scope, field_key=field_key))
    known = facts.find_key(reader, facts.FIELD, field_key) if scope == ENTITY_SCOPE else None
    return count if known is None else count + int(reader.value(COUNT_FIELDS, key_id=known.number))


def _all_values(database: Database, definition: FieldDef) -> Iterator[list[_Value]]:
    under_key = {"scope": definition.scope, "field_key": definition.field_key}
    described = _pages(database, _DESCRIPTORS, _of_descriptor, "descriptor_id", under_key)
    if definition.scope != ENTITY_SCOPE:
        return described
    of_fields = partial(_of_field, definition.field_key)
    return chain(described, _pages(database, _ENTITIES, of_fields, "entity_id", {}))


def _pages(
    database: Database, statement: Prepared, make: Callable[[Row], _Value], key: str, params: dict[str, Any]
) -> Iterator[list[_Value]]:
    """Each page from a snapshot of its own, so that no long read holds up the write-ahead log."""
    after, more = "", True
    while more:
        values = []
        with database.read() as reader:
            for row in reader.each(statement, after=after, **params):
                values.append(make(row))
                after = row[key]
        more = len(values) == _AT_ONCE
        if values:
            yield values


def _of_descriptor(row: Row) -> _Value:
    return _Value(row["entity_id"], row["descriptor_id"], stored_json.load(row["value_json"]))


def _of_field(field_key: str, row: Row) -> _Value:
    return _Value(row["entity_id"], None, stored_json.load(row["fields_json"]).get(field_key))
