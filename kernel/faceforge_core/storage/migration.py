"""Moving bytes from one provider to another: copied, read back and compared, the row switched, the source removed last.

A crash leaves the bytes where they were, or in both places; never in none. What it left twice, a check finds.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select, update

from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import UNSETTLED
from faceforge_core.db.tables import assets as table
from faceforge_core.storage.copies import copy_in, require_hash
from faceforge_core.storage.providers import FALLBACK
from faceforge_sdk.errors import FaceForgeError, InvalidInput, StorageUnavailable
from faceforge_sdk.models import MigratePlan, MigrateShare
from faceforge_sdk.protocols import UploadFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from faceforge_core.db.engine import Database
    from faceforge_core.storage.providers import ProviderRegistry
    from faceforge_core.storage.staging import Staging
    from faceforge_sdk.locks import KeyLocks
    from faceforge_sdk.models import MigrateRequest
    from faceforge_sdk.protocols import StorageProvider

    Progress = Callable[[float, str | None], None]
    Report = Callable[[str, Mapping[str, Any]], None]

_log = logging.getLogger(__name__)

DISPLACED = "displaced"
"""The state of bytes that are whole, but in the home only because their own place did not take them."""

_PAGE = 100
_FAILURES_IN_A_ROW = 3

_MOVABLE = (table.c.storage_key != "", table.c.bytes_state.in_(["ok", DISPLACED]))
_CONDITIONS = {
    "to": table.c.storage_provider != bindparam("to"),
    "source": table.c.storage_provider == bindparam("source"),
    "kind": table.c.kind == bindparam("kind"),
    "min_bytes": table.c.byte_size >= bindparam("min_bytes"),
    "max_bytes": table.c.byte_size <= bindparam("max_bytes"),
}
_COLUMNS = (
    table.c.asset_id,
    table.c.content_hash,
    table.c.byte_size,
    table.c.storage_provider,
    table.c.storage_key,
    table.c.kind,
    table.c.filename,
    table.c.mime_type,
)
_DISPLACED = (UNSETTLED, table.c.bytes_state == DISPLACED)
_NEXT_DISPLACED = prepare(
    select(*_COLUMNS).where(*_DISPLACED, table.c.asset_id > bindparam("after")).order_by(table.c.asset_id).limit(_PAGE)
)
_COUNT_DISPLACED = prepare(select(func.count()).select_from(table).where(*_DISPLACED))
_SWITCH = prepare(
    update(table)
    .where(
        table.c.asset_id == bindparam("id"),
        table.c.storage_provider == bindparam("old_provider"),
        table.c.storage_key == bindparam("old_key"),
    )
    .values(storage_provider=bindparam("provider"), storage_key=bindparam("key"), bytes_state="ok")
)


@dataclass(frozen=True, slots=True)
class _Move:
    """Where one asset's bytes are to go."""

    row: Any
    to: StorageProvider
    keep_source: bool


