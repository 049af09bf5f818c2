"""What imports remember: where files came from, and what each import created."""

from __future__ import annotations

import hashlib
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Text, and_, bindparam, exists, func, insert, literal_column, select, text, tuple_, update

from faceforge_core.clock import now
from faceforge_core.db.search_text import storable
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import asset_sources, assets, entities, entity_assets, jobs
from faceforge_core.db.tables import import_creations as table
from faceforge_sdk.errors import InvalidInput, NotFound
from faceforge_sdk.models import EntityDraft, ImportCount, ImportSummary

from . import external_ids
from .entity_names import named
from .entity_rows import EntityRows, is_live, live, new_entity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_sdk.protocols import Arrival, FileOrigin

    from .assets import AssetCatalog
    from .links import LinkCatalog

Kind = Literal["asset", "entity", "link"]

JOB_TYPE = "assets.bulk-import"
SOURCE = "import"
"""Whose the external ids of folders' entities are."""

BATCH = 200
"""How much one transaction takes back, so that other writers get their turn."""

_MAX_EXTERNAL_ID = 500
_ASKED_AT_ONCE = 500

_KNOWN = prepare(
    select(
        asset_sources.c.path,
        asset_sources.c.byte_size,
        asset_sources.c.mtime_ns,
        asset_sources.c.inode,
        asset_sources.c.sidecar,
        asset_sources.c.asset_id,
    )
    .join(assets, assets.c.asset_id == asset_sources.c.asset_id)
    .where(asset_sources.c.path.in_(bindparam("paths", expanding=True)), assets.c.deleted_at.is_(None))
)
# Not one statement with ON CONFLICT DO UPDATE: SQLite keeps a journal of its own for each row of that, at twice the
# cost of the row.
_SEEN_BEFORE = prepare(select(asset_sources.c.path).where(asset_sources.c.path.in_(bindparam("paths", expanding=True))))
_SEEN = prepare(insert(asset_sources))
_SEEN_AGAIN = prepare(
    update(asset_sources)
    .where(asset_sources.c.path == bindparam("path"))
    .values({column.name: bindparam(column.name) for column in asset_sources.c if column.name != "path"})
)
_CREATED = prepare(
    text(
        "INSERT INTO import_creations (import_id, kind, thing_id, of_entity_id) "
        "VALUES (:import_id, :kind, :thing_id, :of_entity_id) ON CONFLICT DO NOTHING"
    )
)
_JOB_TYPE = prepare(select(jobs.c.job_type).where(jobs.c.job_id == bindparam("import_id")))
_OF_KIND = (table.c.import_id == bindparam("import_id"), table.c.kind == bindparam("kind"))
_CREATIONS = prepare(
    select(table.c.thing_id, table.c.of_entity_id)
    .where(
        *_OF_KIND,
        tuple_(table.c.thing_id, table.c.of_entity_id)
        > tuple_(bindparam("after", type_=Text), bindparam("after_of", type_=Text)),
    )
    .order_by(table.c.thing_id, table.c.of_entity_id)
    .limit(BATCH)
)
_LIVES: Mapping[Kind, object] = {
    "asset": exists().where(assets.c.asset_id == table.c.thing_id, assets.c.deleted_at.is_(None)),
    "entity": exists().where(entities.c.entity_id == table.c.thing_id, entities.c.deleted_at.is_(None)),
    "link": exists().where(
        and_(
            entity_assets.c.asset_id == table.c.thing_id,
            entity_assets.c.entity_id == table.c.of_entity_id,
            entity_assets.c.deleted_at.is_(None),
        )
    ),
}
_COUNT = {
    kind: prepare(
        select(func.count().label("created"), func.coalesce(func.sum(lives), literal_column("0")).label("live")).where(
            *_OF_KIND
        )
    )
    for kind, lives in _LIVES.items()
}


