"""Rows of relationships: what is selected of them, when they show, and the model of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import func, literal, select

from faceforge_core.db.tables import entities
from faceforge_core.db.tables import relationships as table
from faceforge_sdk.models import Relationship, TrashedRelationship

from . import stored_json

if TYPE_CHECKING:
    from sqlite3 import Row

    from sqlalchemy import ColumnElement

COLUMNS = (
    table.c.relationship_id,
    table.c.src_entity_id,
    table.c.dst_entity_id,
    table.c.relationship_type,
    table.c.fields_json,
    table.c.created_at,
    func.coalesce(table.c.updated_at, table.c.created_at).label("updated_at"),
)
NOT_TRASHED = table.c.deleted_at.is_(None)


def lives(end: ColumnElement[str]) -> ColumnElement[bool]:
    """The entity at this end of a relationship is live. Both have to be for the relationship to show.

    So deleting an entity hides its relationships without touching their rows, and restoring it brings back exactly
    those.
    """
    alive = (entities.c.entity_id == end, entities.c.deleted_at.is_(None))
    return select(literal(1)).select_from(entities).where(*alive).correlate(table).exists()


SHOWN = (NOT_TRASHED, lives(table.c.src_entity_id), lives(table.c.dst_entity_id))

_live = TypeAdapter(Relationship).validate_python
_trashed = TypeAdapter(TrashedRelationship).validate_python


def relationship_of(row: Row) -> Relationship:
    """The relationship of a row with `COLUMNS`."""
    return _live(_facts(row))


def trashed_of(row: Row) -> TrashedRelationship:
    """The relationship in the trash of a row with `COLUMNS` and ``deleted_at``."""
    return _trashed(_facts(row))


def _facts(row: Row) -> dict[str, Any]:
    facts = dict(row)
    facts["fields"] = stored_json.load(facts.pop("fields_json"))
    return facts
