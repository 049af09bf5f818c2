"""Keeping what was read out of files: their facts, entries of their metadata, and the words they are found by."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from faceforge_core.clock import now
from faceforge_core.db.search_index import ASSET_TEXTS
from faceforge_core.db.search_text import MAX_WORDS_LENGTH, asset_text, storable
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import assets as table
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.models import AssetFacts

from . import metadata, stored_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.protocols import Reading

logger = logging.getLogger(__name__)

_FACTS = tuple(AssetFacts.model_fields)
_THIS = table.c.asset_id == bindparam("id")
_GET = prepare(
    select(
        table.c.filename, table.c.deleted_at, table.c.meta_json, table.c.words_json, *(table.c[name] for name in _FACTS)
    ).where(_THIS)
)
_SET = prepare(
    update(table)
    .where(_THIS)
    .values(
        meta_json=bindparam("meta"),
        words_json=bindparam("words"),
        updated_at=bindparam("now"),
        **{name: bindparam(f"new_{name}") for name in _FACTS},
    )
)


class AssetReadings:
    """Takes down what was read; each call is one transaction, so what others write to the same assets stays."""

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._events = events

    def record(self, readings: Sequence[Reading]) -> Sequence[str]:
        """Keep all of it; returns the ids of those that are still there, live or in the trash.

        What lies in the trash tells no event: its restoration will. Raises `InvalidInput`, with nothing kept, for an
        entry that JSON can't hold.
        """
        for reading in readings:
            _require_storable(reading)

        def work(tx: Transaction) -> Sequence[str]:
            return list(dict.fromkeys(reading.asset_id for reading in readings if self._keep(tx, reading)))

        return self._database.write(work)

    def _keep(self, tx: Transaction, reading: Reading) -> bool:
        row = tx.one(_GET, id=reading.asset_id)
        if row is None:
            return False
        before = AssetFacts.model_construct(**{name: row[name] for name in _FACTS})
        facts = reading.facts.over(before)
        meta_before, words_before = stored_json.load(row["meta_json"]), stored_json.load(row["words_json"])
        meta, words = _with_entries(meta_before, reading), _with_words(words_before, reading.words)
        pairs = {"facts": (before, facts), "meta": (meta_before, meta), "words": (words_before, words)}
        changed = [name for name, (old, new) in pairs.items() if old != new]
        if changed:
            tx.run(
                _SET,
                id=reading.asset_id,
                meta=stored_json.dump(meta) if "meta" in changed else row["meta_json"],
                words=stored_json.dump(words),
                now=now(),
                **{f"new_{name}": value for name, value in facts.model_dump().items()},
            )
        if changed and row["deleted_at"] is None:
            ASSET_TEXTS.change(tx, reading.asset_id, asset_text(row["filename"], words, meta))
            self._events.append(tx, "asset.updated", reading.asset_id, {"changed": changed})
        return True


def _require_storable(reading: Reading) -> None:
    try:
        stored_json.dump([dict(entry) for entry in reading.entries])
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"What was read out of {reading.asset_id[:80]!r} is no JSON: {error}") from error


def _with_entries(meta: Any, reading: Reading) -> Any:
    """`meta` with the entries of a reading, as far as they fit."""
    entries = known = metadata.entries_of(meta)
    for entry in reading.entries:
        candidate = metadata.with_entry(entries, entry)
        if len(stored_json.dump(metadata.with_entries(meta, candidate))) <= metadata.MAX_LENGTH:
            entries = candidate
        else:
            name = f"{entry.get('Source')} {entry.get('Name')}"
            logger.warning("The metadata of asset %s is full: %s was left out.", reading.asset_id, name)
    return meta if entries == known else metadata.with_entries(meta, entries)


def _with_words(words: Mapping[str, Sequence[str]], read: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """`words` with those of the sources that were read again, as much of each as the search looks at."""
    return {
        source: of_it for source, of_it in ({**words} | {name: _bounded(read[name]) for name in read}).items() if of_it
    }


def _bounded(words: Sequence[str]) -> list[str]:
    left, kept = MAX_WORDS_LENGTH, []
    for word in words:
        if left > 0 and word:
            kept.append(storable(word)[:left])
            left -= len(word)
    return kept
