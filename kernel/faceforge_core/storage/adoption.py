"""Taking over the files of v0.1.9: each is hashed once, gets bytes of its own where it shared them, or is flagged."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, select, update

from faceforge_core.catalog import stored_json
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import UNSETTLED
from faceforge_core.db.tables import assets as table
from faceforge_core.storage.copies import copy_in, require_hash
from faceforge_core.storage.providers import FALLBACK
from faceforge_sdk.errors import FaceForgeError, InsufficientStorage, IntegrityError, StorageUnavailable
from faceforge_sdk.files import FileReader, flush

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.events import EventLog
    from faceforge_core.storage.providers import ProviderRegistry
    from faceforge_core.storage.staging import Staging
    from faceforge_sdk.protocols import ByteReader, StorageProvider

_log = logging.getLogger(__name__)

_PAGE = 50
_WAITING = ("unchecked", "shared", "external")

_DUE = and_(UNSETTLED, table.c.bytes_state.in_([*_WAITING, "missing"]))
_COUNT = prepare(select(func.count()).select_from(table).where(_DUE))
_ANY_WAITING = prepare(select(table.c.asset_id).where(UNSETTLED, table.c.bytes_state.in_(_WAITING)).limit(1))
_NEXT = prepare(
    select(
        table.c.asset_id,
        table.c.content_hash,
        table.c.byte_size,
        table.c.storage_provider,
        table.c.storage_key,
        table.c.meta_json,
        table.c.bytes_state,
        table.c.kind,
        table.c.mime_type,
        table.c.deleted_at,
    )
    .where(_DUE, table.c.asset_id > bindparam("after"))
    .order_by(table.c.asset_id)
    .limit(_PAGE)
)
_SETTLE = prepare(
    update(table)
    .where(table.c.asset_id == bindparam("id"), table.c.bytes_state == bindparam("before"))
    .values(bytes_state=bindparam("state"), storage_provider=bindparam("provider"), storage_key=bindparam("key"))
)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What became of one row."""

    row: Any
    state: str
    provider: str
    key: str
    copied: bool = False


