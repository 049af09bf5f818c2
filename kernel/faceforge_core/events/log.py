"""The events table: appended to in the transaction of a change, read in the order of commits, kept for seven days."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select

from faceforge_core.clock import now
from faceforge_core.db import seen_days
from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import events
from faceforge_sdk.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_sdk.events import EventType

KEPT_DAYS = 7
PAGE = 100
EVERYTHING = ("*",)
_PRUNE_BATCH = 500

# An encoder is made anew by each `json.dumps` with settings.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

_APPEND = prepare(
    insert(events).values(
        type=bindparam("type"), subject=bindparam("subject"), at=bindparam("at"), payload_json=bindparam("payload")
    )
)
_LAST = prepare(select(func.coalesce(func.max(events.c.event_seq), 0)))
_OLDEST = prepare(select(events.c.event_seq, events.c.at).order_by(events.c.event_seq).limit(_PRUNE_BATCH))
_PRUNE = prepare(delete(events).where(events.c.event_seq <= bindparam("last")))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the stream: what was asked for in it, where it ends, and whether there is more behind that.

    `end` moves on although nothing in the piece was asked for: who goes on from there looks at no event twice.
    """

    events: Sequence[Event]
    end: int
    more: bool


class EventLog:
    """The stream of events, in the order in which their transactions committed.

    They are kept for seven days, and the latest one for ever: by its number a reader sees how much it has missed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: tuple[Callable[[str], None], ...] = ()
        self._teller = cache(lambda event_type: partial(self._tell, event_type))
        """The same for each event of a type: of a thousand in one transaction it is told once."""

    def append(self, tx: Transaction, event_type: EventType, subject: str, payload: Mapping[str, Any]) -> None:
        """Tell of a change in the change's own transaction: the event exists exactly if the change does."""
        tx.run(
            _APPEND,
            type=event_type,
            subject=subject,
            at=now(),
            payload=_encode(payload),
        )
        tx.after_commit(self._teller(event_type))

    def append_many(
        self, tx: Transaction, event_type: EventType, told: Iterable[tuple[str, Mapping[str, Any]]]
    ) -> None:
        """Tell of many changes of one kind, each by its subject and payload."""
        moment = now()
        tx.run_many(
            _APPEND,
            [
                {"type": event_type, "subject": subject, "at": moment, "payload": _encode(payload)}
                for subject, payload in told
            ],
        )
        tx.after_commit(self._teller(event_type))

    def after(
        self, reader: Reader, seq: int, patterns: Sequence[str] = EVERYTHING, limit: int = PAGE
    ) -> Sequence[Event]:
        """The events behind number `seq`, oldest first, that one of `patterns` means (see `faceforge_sdk.events`)."""
        ranges = _ranges(patterns)
        if not ranges:
            return []
        firsts = {f"first_{at}": first for at, (first, _) in enumerate(ranges)}
        ends = {f"end_{at}": end for at, (_, end) in enumerate(ranges)}
        rows = reader.all(_after(len(ranges)), after=seq, limit=limit, **firsts, **ends)
        return [_event(row) for row in rows]

    def stretch(self, reader: Reader, seq: int, patterns: Sequence[str], limit: int = PAGE) -> Stretch:
        """The piece of the stream behind number `seq` that holds up to `limit` events of these patterns."""
        found = self.after(reader, seq, patterns, limit)
        if len(found) == limit:
            return Stretch(found, found[-1].seq, more=True)
        return Stretch(found, max(seq, self.last(reader)), more=False)

    def last(self, reader: Reader) -> int:
        """The number of the latest event; 0 if there never was one."""
        return int(reader.value(_LAST))

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call `listener` after a commit with each type of its events, on the writer's thread: it must be quick."""
        self._listeners = (*self._listeners, listener)

    def prune(self) -> int:
        """Remove what is older than seven days, in short transactions; returns how many."""
        with self._database.read() as reader:
            oldest_kept = seen_days.days_ago(reader, KEPT_DAYS)
        removed = 0
        while True:
            with self._database.read() as reader:
                last = self.last(reader)
                old = [row["event_seq"] for row in reader.all(_OLDEST) if row["at"] < oldest_kept]
            page = [seq for seq in old if seq < last]
            if not page:
                return removed
            removed += self._database.write(partial(_prune, last=page[-1]))

    def _tell(self, event_type: str) -> None:
        for listener in self._listeners:
            listener(event_type)


@cache
def _after(ranges: int) -> Prepared:
    """The statement for so many ranges of types. It walks the stream from a place on, so that order costs nothing."""
    of_types = [
        and_(events.c.type >= bindparam(f"first_{at}"), events.c.type < bindparam(f"end_{at}")) for at in range(ranges)
    ]
    return prepare(
        select(events)
        .where(events.c.event_seq > bindparam("after"), or_(*of_types))
        .order_by(events.c.event_seq)
        .limit(bindparam("limit"))
    )


def _ranges(patterns: Iterable[str]) -> list[tuple[str, str]]:
    """The types that `patterns` mean, each as first and end of a range of texts."""
    wanted = dict.fromkeys(patterns)
    return [("", "\U0010ffff")] if "*" in wanted else [_range(pattern) for pattern in wanted]


def _range(pattern: str) -> tuple[str, str]:
    return (pattern[:-1], pattern[:-2] + "/") if pattern.endswith(".*") else (pattern, pattern + "\0")


def _prune(tx: Transaction, last: int) -> int:
    return tx.run(_PRUNE, last=last)


def _event(row: Any) -> Event:
    return Event(row["event_seq"], row["type"], row["subject"] or "", row["at"], json.loads(row["payload_json"]))
