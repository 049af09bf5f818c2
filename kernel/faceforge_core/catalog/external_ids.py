"""What other systems call entities: an id of a source belongs to one entity, live or in the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select

from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import entity_external_ids as table
from faceforge_sdk.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_core.db.transactions import Reader, Transaction

_HOLDER = prepare(
    select(table.c.entity_id).where(
        table.c.source == bindparam("source"), table.c.external_id == bindparam("external_id")
    )
)
_CLAIM = prepare(insert(table))
_RELEASE = prepare(delete(table).where(table.c.entity_id == bindparam("entity_id")))


def holder(reader: Reader, source: str, external_id: str) -> str | None:
    """Return whose id this is."""
    found = reader.value(_HOLDER, source=source, external_id=external_id)
    return None if found is None else str(found)


def assign(tx: Transaction, entity_id: str, external_ids: Mapping[str, str]) -> None:
    """Make these, and no others, the external ids of an entity. Raises `Conflict` naming who has one of them."""
    for source, external_id in external_ids.items():
        owner = holder(tx, source, external_id)
        if owner not in (None, entity_id):
            raise Conflict(
                f"The external id {source}:{external_id} belongs to the entity {owner}.",
                details={"source": source, "external_id": external_id, "entity_id": owner},
            )
    tx.run(_RELEASE, entity_id=entity_id)
    tx.run_many(
        _CLAIM,
        [
            {"source": source, "external_id": external_id, "entity_id": entity_id}
            for source, external_id in external_ids.items()
        ],
    )
