"""Checking a home: whether the facts hold together, and whether every asset's bytes are there and are its own.

Nothing is changed by a check. Repairing looks again at the time of acting, and only ever moves what nobody refers to
into quarantine; it recounts what is merely counted.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select, text

from faceforge_core.db import counters
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import asset_search, entities, entity_search
from faceforge_core.db.tables import assets as table
from faceforge_core.storage.copies import require_hash
from faceforge_sdk.errors import FaceForgeError, IntegrityError, StorageUnavailable
from faceforge_sdk.models import Finding, VerifyReport
from faceforge_sdk.protocols import ListingProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faceforge_core.catalog.assets import AssetCatalog
    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_core.storage.providers import ProviderRegistry
    from faceforge_core.storage.staging import Staging
    from faceforge_sdk.models import Asset, VerifyOptions
    from faceforge_sdk.protocols import ByteReader, StoredObject

    OpenBytes = Callable[[Asset], ByteReader]
    Progress = Callable[[float, str | None], None]

YOUNG_SECONDS = 3600.0
"""What is younger may belong to an upload that is just under way."""
OLD_PART_SECONDS = 24 * 3600.0
MOST_FINDINGS = 1000
_PAGE = 200

_COUNT = prepare(select(func.count()).select_from(table))
_PAGE_OF_ASSETS = prepare(
    select(table.c.asset_id, table.c.filename, table.c.storage_provider, table.c.storage_key, table.c.bytes_state)
    .where(table.c.asset_id > bindparam("after"))
    .order_by(table.c.asset_id)
    .limit(_PAGE)
)
_PLACE = prepare(select(table.c.storage_provider, table.c.storage_key).where(table.c.asset_id == bindparam("id")))
_INTEGRITY = prepare(text("PRAGMA integrity_check(20)"))
_REFERENCES = prepare(text("PRAGMA foreign_key_check"))
_LIVE_ENTITIES = prepare(select(func.count()).select_from(entities).where(entities.c.deleted_at.is_(None)))
_LIVE_ASSETS = prepare(select(func.count()).select_from(table).where(table.c.deleted_at.is_(None)))
_UNSEARCHED = {
    kind.name: prepare(
        select(func.count())
        .select_from(kind.outerjoin(texts, texts.c[key] == kind.c[key]))
        .where(kind.c.deleted_at.is_(None), texts.c.seq.is_(None))
    )
    for kind, texts, key in ((entities, entity_search, "entity_id"), (table, asset_search, "asset_id"))
}
_KNOWN_STATES = {
    "missing": "The bytes were missing when the older version's files were taken over.",
    "altered": "The bytes were not those of the file's id when the older version's files were taken over.",
}


@dataclass(slots=True)
class _Findings:
    """What was found; counted in full, kept up to a bound."""

    kept: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, code: str, message: str, **where: Any) -> None:
        self.counts[code] = self.counts.get(code, 0) + 1
        if len(self.kept) < MOST_FINDINGS:
            self.kept.append(Finding(code=code, message=message, **where))


class Fsck:
    """Checks one home, and mends what can be mended without taking anything from anybody."""

    def __init__(
        self,
        database: Database,
        assets: AssetCatalog,
        registry: ProviderRegistry,
        staging: Staging,
        open_bytes: OpenBytes,
    ) -> None:
        self._database = database
        self._assets = assets
        self._registry = registry
        self._staging = staging
        self._open = open_bytes

    def run(self, options: VerifyOptions, progress: Progress, check_cancelled: Callable[[], None]) -> VerifyReport:
        """Check all; `options` say how many assets are read and compared with their hash."""
        found = _Findings()
        with self._database.read() as reader:
            _check_database(reader, found)
            total = int(reader.value(_COUNT))
        checked = hashed = size = 0
        chosen = random.Random()  # noqa: S311  # a sample, no secret
        for row in self._rows():
            check_cancelled()
            read = options.deep or (options.sample is not None and chosen.random() * 100 < options.sample)
            size += self._check_asset(row, found, check_cancelled, read=read)
            checked, hashed = checked + 1, hashed + read
            progress(90.0 * checked / total, f"{checked} of {total} files")
        objects = sum(self._check_leftovers(found, check_cancelled, repair=options.repair))
        if options.repair:
            self._recount(found)
        return VerifyReport(
            checked_assets=checked,
            hashed_assets=hashed,
            hashed_bytes=size,
            seen_objects=objects,
            counts=found.counts,
            findings=found.kept,
        )

    def _rows(self) -> Iterator[Any]:
        after = ""
        while True:
            with self._database.read() as reader:
                page = reader.all(_PAGE_OF_ASSETS, after=after)
            if not page:
                return
            yield from page
            after = page[-1]["asset_id"]

    # --- Assets

    def _check_asset(self, row: Any, found: _Findings, check_cancelled: Callable[[], None], *, read: bool) -> int:
        """Judge one row, live or in the trash; returns how many bytes were read."""
        asset_id = row["asset_id"]
        try:
            asset = self._assets.get_any(asset_id)
            if asset is None:
                return 0  # removed for good since the page was read
            reader = self._open(asset)
            if read:
                return require_hash(reader, asset.content_hash, check_cancelled)
            reader.close()
        except IntegrityError as error:
            if self._place_of(asset_id) != (row["storage_provider"], row["storage_key"]):
                return 0  # moved or removed meanwhile
            reason = error.details.get("reason") if isinstance(error.details, dict) else None
            message = _KNOWN_STATES.get(row["bytes_state"], str(error))
            found.add(str(reason or "missing"), message, **_where(row))
        except StorageUnavailable as error:
            found.add("unavailable", str(error), **_where(row))
        return 0

    def _place_of(self, asset_id: str) -> tuple[str, str] | None:
        with self._database.read() as reader:
            row = reader.one(_PLACE, id=asset_id)
        return None if row is None else (row["storage_provider"], row["storage_key"])

    # --- Leftovers

    def _check_leftovers(self, found: _Findings, check_cancelled: Callable[[], None], *, repair: bool) -> Iterator[int]:
        """Look for what no row refers to; yields how many objects each provider showed."""
        for path, age in self._staging.leftovers():
            if age > OLD_PART_SECONDS:
                found.add("leftover", f"{path.name} was never finished and lies in tmp/ for {age / 3600:.0f} hours.")
        for owned in self._registry.providers():
            if isinstance(owned.value, ListingProvider):
                yield self._check_provider(owned.value, found, check_cancelled, repair=repair)

    def _check_provider(
        self, provider: ListingProvider, found: _Findings, check_cancelled: Callable[[], None], *, repair: bool
    ) -> int:
        seen, oldest = 0, time.time() - YOUNG_SECONDS
        try:
            for one in provider.objects():
                check_cancelled()
                seen += 1
                if one.modified_at < oldest and not self._referred(provider.name, one):
                    self._report_orphan(provider, one, found, repair=repair)
        except FaceForgeError as error:
            found.add("unavailable", f"What it holds can't be listed: {error}", provider=provider.name)
        return seen

    def _report_orphan(self, provider: ListingProvider, one: StoredObject, found: _Findings, *, repair: bool) -> None:
        message = f"No asset refers to these {one.byte_size} bytes."
        if repair and not self._referred(provider.name, one):
            message = f"{message} They were moved to {provider.set_aside(one.key)}."
        found.add("orphan", message, key=one.key, provider=provider.name, repaired=repair)

    def _referred(self, provider: str, one: StoredObject) -> bool:
        """Whether the row that the object's name tells of has its bytes there."""
        return self._place_of(one.key.rpartition("/")[2]) == (provider, one.key)

    def _recount(self, found: _Findings) -> None:
        def work(tx: Transaction) -> None:
            for name, count in ((counters.ENTITIES, _LIVE_ENTITIES), (counters.ASSETS, _LIVE_ASSETS)):
                counters.adjust(tx, name, int(tx.value(count)) - counters.current(tx, name))

        if "counter" in found.counts:
            self._database.write(work)
            found.kept = [
                one.model_copy(update={"repaired": one.code == "counter" or one.repaired}) for one in found.kept
            ]


def _where(row: Any) -> dict[str, str]:
    return {"asset_id": row["asset_id"], "filename": row["filename"], "provider": row["storage_provider"]}


def _check_database(reader: Reader, found: _Findings) -> None:
    for row in reader.all(_INTEGRITY):
        if row[0] != "ok":
            found.add("database", f"SQLite says of the database: {row[0]}")
    for row in reader.all(_REFERENCES):
        found.add("reference", f"Row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there.")
    for name, count in ((counters.ENTITIES, _LIVE_ENTITIES), (counters.ASSETS, _LIVE_ASSETS)):
        counted, said = int(reader.value(count)), counters.current(reader, name)
        if counted != said:
            found.add("counter", f"There are {counted} live {name}, and {said} were counted.")
    for name, statement in _UNSEARCHED.items():
        unsearched = int(reader.value(statement))
        if unsearched:
            found.add("search", f"{unsearched} live {name} can't be found by search.")
