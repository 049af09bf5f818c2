"""What plugins keep about entities and assets: a JSON object for each plugin and subject, purged with the subject."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, insert, select, update

from faceforge_core.clock import now
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import assets, entities
from faceforge_core.db.tables import plugin_data as table
from faceforge_sdk.json_objects import checked_object

from . import assets as asset_catalog
from . import entity_rows, stored_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Column, Table

    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_sdk.models import PluginSubject

MAX_BYTES = 256 * 1024
_BATCH = 500

_SUBJECTS: Mapping[PluginSubject, tuple[Table, Column[str]]] = {
    "entity": (entities, entities.c.entity_id),
    "asset": (assets, assets.c.asset_id),
}
_NOT_FOUND = {"entity": entity_rows.not_found, "asset": asset_catalog.not_found}

_SUBJECT = and_(table.c.subject_kind == bindparam("kind"), table.c.subject_id == bindparam("subject"))
_THIS = and_(_SUBJECT, table.c.plugin_id == bindparam("plugin"))
_GET = prepare(select(table.c.data_json).where(_THIS))
_ALL = prepare(select(table.c.plugin_id, table.c.data_json).where(_SUBJECT).order_by(table.c.plugin_id))
_UPDATE = prepare(update(table).where(_THIS).values(data_json=bindparam("data"), updated_at=bindparam("at")))
_INSERT = prepare(insert(table))
_DELETE = prepare(delete(table).where(_THIS))
_OF_PLUGIN = prepare(
    select(table.c.subject_kind, table.c.subject_id).where(table.c.plugin_id == bindparam("plugin")).limit(_BATCH)
)


class PluginDataCatalog:
    """The data of all plugins; `of_plugin` gives the view that one of them has."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_plugin(self, plugin_id: str) -> PluginDataOf:
        """The SDK's `PluginData` of one plugin."""
        return PluginDataOf(self, plugin_id)

    def get(self, kind: PluginSubject, subject_id: str, plugin_id: str) -> Mapping[str, Any] | None:
        """What is kept, or None. Raises `NotFound` for the subject."""
        with self._database.read() as reader:
            _require_live(reader, kind, subject_id)
            stored = reader.value(_GET, kind=kind, subject=subject_id, plugin=plugin_id)
        return None if stored is None else stored_json.load(stored)

    def everyones(self, kind: PluginSubject, subject_id: str) -> Mapping[str, Mapping[str, Any]]:
        """What all plugins keep about a subject, by plugin id. Raises `NotFound` for the subject."""
        with self._database.read() as reader:
            _require_live(reader, kind, subject_id)
            rows = reader.all(_ALL, kind=kind, subject=subject_id)
        return {row["plugin_id"]: stored_json.load(row["data_json"]) for row in rows}

    def put(self, kind: PluginSubject, subject_id: str, plugin_id: str, data: Mapping[str, Any]) -> None:
        """Keep `data` in place of what was kept. Raises `NotFound` (subject), `InvalidInput`, `PayloadTooLarge`."""
        stored = stored_json.dump(checked_object(data, max_bytes=MAX_BYTES))

        def work(tx: Transaction) -> None:
            _require_live(tx, kind, subject_id)
            at = now()
            if not tx.run(_UPDATE, kind=kind, subject=subject_id, plugin=plugin_id, data=stored, at=at):
                key = {"subject_kind": kind, "subject_id": subject_id, "plugin_id": plugin_id}
                tx.run(_INSERT, data_json=stored, updated_at=at, **key)

        self._database.write(work)

    def delete(self, kind: PluginSubject, subject_id: str, plugin_id: str) -> bool:
        """Keep nothing any more; whether something was kept. Raises `NotFound` for the subject."""

        def work(tx: Transaction) -> bool:
            _require_live(tx, kind, subject_id)
            return tx.run(_DELETE, kind=kind, subject=subject_id, plugin=plugin_id) > 0

        return self._database.write(work)

    def subjects(self, kind: PluginSubject, plugin_id: str, after: str, limit: int) -> Sequence[str]:
        """The live subjects about which a plugin keeps something, by id, behind `after`."""
        with self._database.read() as reader:
            rows = reader.all(_subjects(kind), kind=kind, plugin=plugin_id, after=after, limit=limit)
        return [str(row["subject_id"]) for row in rows]

    def forget(self, plugin_id: str) -> int:
        """Remove all that a plugin keeps, about things in the trash too; returns about how many. Repeatable."""
        removed = 0

        def work(tx: Transaction) -> int:
            found = tx.all(_OF_PLUGIN, plugin=plugin_id)
            rows = [{"kind": row["subject_kind"], "subject": row["subject_id"], "plugin": plugin_id} for row in found]
            return tx.run_many(_DELETE, rows) if rows else 0

        while batch := self._database.write(work):
            removed += batch
        return removed


class PluginDataOf:
    """`faceforge_sdk.protocols.PluginData`."""

    def __init__(self, catalog: PluginDataCatalog, plugin_id: str) -> None:
        self._catalog = catalog
        self._plugin_id = plugin_id

    def get(self, kind: PluginSubject, subject_id: str) -> Mapping[str, Any] | None:
        """See `PluginData.get`."""
        return self._catalog.get(kind, subject_id, self._plugin_id)

    def put(self, kind: PluginSubject, subject_id: str, data: Mapping[str, Any]) -> None:
        """See `PluginData.put`."""
        self._catalog.put(kind, subject_id, self._plugin_id, data)

    def delete(self, kind: PluginSubject, subject_id: str) -> bool:
        """See `PluginData.delete`."""
        return self._catalog.delete(kind, subject_id, self._plugin_id)

    def subjects(self, kind: PluginSubject, after: str = "", limit: int = 200) -> Sequence[str]:
        """See `PluginData.subjects`."""
        return self._catalog.subjects(kind, self._plugin_id, after, limit)

    def everyones(self, kind: PluginSubject, subject_id: str) -> Mapping[str, Mapping[str, Any]]:
        """See `PluginData.everyones`."""
        return self._catalog.everyones(kind, subject_id)

    def of_plugin(self, plugin_id: str) -> PluginDataOf:
        """See `PluginData.of_plugin`."""
        return self._catalog.of_plugin(plugin_id)


def _require_live(reader: Reader, kind: PluginSubject, subject_id: str) -> None:
    if reader.one(_lives(kind), id=subject_id) is None:
        raise _NOT_FOUND[kind](subject_id)


@cache
def _lives(kind: PluginSubject) -> Prepared:
    subjects, subject_id = _SUBJECTS[kind]
    return prepare(select(subject_id).where(subject_id == bindparam("id"), subjects.c.deleted_at.is_(None)))


@cache
def _subjects(kind: PluginSubject) -> Prepared:
    subjects, subject_id = _SUBJECTS[kind]
    lives = select(subject_id).where(subject_id == table.c.subject_id, subjects.c.deleted_at.is_(None)).exists()
    return prepare(
        select(table.c.subject_id)
        .where(
            table.c.plugin_id == bindparam("plugin"),
            table.c.subject_kind == bindparam("kind"),
            table.c.subject_id > bindparam("after"),
            lives,
        )
        .order_by(table.c.subject_id)
        .limit(bindparam("limit"))
    )
