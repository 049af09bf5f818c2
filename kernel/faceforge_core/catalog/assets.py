"""Assets: what is known of files, whoever holds their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import bindparam, insert, select, update

from faceforge_core.clock import now
from faceforge_core.db import counters
from faceforge_core.db.search_index import ASSET_TEXTS
from faceforge_core.db.search_text import asset_text, sequence_of
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import assets as table
from faceforge_sdk.errors import InvalidInput, NotFound, PayloadTooLarge
from faceforge_sdk.models import Asset, AssetFacts, TrashedAsset

from . import metadata, stored_json
from .media_types import is_media_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from sqlite3 import Row

    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.models import AssetPatch


ASSET_COLUMNS = tuple(column for column in table.c if column.name not in {"bytes_state", "words_json"})
_LIVE, _TRASHED = table.c.deleted_at.is_(None), table.c.deleted_at.is_not(None)
_THIS = table.c.asset_id == bindparam("id")

_GET = prepare(select(*ASSET_COLUMNS).where(_THIS, _LIVE))
_SEARCHED = prepare(select(table.c.filename, table.c.created_at, table.c.words_json, table.c.meta_json).where(_THIS))
_KNOWN = prepare(select(table.c.asset_id).where(table.c.asset_id.in_(bindparam("ids", expanding=True))))
_GET_ANY = prepare(select(*ASSET_COLUMNS).where(_THIS))
_UPDATE = prepare(
    update(table)
    .where(_THIS, _LIVE)
    .values(
        filename=bindparam("filename"),
        kind=bindparam("kind"),
        mime_type=bindparam("mime_type"),
        updated_at=bindparam("now"),
    )
)
_FACTS = tuple(AssetFacts.model_fields)
_AT_FIRST: dict[str, Any] = {
    column.name: bindparam(column.name) for column in table.c if column.name not in {*_FACTS, "words_json"}
}
_INSERT = prepare(insert(table).values(_AT_FIRST))
_TRASH = prepare(update(table).where(_THIS, _LIVE).values(deleted_at=bindparam("now")))
_RESTORE = prepare(update(table).where(_THIS, _TRASHED).values(deleted_at=None, updated_at=bindparam("now")))
_SET_META = prepare(update(table).where(_THIS).values(meta_json=bindparam("meta"), updated_at=bindparam("now")))
_SET_PLACE = prepare(
    update(table)
    .where(_THIS)
    .values(storage_provider=bindparam("provider"), storage_key=bindparam("key"), bytes_state=bindparam("state"))
)

_live_asset = TypeAdapter(Asset).validate_python
_trashed_asset = TypeAdapter(TrashedAsset).validate_python


class NewAsset(NamedTuple):
    """The facts of one file whose bytes are durable by now; `sidecar` is an entry of ``meta.metadata``."""

    content_hash: str
    byte_size: int
    kind: str
    filename: str
    mime_type: str | None
    storage_provider: str
    storage_key: str
    bytes_state: str
    sidecar: dict[str, Any] | None


class AssetCatalog:
    """The live and the trashed assets."""

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._events = events

    def get(self, asset_id: str) -> Asset:
        """The live asset. Raises `NotFound`."""
        with self._database.read() as reader:
            return self.of(reader, asset_id)

    def get_any(self, asset_id: str) -> Asset | None:
        """The asset, live or in the trash, if there is one."""
        with self._database.read() as reader:
            row = reader.one(_GET_ANY, id=asset_id)
        return None if row is None else asset_of(row)

    def update(self, asset_id: str, patch: AssetPatch) -> Asset:
        """Change what `patch` names. Raises `NotFound`, and `InvalidInput` for something that is no media type."""
        if patch.mime_type is not None and not is_media_type(patch.mime_type):
            raise InvalidInput(f"{patch.mime_type!r} is not a media type like image/png.")
        if patch.filename is not None and not patch.filename.strip():
            raise InvalidInput("A file name can't be blank.")
        changes = patch.model_dump(exclude_none=True)

        def work(tx: Transaction) -> Asset:
            before = self.of(tx, asset_id)
            after = before.model_copy(update={**changes, "updated_at": now()})
            tx.run(
                _UPDATE,
                id=asset_id,
                filename=after.filename,
                kind=after.kind,
                mime_type=after.mime_type,
                now=after.updated_at,
            )
            if after.filename != before.filename:
                _refresh_text(tx, asset_id)
            self._events.append(tx, "asset.updated", asset_id, {"changed": sorted(changes)})
            return after

        return self._database.write(work)

    def delete(self, asset_id: str) -> None:
        """Move to the trash. Raises `NotFound`."""

        def work(tx: Transaction) -> None:
            if not self.throw_away(tx, asset_id):
                raise not_found(asset_id)

        self._database.write(work)

    def delete_many(self, asset_ids: Sequence[str]) -> int:
        """Move many to the trash in one transaction; returns how many were live."""
        return self._database.write(lambda tx: sum(self.throw_away(tx, asset_id) for asset_id in asset_ids))

    def restore_many(self, asset_ids: Sequence[str]) -> int:
        """Bring many back in one transaction; returns how many were in the trash."""
        return self._database.write(lambda tx: sum(self._revive(tx, asset_id) for asset_id in asset_ids))

    def throw_away(self, tx: Transaction, asset_id: str) -> bool:
        """Move to the trash, as a step; False if it is not live."""
        if tx.run(_TRASH, id=asset_id, now=now()) == 0:
            return False
        ASSET_TEXTS.leave(tx, asset_id)
        counters.adjust(tx, counters.ASSETS, -1)
        self._events.append(tx, "asset.deleted", asset_id, {})
        return True

    def restore(self, asset_id: str) -> Asset:
        """Bring back from the trash. Raises `NotFound` if it is not there."""

        def work(tx: Transaction) -> Asset:
            if not self._revive(tx, asset_id):
                raise not_found(asset_id, "in the trash")
            return self.of(tx, asset_id)

        return self._database.write(work)

    def store(self, tx: Transaction, file: NewAsset) -> bool:
        """Record a file; returns whether it was a live asset before.

        Known bytes keep their row: it comes back from the trash, gets its place mended where the old one was in
        doubt, and gains its sidecar unless it has an equal one. Raises `PayloadTooLarge`, with nothing written, where
        there is no room for that.
        """
        known = tx.one(_GET_ANY, id=file.content_hash)
        if known is None:
            self._insert(tx, [file])
            return False
        asset_id = file.content_hash
        meta = None if file.sidecar is None else _meta_with(known, file.sidecar)
        revived = self._revive(tx, asset_id)
        tx.run(_SET_PLACE, id=asset_id, provider=file.storage_provider, key=file.storage_key, state=file.bytes_state)
        if meta is not None:
            tx.run(_SET_META, id=asset_id, meta=meta, now=now())
            _refresh_text(tx, asset_id)
            self._events.append(tx, "asset.updated", asset_id, {"changed": ["meta"]})
        return not revived

    def store_unknown(self, tx: Transaction, files: Iterable[NewAsset]) -> set[str]:
        """Record those whose bytes nobody knows, at a fraction of what `store` costs for each; returns their ids.

        Of equal ones the first counts; that one and the known ones are for `store`.
        """
        unknown: dict[str, NewAsset] = {}
        for file in files:
            unknown.setdefault(file.content_hash, file)
        for (asset_id,) in tx.all(_KNOWN, ids=[*unknown]):
            del unknown[asset_id]
        self._insert(tx, [*unknown.values()])
        return set(unknown)

    def _insert(self, tx: Transaction, files: Sequence[NewAsset]) -> None:
        if not files:
            return
        moment = now()
        first = [{"metadata": [file.sidecar]} if file.sidecar else {} for file in files]
        tx.run_many(_INSERT, [_row(file, meta, moment) for file, meta in zip(files, first, strict=True)])
        texts = [
            (sequence_of(moment, file.content_hash), file.content_hash, asset_text(file.filename, {}, meta))
            for file, meta in zip(files, first, strict=True)
        ]
        ASSET_TEXTS.enter_many(tx, texts)
        counters.adjust(tx, counters.ASSETS, len(files))
        told = ((file.content_hash, {"mime_type": file.mime_type, "kind": file.kind}) for file in files)
        self._events.append_many(tx, "asset.stored", told)

    def of(self, reader: Reader, asset_id: str) -> Asset:
        """The live asset, as a step. Raises `NotFound`."""
        return asset_of(_found(reader.one(_GET, id=asset_id), asset_id))

    def _revive(self, tx: Transaction, asset_id: str) -> bool:
        if tx.run(_RESTORE, id=asset_id, now=now()) == 0:
            return False
        row = _found(tx.one(_SEARCHED, id=asset_id), asset_id)
        _enter_text(tx, asset_id, row["created_at"], _text_of(row))
        counters.adjust(tx, counters.ASSETS, 1)
        self._events.append(tx, "asset.restored", asset_id, {})
        return True


def _row(file: NewAsset, meta: dict[str, Any], moment: str) -> dict[str, Any]:
    """Every column that is written at first; an asset's id is the hash of its bytes."""
    return {
        "asset_id": file.content_hash,
        "content_hash": file.content_hash,
        "byte_size": file.byte_size,
        "kind": file.kind,
        "filename": file.filename,
        "mime_type": file.mime_type,
        "storage_provider": file.storage_provider,
        "storage_key": file.storage_key,
        "bytes_state": file.bytes_state,
        "meta_json": stored_json.dump(meta) if meta else "{}",
        "created_at": moment,
        "updated_at": moment,
        "deleted_at": None,
    }