class Adoption:
    """Works through the rows whose bytes nobody has verified yet, in the order of their ids.

    Afterwards a row is ``ok``, ``missing``, ``altered`` (other bytes than its id says: v0.1.9 shared them with the
    user's file, and that was edited), or still ``shared`` or ``external`` where there was no space for a copy. All of
    them stay served as they are. Trashed rows are worked through too. A live row that becomes ``ok`` is told as
    ``asset.stored``: that is when its bytes are ours, and when plugins may look at them.
    """

    def __init__(self, database: Database, events: EventLog, registry: ProviderRegistry, staging: Staging) -> None:
        self._database = database
        self._events = events
        self._registry = registry
        self._staging = staging

    def waiting(self) -> bool:
        """Whether any row waits."""
        with self._database.read() as reader:
            return reader.one(_ANY_WAITING) is not None

    def run(self, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]) -> dict[str, int]:
        """Do all that wait; what is done is recorded every fifty files, so a second run goes on where this one ended.

        Returns how many files are now in which state, and how many were ``copied``. Raises what `check_cancelled`
        raises, between two megabytes.
        """
        with self._database.read() as reader:
            total = int(reader.value(_COUNT))
        summary = dict.fromkeys(("ok", "copied", "missing", "altered", "shared", "external", "unchecked"), 0)
        for page in self._pages():
            verdicts: list[_Verdict] = []
            try:
                verdicts.extend(self._judge(row, check_cancelled) for row in page)
            finally:
                self._record(verdicts)
            for verdict in verdicts:
                summary[verdict.state] += 1
                summary["copied"] += verdict.copied
            done = sum(summary.values()) - summary["copied"]
            progress(100.0 * done / total, f"{done} of {total} files")
        return summary

    def _pages(self) -> Iterator[list[Any]]:
        after = ""
        while True:
            with self._database.read() as reader:
                page = reader.all(_NEXT, after=after)
            if not page:
                return
            after = page[-1]["asset_id"]
            yield page

    def _record(self, verdicts: list[_Verdict]) -> None:
        changed = [verdict for verdict in verdicts if verdict.state != verdict.row["bytes_state"]]
        if not changed:
            return

        def work(tx: Transaction) -> None:
            for verdict in changed:
                row = verdict.row
                settled = tx.run(
                    _SETTLE,
                    id=row["asset_id"],
                    before=row["bytes_state"],
                    state=verdict.state,
                    provider=verdict.provider,
                    key=verdict.key,
                )
                if settled and verdict.state == "ok" and row["deleted_at"] is None:
                    told = {"mime_type": row["mime_type"], "kind": row["kind"]}
                    self._events.append(tx, "asset.stored", row["asset_id"], told)

        self._database.write(work)

    def _judge(self, row: Any, check_cancelled: Callable[[], None]) -> _Verdict:
        state, key, copied = row["bytes_state"], row["storage_key"], False
        provider = row["storage_provider"]
        try:
            if key:
                state, copied = self._verify(row, check_cancelled)
            else:
                provider, key, state = self._take_in(row, check_cancelled)
                copied = state == "ok"
        except InsufficientStorage as error:
            _log.warning("The file %s keeps sharing its bytes for now: %s", row["asset_id"], error)
            state = state if state != "unchecked" else "shared"
        except IntegrityError as error:
            _log.warning("The file %s is not whole: %s", row["asset_id"], error)
            reason = error.details.get("reason") if isinstance(error.details, dict) else None
            state = "altered" if reason in {"size", "hash"} else "missing"
        except FaceForgeError as error:
            _log.warning("The file %s can't be verified now: %s", row["asset_id"], error)
        if state != "ok":
            provider, key = row["storage_provider"], row["storage_key"]
        return _Verdict(row, state, provider, key, copied)

    def _verify(self, row: Any, check_cancelled: Callable[[], None]) -> tuple[str, bool]:
        """A row with a key: hash its bytes, and copy them first where they are shared."""
        provider, key = self._registry.named(row["storage_provider"]), row["storage_key"]
        _require_size(provider.stat(key), row)
        path = provider.local_path(key)
        shared = path is not None and (path.is_symlink() or path.stat().st_nlink > 1)
        source = provider.open(key, 0, row["byte_size"])
        if shared:
            self._copy_in(source, provider, key, row, check_cancelled)
            return "ok", True
        require_hash(source, row["content_hash"], check_cancelled)
        if path is not None:
            _make_durable(path)
        return "ok", False

    def _take_in(self, row: Any, check_cancelled: Callable[[], None]) -> tuple[str, str, str]:
        """A row that points to the user's own file: copy it into the home."""
        meta = stored_json.load(row["meta_json"])
        source = meta.get("source") if isinstance(meta, dict) else None
        path = source.get("path") if isinstance(source, dict) else None
        if not isinstance(path, str) or not path or "\0" in path:
            raise IntegrityError("The row names no place for the bytes.", details={"reason": "missing"})
        provider = self._registry.named(FALLBACK)
        key = provider.key_for(row["content_hash"])
        reader = FileReader(Path(path), 0, row["byte_size"])
        self._copy_in(reader, provider, key, row, check_cancelled)
        return provider.name, key, "ok"

    def _copy_in(
        self, source: ByteReader, provider: StorageProvider, key: str, row: Any, check_cancelled: Callable[[], None]
    ) -> None:
        copy_in(
            self._staging,
            source,
            provider,
            key,
            content_hash=row["content_hash"],
            byte_size=row["byte_size"],
            check_cancelled=check_cancelled,
        )


def _require_size(found: int | None, row: Any) -> None:
    if found is None:
        raise IntegrityError("The bytes are missing.", details={"reason": "missing"})
    if found != row["byte_size"]:
        raise IntegrityError(f"{found} bytes instead of {row['byte_size']}.", details={"reason": "size"})


def _make_durable(path: Path) -> None:
    """v0.1.9 left its files readable for everybody, and perhaps not yet on the disk."""
    if os.name != "posix":
        return
    try:
        path.chmod(0o600)
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise StorageUnavailable(f"{path} can't be made private: {error.strerror}") from error
    try:
        flush(descriptor)
    finally:
        os.close(descriptor)