class Migration:
    """Moves assets' bytes, live ones and those in the trash. Every asset is under its content's lock meanwhile."""

    def __init__(self, database: Database, registry: ProviderRegistry, staging: Staging, locks: KeyLocks) -> None:
        self._database = database
        self._registry = registry
        self._staging = staging
        self._locks = locks

    def plan(self, request: MigrateRequest) -> MigratePlan:
        """How much would go from where to where. Raises `InvalidInput` for a provider that nobody offers."""
        self._require(request.to)
        given = _given(request)
        statement = (
            select(table.c.storage_provider, func.count().label("assets"), func.sum(table.c.byte_size).label("bytes"))
            .where(*_MOVABLE, *(_CONDITIONS[name] for name in given))
            .group_by(table.c.storage_provider)
            .order_by(table.c.storage_provider)
        )
        with self._database.read() as reader:
            rows = reader.all(prepare(statement), **given)
        shares = [
            MigrateShare(source=row["storage_provider"], to=request.to, assets=row["assets"], total_bytes=row["bytes"])
            for row in rows
        ]
        return MigratePlan(
            shares=shares,
            assets=sum(share.assets for share in shares),
            total_bytes=sum(share.total_bytes for share in shares),
        )

    def run(
        self, request: MigrateRequest, progress: Progress, check_cancelled: Callable[[], None], report: Report
    ) -> Mapping[str, int]:
        """Move all that `plan` counts; see `faceforge_sdk.protocols.Storage.migrate`."""
        to, plan = self._require(request.to), self.plan(request)
        moves = (_Move(row, to, request.keep_source) for row in self._rows(request))
        return self._move_all(moves, plan.assets, progress, check_cancelled, report)

    def waiting(self) -> int:
        """How many assets lie in the home although they belong elsewhere."""
        with self._database.read() as reader:
            return int(reader.value(_COUNT_DISPLACED))

    def settle(self, progress: Progress, check_cancelled: Callable[[], None]) -> Mapping[str, int]:
        """Move them where the rules want them now; those that the rules leave in the home are content there."""
        total = self.waiting()
        moved = self._move_all(self._homeward(), total, progress, check_cancelled, _tell_the_log)
        return {"moved": moved["moved"], "wait": self.waiting()}

    def _require(self, name: str) -> StorageProvider:
        try:
            return self._registry.named(name)
        except StorageUnavailable as error:
            raise InvalidInput(f"No enabled plugin offers the storage provider {name!r}.") from error

    # --- What to move

    def _rows(self, request: MigrateRequest) -> Iterator[Any]:
        given = _given(request)
        statement = prepare(
            select(*_COLUMNS)
            .where(*_MOVABLE, *(_CONDITIONS[name] for name in given), table.c.asset_id > bindparam("after"))
            .order_by(table.c.asset_id)
            .limit(_PAGE)
        )
        after = ""
        while page := self._page(statement, after, **given):
            yield from page
            after = page[-1]["asset_id"]

    def _page(self, statement: Any, after: str, **given: Any) -> Sequence[Any]:
        with self._database.read() as reader:
            return reader.all(statement, after=after, **given)

    def _homeward(self) -> Iterator[_Move]:
        after = ""
        while page := self._page(_NEXT_DISPLACED, after):
            for row in page:
                facts = UploadFacts(row["kind"], row["filename"] or "", row["mime_type"] or "", row["byte_size"])
                choice = self._registry.choice(facts)
                if choice.wanted == FALLBACK:
                    self._switch(row, FALLBACK, row["storage_key"])
                elif choice.provider is not None:
                    yield _Move(row, choice.provider, keep_source=False)
            after = page[-1]["asset_id"]

    # --- Moving

    def _move_all(
        self,
        moves: Iterator[_Move],
        total: int,
        progress: Progress,
        check_cancelled: Callable[[], None],
        report: Report,
    ) -> Counter[str]:
        done, in_a_row = Counter(moved=0, failed=0, bytes=0), 0
        for move in moves:
            check_cancelled()
            try:
                done["bytes"] += self._move(move, check_cancelled)
                done["moved"] += 1
                in_a_row = 0
            except FaceForgeError as error:
                done["failed"] += 1
                in_a_row += 1
                report(f"The file stays where it is: {error}", {"asset_id": move.row["asset_id"]})
                if in_a_row >= _FAILURES_IN_A_ROW and isinstance(error, StorageUnavailable):
                    raise
            seen = done["moved"] + done["failed"]
            progress(100.0 * seen / max(total, seen), f"{seen} of {total} files")
        return done

    def _move(self, move: _Move, check_cancelled: Callable[[], None]) -> int:
        """Move one asset; returns its size. Nobody removes or replaces these bytes meanwhile."""
        row = move.row
        content_hash, size = row["content_hash"], row["byte_size"]
        with self._locks.holding(content_hash):
            source = self._registry.named(row["storage_provider"])
            key = move.to.key_for(content_hash)
            copy_in(
                self._staging,
                source.open(row["storage_key"], 0, size),
                move.to,
                key,
                content_hash=content_hash,
                byte_size=size,
                check_cancelled=check_cancelled,
            )
            require_hash(move.to.open(key, 0, size), content_hash, check_cancelled)
            if self._switch(row, move.to.name, key) and not move.keep_source:
                source.delete(row["storage_key"])
        return int(size)

    def _switch(self, row: Any, provider: str, key: str) -> bool:
        """Point the row to the new place; False if it is gone or elsewhere by now."""
        return bool(
            self._database.write(
                lambda tx: tx.run(
                    _SWITCH,
                    id=row["asset_id"],
                    old_provider=row["storage_provider"],
                    old_key=row["storage_key"],
                    provider=provider,
                    key=key,
                )
            )
        )


def _given(request: MigrateRequest) -> dict[str, Any]:
    said = request.model_dump(include=set(_CONDITIONS))
    return {name: value for name, value in said.items() if value is not None}


def _tell_the_log(sentence: str, about: Mapping[str, Any]) -> None:
    _log.warning("%s (%s)", sentence, about)
