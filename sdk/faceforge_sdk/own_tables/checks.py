"""What has to hold of the schema after a plugin's step: no other names touched, nothing that harms Core later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import StatementRefused

from .guard import PARENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .connection import Connection
    from .guard import Guard


_AT_DELETION = re.compile(r"\bDELETE\s+ON\b", re.IGNORECASE)


class Schema:
    """What the database consists of just now, seen by one plugin; no guard may be set while it is read."""

    def __init__(self, connection: Connection, guard: Guard) -> None:
        self._connection = connection
        self._guard = guard
        rows = [
            tuple(row) for row in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        ]
        self.others = {row for row in rows if not self._is_own(row)}
        self._own = [row for row in rows if self._is_own(row)]

    def _is_own(self, row: Sequence[Any]) -> bool:
        return self._guard.owns(str(row[1])) or (str(row[1]).startswith("sqlite_") and self._guard.owns(str(row[2])))

    def check(self, before: Schema) -> None:
        """Raise `StatementRefused` for what the step may not have done."""
        if changed := {str(row[1]) for row in self.others ^ before.others} - {"sqlite_sequence"}:
            raise StatementRefused(f"It leaves {min(changed)} changed, a name that is not the plugin's.")
        for sentence in (*self._broken_references(), *self._foreign_bodies()):
            raise StatementRefused(sentence)

    def drops(self) -> Sequence[str]:
        """The statements that remove everything of the plugin's."""
        order = ["trigger", "view", "virtual", "table"]
        kinds = {str(row[1]): self._kind(row) for row in self._own if self._kind(row) in order}
        names = sorted(kinds, key=lambda name: (order.index(kinds[name]), name))
        return [
            f'DROP {"TABLE" if kinds[name] == "virtual" else kinds[name].upper()} IF EXISTS "{name}"' for name in names
        ]

    def _kind(self, row: Sequence[Any]) -> str:
        virtual = row[0] == "table" and str(row[3]).upper().startswith("CREATE VIRTUAL")
        return "virtual" if virtual else str(row[0])

    def _tables(self) -> Sequence[str]:
        return [str(row[1]) for row in self._own if self._kind(row) == "table"]

    # --- References

    def _broken_references(self) -> Iterator[str]:
        """A purge of Core's must come through: whatever goes with an entity or asset goes without a question."""
        keys = {table.lower(): self._foreign_keys(table) for table in self._tables()}
        for table, found in keys.items():
            for key in found:
                yield from self._of_parent(table, key)
        going = _reached(keys)
        for table in sorted(going & keys.keys()):
            yield from self._of_going(table, [key for key in keys[table] if str(key["table"]).lower() in going])

    def _of_parent(self, table: str, key: Mapping[str, Any]) -> Iterator[str]:
        parent = str(key["table"])
        if self._guard.owns(parent):
            return
        if (
            parent.lower() not in PARENTS
            or str(key["to"] or PARENTS[parent.lower()]).lower() != PARENTS[parent.lower()]
        ):
            allowed = " and ".join(f"{name} ({parent_id})" for name, parent_id in PARENTS.items())
            yield f"{table} refers to {parent}; of Core's tables only {allowed} may be referred to."

    def _of_going(self, table: str, keys: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        for key in keys:
            if key["on_delete"] != "CASCADE":
                yield (
                    f"{table} ({key['from']}) goes with what it refers to in {key['table']}: say ON DELETE CASCADE, or "
                    "an entity or asset could not be purged."
                )
            if key["seq"] == 0 and not self._has_index(table, str(key["from"])):
                yield f"{table} has no index that begins with {key['from']}: every purge would read the whole table."
        for row in self._own:
            if row[0] == "trigger" and str(row[2]).lower() == table and _AT_DELETION.search(str(row[3])):
                yield f"The trigger {row[1]} could keep Core from purging what {table} refers to: leave it out."

    def _foreign_keys(self, table: str) -> Sequence[Mapping[str, Any]]:
        return self._connection.execute(f'PRAGMA foreign_key_list("{table}")').fetchall()

    def _has_index(self, table: str, column: str) -> bool:
        """A full one, an index of SQLite's own or the primary key included."""
        for index in self._connection.execute(f'PRAGMA index_list("{table}")').fetchall():
            columns = self._connection.execute(f'PRAGMA index_info("{index["name"]}")').fetchall()
            if not index["partial"] and columns and str(columns[0]["name"]).lower() == column.lower():
                return True
        info = self._connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        return any(row["pk"] == 1 and str(row["name"]).lower() == column.lower() for row in info)

    # --- Views and triggers, which SQLite looks into only when they are used

    def _foreign_bodies(self) -> Iterator[str]:
        triggered = {str(row[2]) for row in self._own if row[0] == "trigger"}
        views = {str(row[1]) for row in self._own if row[0] == "view"}
        for name in sorted(views):
            yield from self._tried(name, f'SELECT * FROM "{name}"')  # noqa: S608  # a name out of the schema
        for name in sorted(triggered):
            columns = self._connection.execute(f'PRAGMA table_info("{name}")').fetchall()
            changes = ", ".join(f'"{column["name"]}" = NULL' for column in columns)
            yield from self._tried(name, f'DELETE FROM "{name}"')  # noqa: S608  # a name, as above
            yield from self._tried(name, f'UPDATE "{name}" SET {changes}')  # noqa: S608  # a name, as above
            yield from self._tried(name, f'INSERT INTO "{name}" DEFAULT VALUES')

    def _tried(self, name: str, sql: str) -> Iterator[str]:
        self._guard.begin(sql)
        self._guard.watch(self._connection)
        try:
            self._connection.execute(f"EXPLAIN {sql}").fetchall()
        except Exception as error:  # noqa: BLE001  # of whichever SQLite library; all of it becomes the sentence
            # A view that takes no change has no trigger for it either.
            if self._guard.refusal is not None or sql.startswith("SELECT") or "cannot modify" not in str(error):
                yield f"What stands in {name} or its triggers can't be used: {self._guard.refusal or error}."
        finally:
            self._guard.leave(self._connection)


def _reached(keys: Mapping[str, Sequence[Mapping[str, Any]]]) -> set[str]:
    """Core's parents, and every table whose rows go when one of theirs does."""
    going, before = set(PARENTS), 0
    while len(going) > before:
        before = len(going)
        going |= {table for table, found in keys.items() if any(str(key["table"]).lower() in going for key in found)}
    return going
