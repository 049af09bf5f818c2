"""What is remembered of plugins in `plugin_registry`: the wish, the configuration, the consent to run code."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from faceforge_core import clock
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import plugin_registry as table
from faceforge_core.plugins.configuration import texts_at
from faceforge_sdk.errors import FaceForgeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from sqlite3 import Row

    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.plugins.discovery import Found

logger = logging.getLogger(__name__)

_ALL = prepare(select(table).where(table.c.deleted_at.is_(None)))
_INSERT = prepare(insert(table))
_VALUES = ("enabled", "version", "config_json", "code_consent", "source", "secrets_json")
_TIMES = ("updated_at", "deleted_at")
_UPDATE = prepare(
    update(table)
    .where(table.c.plugin_id == bindparam("id"))
    .values({name: bindparam(name) for name in (*_VALUES, *_TIMES)})
)

_DELETE = prepare(delete(table).where(table.c.plugin_id == bindparam("id")))


@dataclass(frozen=True, slots=True)
class Record:
    """`enabled` is the user's wish; `code_consent` whether they gave it to code, and not only to a manifest."""

    plugin_id: str
    source: str
    enabled: bool
    version: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    code_consent: bool = False
    secrets: tuple[tuple[str | int, ...], ...] = ()
    """Where in `config` secrets stand, kept because the schema goes with the plugin."""


class Records:
    """The remembered plugins, all in memory; every change is durable before it is seen."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        with database.read() as reader:
            rows = reader.all(_ALL)
        self._know({row["plugin_id"]: _record(row) for row in rows})

    def known(self) -> dict[str, Record]:
        """All that are known, in no particular order."""
        return dict(self._known)

    def secrets(self) -> tuple[str, ...]:
        """The texts that plugins' configurations hold as secrets, which must appear in no log and no answer."""
        return self._secrets

    def of(self, found: Found) -> Record:
        """What is remembered of it; a built-in starts enabled, everything else disabled."""
        builtin = found.source == "builtin"
        unknown = Record(found.plugin_id, found.source, builtin, found.manifest.version, code_consent=builtin)
        known = self._known.get(found.plugin_id, unknown)
        # A folder of v0.1.9 may have borne the name that is a built-in's now.
        return unknown if builtin and known.source != "builtin" else known

    def remember(self, found: Iterable[Found]) -> None:
        """Note what was discovered for the first time, built-ins apart; a database that is busy delays that."""
        new = [self.of(one) for one in found if one.source != "builtin" and one.plugin_id not in self._known]
        try:
            for record in new:
                self._keep(record, only_if_new=True)
        except FaceForgeError as exc:
            logger.warning("New plugins could not be noted yet: %s", exc)

    def wish(self, found: Found, *, enabled: bool) -> Record:
        """Keep the user's wish. Enabling something that has code is the consent to run it."""
        consent = enabled and (found.entry_point is not None or found.source == "builtin")
        return self._keep(
            replace(self.of(found), enabled=enabled, version=found.manifest.version, code_consent=consent)
        )

    def replaced(self, found: Found) -> Record:
        """Note what a plugin that was put in another's place says of itself; wish and consent stay."""
        return self._keep(replace(self.of(found), version=found.manifest.version, source=found.source))

    def configure(self, found: Found, config: Mapping[str, Any], secrets: Iterable[tuple[str | int, ...]]) -> Record:
        """Keep the configuration, and where its secrets stand."""
        return self._keep(replace(self.of(found), config=config, secrets=tuple(secrets)))

    def forget(self, plugin_id: str) -> None:
        """Remember nothing of a plugin any more; one that is still there is new at the next look."""
        with self._lock:
            self._database.write(lambda tx: tx.run(_DELETE, id=plugin_id))
            self._know({known: record for known, record in self._known.items() if known != plugin_id})

    def _keep(self, record: Record, *, only_if_new: bool = False) -> Record:
        now = clock.now()
        values: dict[str, Any] = {
            "enabled": int(record.enabled),
            "version": record.version,
            "config_json": json.dumps(record.config, ensure_ascii=False),
            "updated_at": now,
            "deleted_at": None,
            "code_consent": int(record.code_consent),
            "source": record.source,
            "secrets_json": json.dumps(record.secrets, ensure_ascii=False),
        }

        def store(tx: Transaction) -> None:
            if not tx.run(_UPDATE, id=record.plugin_id, **values):
                tx.run(_INSERT, plugin_id=record.plugin_id, discovered_at=now, **values)

        with self._lock:
            if only_if_new and record.plugin_id in self._known:
                return self._known[record.plugin_id]
            self._database.write(store)
            self._know({**self._known, record.plugin_id: record})
        return record

    def _know(self, records: dict[str, Record]) -> None:
        self._known = records
        self._secrets = tuple({text for record in records.values() for text in texts_at(record.secrets, record.config)})


def _record(row: Row) -> Record:
    try:
        config = json.loads(row["config_json"] or "{}")
    except ValueError:
        logger.warning("The stored configuration of the plugin %s is no JSON and is left out.", row["plugin_id"])
        config = {}
    return Record(
        row["plugin_id"],
        row["source"] or "folder",
        bool(row["enabled"]),
        row["version"],
        config if isinstance(config, dict) else {},
        bool(row["code_consent"]),
        tuple(tuple(path) for path in json.loads(row["secrets_json"] or "[]")),
    )