def _meta_with(known: Row, sidecar: dict[str, Any]) -> str | None:
    """The metadata of a known asset with one more entry, as text; None if it has an equal one."""
    meta = stored_json.load(known["meta_json"])
    entries = metadata.entries_of(meta)
    if sidecar in entries:
        return None
    text = stored_json.dump(metadata.with_entries(meta, [*entries, sidecar]))
    if len(text) > metadata.MAX_LENGTH:
        raise PayloadTooLarge("This asset has so much metadata already that no further sidecar can be added.")
    return text


def _enter_text(tx: Transaction, asset_id: str, created_at: str, text: str) -> None:
    ASSET_TEXTS.enter(tx, sequence_of(created_at, asset_id), asset_id, text)


def _refresh_text(tx: Transaction, asset_id: str) -> None:
    ASSET_TEXTS.change(tx, asset_id, _text_of(_found(tx.one(_SEARCHED, id=asset_id), asset_id)))


def _text_of(row: Row) -> str:
    return asset_text(row["filename"], stored_json.load(row["words_json"]), stored_json.load(row["meta_json"]))


def asset_facts(row: Row) -> dict[str, Any]:
    """A row of the table, its JSON parsed, ready to become a model."""
    attributes = dict(row)
    attributes["meta"] = stored_json.load(attributes.pop("meta_json"))
    attributes["facts"] = AssetFacts.model_construct(**{name: attributes.pop(name) for name in _FACTS})
    return attributes


def asset_of(row: Row) -> Asset:
    """The asset of a row of its table."""
    return _live_asset(asset_facts(row))


def trashed_asset_of(row: Row) -> TrashedAsset:
    """The trashed asset of a row of its table."""
    return _trashed_asset(asset_facts(row))


def _found(row: Row | None, asset_id: str) -> Row:
    if row is None:
        raise not_found(asset_id)
    return row


def not_found(asset_id: str, where: str = "") -> NotFound:
    """What to raise for an id that no live asset has."""
    return NotFound(f"There is no asset {asset_id[:80]!r}{where and ' ' + where}.")
