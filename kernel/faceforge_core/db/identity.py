"""Whose database this is: the uuid that also stands in the home's marker file; and by what it counts ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, text

from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import home_identity

if TYPE_CHECKING:
    from faceforge_core.db.engine import Database, Reader, Transaction

_HOME_UUID = "home_uuid"
_TRASH_COUNTS_FROM = "trash_counts_from"
_SEEN_DAYS = "seen_days"
_get = prepare(select(home_identity.c.value).where(home_identity.c.key == bindparam("name")))
_set = prepare(
    text(
        "INSERT INTO home_identity (key, value) VALUES (:name, :value) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    )
)


def home_uuid(database: Database) -> str | None:
    """Return the home's uuid; None in a database that never had one, such as a v0.1.9 one just migrated."""
    with database.read() as reader:
        value = reader.value(_get, name=_HOME_UUID)
    return None if value is None else str(value)


def set_value(tx: Transaction, name: str, value: str) -> None:
    """Keep one value under its name, as a step."""
    tx.run(_set, name=name, value=value)


def set_home_uuid(database: Database, uuid: str) -> None:
    """Tie the database to the home with this uuid."""
    database.write(lambda tx: tx.run(_set, name=_HOME_UUID, value=uuid))


def trash_counts_from(reader: Reader) -> str:
    """Return the moment before which nothing counts as deleted: v0.1.9 never said that its trash would be emptied."""
    return str(reader.value(_get, name=_TRASH_COUNTS_FROM) or "")


def seen_days(reader: Reader) -> str:
    """Return the days that Core ran on, as `seen_days.note` wrote them."""
    return str(reader.value(_get, name=_SEEN_DAYS) or "")


def set_seen_days(tx: Transaction, days: str) -> None:
    """Remember the days that Core ran on."""
    tx.run(_set, name=_SEEN_DAYS, value=days)
