"""Field definitions as rows: their statements, and the way between columns and models."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, func, insert, select, update

from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import field_definitions as table
from faceforge_sdk import patterns
from faceforge_sdk.models import FieldDef, TrashedFieldDef

from . import stored_json
from .paging import Order, Place

if TYPE_CHECKING:
    from sqlite3 import Row

_LIVE, _TRASHED = table.c.deleted_at.is_(None), table.c.deleted_at.is_not(None)
_THIS = table.c.field_def_id == bindparam("id")
_IN_ORDER = (table.c.scope, table.c.field_key)

GET = prepare(select(table).where(_THIS, _LIVE))
GET_TRASHED = prepare(select(table).where(_THIS, _TRASHED))
BY_KEY = prepare(
    select(table).where(table.c.scope == bindparam("scope"), table.c.field_key == bindparam("field_key"), _LIVE)
)
ALL = prepare(select(table).where(_LIVE).order_by(*_IN_ORDER))
OF_SCOPE = prepare(select(table).where(table.c.scope == bindparam("scope"), _LIVE).order_by(*_IN_ORDER))
ENFORCED = prepare(
    select(table).where(table.c.scope == "entity", table.c.enforced == 1, _LIVE).order_by(table.c.field_key)
)
INSERT = prepare(insert(table))
UPDATE = prepare(
    update(table)
    .where(_THIS, _LIVE)
    .values(
        {
            column.name: bindparam(f"new_{column.name}")
            for column in table.c
            if column.name not in {"field_def_id", "scope", "created_at", "deleted_at"}
        }
    )
)
PLACE = prepare(
    update(table).where(_THIS, _LIVE).values(position=bindparam("new_position"), updated_at=bindparam("new_updated_at"))
)
TRASH = prepare(update(table).where(_THIS, _LIVE).values(deleted_at=bindparam("moment")))
RESTORE = prepare(update(table).where(_THIS, _TRASHED).values(deleted_at=None))
COUNT_TRASH = prepare(select(func.count()).select_from(table).where(_TRASHED))

_definition = TypeAdapter(FieldDef).validate_python
_trashed_definition = TypeAdapter(TrashedFieldDef).validate_python


def trash_order(sort_order: str) -> Order:
    """The trash by the time of deletion."""
    name = f"field-defs:deleted_at:{sort_order}"
    return Order(name, table.c.deleted_at, table.c.field_def_id, "deleted_at", sort_order == "desc")


@cache
def trash_statement(sort_order: str, place: Place | None) -> Prepared:
    """A page of the trash."""
    return trash_order(sort_order).page_of(select(table).where(_TRASHED), place)


def columns_of(definition: FieldDef) -> dict[str, Any]:
    """What a definition's row holds, `deleted_at` apart."""
    columns = definition.model_dump(exclude={"options", "order", "default", "regex_error"})
    return {
        **columns,
        "required": int(definition.required),
        "multiple": int(definition.multiple),
        "enforced": int(definition.enforced),
        "options_json": stored_json.dump(definition.options),
        "position": definition.order,
        "default_json": None if definition.default is None else stored_json.dump(definition.default),
    }


def definition_of(row: Row) -> FieldDef:
    """The definition of a live row."""
    return _definition(_facts(row))


def trashed_of(row: Row) -> TrashedFieldDef:
    """The definition of a row in the trash."""
    return _trashed_definition(_facts(row))


def _facts(row: Row) -> dict[str, Any]:
    facts = dict(row)
    facts["options"] = stored_json.load(facts.pop("options_json"))
    facts["order"] = facts.pop("position")
    default = facts.pop("default_json")
    facts["default"] = None if default is None else stored_json.load(default)
    facts["regex_error"] = patterns.problem(facts["regex"]) if facts["regex"] else None
    return facts