class ImportCatalog:
    """The SDK's `Imports`, and the steps by which `storage.intake` remembers in its own transaction."""

    def __init__(self, database: Database, assets: AssetCatalog, links: LinkCatalog, entities: EntityRows) -> None:
        self._database = database
        self._assets = assets
        self._links = links
        self._entities = entities

    def unchanged(self, files: Sequence[FileOrigin]) -> Sequence[str | None]:
        """For each file the live asset that it became, if its folder says the same of it still."""
        known: dict[bytes, tuple[Any, ...]] = {}
        asking = iter(files)
        with self._database.read() as reader:
            while some := [file.path for file in islice(asking, _ASKED_AT_ONCE)]:
                known.update((row[0], tuple(row)[1:]) for row in reader.all(_KNOWN, paths=some))
        return [
            known[file.path][-1] if file.path in known and known[file.path][:-1] == _look(file) else None
            for file in files
        ]

    def link(self, import_id: str, links: Sequence[tuple[str, str, str | None]]) -> int:
        """Link what is not linked yet; returns how many are new."""

        def work(tx: Transaction) -> int:
            return sum(self._link(tx, import_id, *link) for link in links)

        return self._database.write(work)

    def entity(self, import_id: str, name: str, key: str, tags: Sequence[str]) -> str:
        """The live entity of a folder, found or made; one that lay in the trash with this key comes back.

        Required fields are not asked for: nobody is there to fill them in. Raises `InvalidInput` for a blank name.
        """
        if not name.strip():
            raise InvalidInput("An entity needs a name.")
        external_id = _external_id(key)
        with self._database.read() as reader:
            namesakes = list(islice(named(reader, name), 2))
        draft = EntityDraft(
            display_name=storable(name), tags=list(dict.fromkeys(tags)), external_ids={SOURCE: external_id}
        )

        def work(tx: Transaction) -> str:
            found = self._holder(tx, import_id, external_id)
            if found is None and len(namesakes) == 1 and is_live(tx, namesakes[0]):
                found = namesakes[0]
            if found is None:
                entity = new_entity(draft)
                self._entities.insert(tx, entity)
                self._created(tx, import_id, "entity", entity.entity_id)
                return entity.entity_id
            before = live(tx, found)
            if missing := [tag for tag in draft.tags if tag not in before.tags]:
                self._entities.change(tx, before, {"tags": [*before.tags, *missing]})
            return found

        return self._database.write(work)

    def summary(self, import_id: str) -> ImportSummary:
        """What an import created and how much of it is live. Raises `NotFound` for a job that was no import."""
        with self._database.read() as reader:
            counts = _counts(reader, import_id)
        return ImportSummary(job_id=import_id, assets=counts["asset"], entities=counts["entity"], links=counts["link"])

    def undo(
        self, import_id: str, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]
    ) -> Mapping[str, int]:
        """Take back what an import created, links first, some at a time. Raises `NotFound` as `summary`."""
        with self._database.read() as reader:
            total = sum(count.created for count in _counts(reader, import_id).values())
        taken_back: dict[str, int] = {"links": 0, "assets": 0, "entities": 0}
        seen = 0
        steps: tuple[tuple[Kind, str, Callable[[Transaction, str, str], bool]], ...] = (
            ("link", "links", lambda tx, asset_id, entity_id: self._links.remove(tx, entity_id, asset_id)),
            ("asset", "assets", lambda tx, asset_id, _: self._assets.throw_away(tx, asset_id)),
            ("entity", "entities", lambda tx, entity_id, _: self._entities.trash(tx, entity_id)),
        )
        for kind, name, step in steps:
            for batch in self._creations(import_id, kind):
                check_cancelled()
                taken_back[name] += self._database.write(partial(_take_back, step=step, batch=batch))
                seen += len(batch)
                progress(100 * seen / max(total, seen), f"{seen} of {total}")
        return taken_back

    # --- Steps

    def remember(self, tx: Transaction, stored: Sequence[tuple[Arrival, bool]]) -> None:
        """Note where stored assets came from and which of them (True) the import created, and make their links."""
        moment = now()
        origins = {
            arrival.origin.path: {
                **_said(arrival.origin),
                "asset_id": arrival.received.content_hash,
                "seen_at": moment,
            }
            for arrival, _ in stored
            if arrival.origin is not None
        }
        again = {path for (path,) in tx.all(_SEEN_BEFORE, paths=[*origins])}
        tx.run_many(_SEEN, [row for path, row in origins.items() if path not in again])
        tx.run_many(_SEEN_AGAIN, [origins[path] for path in again])
        self._remember_created(
            tx,
            [
                _creation(arrival.import_id, "asset", arrival.received.content_hash)
                for arrival, created in stored
                if created and arrival.import_id is not None
            ],
        )
        for arrival, _ in stored:
            for entity_id, role in arrival.links:
                self._link(tx, arrival.import_id, entity_id, arrival.received.content_hash, role)

    def _link(self, tx: Transaction, import_id: str | None, entity_id: str, asset_id: str, role: str | None) -> bool:
        new = self._links.add(tx, entity_id, asset_id, role)
        if new and import_id is not None:
            self._created(tx, import_id, "link", asset_id, entity_id)
        return new

    def _holder(self, tx: Transaction, import_id: str, external_id: str) -> str | None:
        found = external_ids.holder(tx, SOURCE, external_id)
        if found is not None and not is_live(tx, found):
            self._entities.restore(tx, found)
            self._created(tx, import_id, "entity", found)
        return found

    def _created(self, tx: Transaction, import_id: str, kind: Kind, thing_id: str, of_entity_id: str = "") -> None:
        self._remember_created(tx, [_creation(import_id, kind, thing_id, of_entity_id)])

    @staticmethod
    def _remember_created(tx: Transaction, creations: Sequence[Mapping[str, str]]) -> None:
        """What was removed with its job meanwhile is not remembered any more."""
        imports = {creation["import_id"] for creation in creations}
        there = {one for one in imports if tx.one(_JOB_TYPE, import_id=one) is not None}
        tx.run_many(_CREATED, [creation for creation in creations if creation["import_id"] in there])

    def _creations(self, import_id: str, kind: Kind) -> Iterator[Sequence[tuple[str, str]]]:
        last = ("", "")
        while True:
            with self._database.read() as reader:
                rows = reader.all(_CREATIONS, import_id=import_id, kind=kind, after=last[0], after_of=last[1])
            if not rows:
                return
            batch = [(row["thing_id"], row["of_entity_id"]) for row in rows]
            yield batch
            last = batch[-1]


def _take_back(tx: Transaction, step: Callable[[Transaction, str, str], bool], batch: Sequence[tuple[str, str]]) -> int:
    return sum(step(tx, thing_id, of_entity_id) for thing_id, of_entity_id in batch)


def _counts(reader: Reader, import_id: str) -> Mapping[Kind, ImportCount]:
    counts = {
        kind: ImportCount.model_validate(dict(row))
        for kind, statement in _COUNT.items()
        if (row := reader.one(statement, import_id=import_id, kind=kind)) is not None
    }
    if not any(count.created for count in counts.values()) and reader.value(_JOB_TYPE, import_id=import_id) != JOB_TYPE:
        raise NotFound(f"There is no import {import_id[:80]!r}.")
    return counts


def _creation(import_id: str, kind: Kind, thing_id: str, of_entity_id: str = "") -> dict[str, str]:
    return {"import_id": import_id, "kind": kind, "thing_id": thing_id, "of_entity_id": of_entity_id}


def _said(file: FileOrigin) -> dict[str, bytes | int | str]:
    byte_size, mtime_ns, inode, sidecar = _look(file)
    return {"path": file.path, "byte_size": byte_size, "mtime_ns": mtime_ns, "inode": inode, "sidecar": sidecar}


def _look(file: FileOrigin) -> tuple[int, int, int, str]:
    """What `_KNOWN` gives behind the path of a file that is the same still."""
    sidecar = storable(file.sidecar) if file.sidecar else ""
    return file.byte_size, _signed(file.mtime_ns), _signed(file.inode), sidecar


def _signed(number: int) -> int:
    """The lower 64 bits, as SQLite's integers hold them: inodes may use all of those (and of ReFS more), times too."""
    if 0 <= number < 1 << 63:
        return number
    lower = number & 0xFFFF_FFFF_FFFF_FFFF
    return lower - (1 << 64) if lower >> 63 else lower


def _external_id(key: str) -> str:
    """The key itself; one that is too long, or no text, keeps its beginning and is told apart by its hash."""
    fitting = storable(key).strip()
    if fitting == key and len(key) <= _MAX_EXTERNAL_ID:
        return key
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return fitting[: _MAX_EXTERNAL_ID - len(digest)] + digest
