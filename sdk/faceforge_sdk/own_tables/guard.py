"""SQLite's authorizer for one plugin: asked about everything a statement would do, while it is prepared."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .connection import Connection

Rights = Literal["read", "write", "define"]

PARENTS = {"entities": "entity_id", "assets": "asset_id"}
"""The only columns of Core's that a plugin's SQL may read: foreign keys look there."""

_OK, _DENY = 0, 1


class Action(IntEnum):
    """https://sqlite.org/c3ref/c_alter_table.html"""

    CREATE_INDEX = 1
    CREATE_TABLE = 2
    CREATE_TEMP_INDEX = 3
    CREATE_TEMP_TABLE = 4
    CREATE_TEMP_TRIGGER = 5
    CREATE_TEMP_VIEW = 6
    CREATE_TRIGGER = 7
    CREATE_VIEW = 8
    DELETE = 9
    DROP_INDEX = 10
    DROP_TABLE = 11
    DROP_TEMP_INDEX = 12
    DROP_TEMP_TABLE = 13
    DROP_TEMP_TRIGGER = 14
    DROP_TEMP_VIEW = 15
    DROP_TRIGGER = 16
    DROP_VIEW = 17
    INSERT = 18
    PRAGMA = 19
    READ = 20
    SELECT = 21
    TRANSACTION = 22
    UPDATE = 23
    ATTACH = 24
    DETACH = 25
    ALTER_TABLE = 26
    REINDEX = 27
    ANALYZE = 28
    CREATE_VTABLE = 29
    DROP_VTABLE = 30
    FUNCTION = 31
    SAVEPOINT = 32
    RECURSIVE = 33


_WRITES: Mapping[int, str] = {Action.INSERT: "write to", Action.UPDATE: "change", Action.DELETE: "delete from"}
_DEFINES: Mapping[int, str] = {
    Action.CREATE_INDEX: "create the index",
    Action.CREATE_TABLE: "create the table",
    Action.CREATE_TRIGGER: "create the trigger",
    Action.CREATE_VIEW: "create the view",
    Action.CREATE_VTABLE: "create the table",
    Action.DROP_INDEX: "drop the index",
    Action.DROP_TABLE: "drop the table",
    Action.DROP_TRIGGER: "drop the trigger",
    Action.DROP_VIEW: "drop the view",
    Action.DROP_VTABLE: "drop the table",
    Action.REINDEX: "rebuild the index",
}
_ON_A_TABLE = {Action.CREATE_INDEX, Action.DROP_INDEX, Action.CREATE_TRIGGER, Action.DROP_TRIGGER}
_NEVER: Mapping[int, str] = {
    Action.TRANSACTION: "begin or end a transaction, which is Core's own business",
    Action.SAVEPOINT: "set or leave a savepoint, which is Core's own business",
    Action.ATTACH: "open another database (ATTACH, VACUUM)",
    Action.DETACH: "close a database (DETACH)",
    Action.ANALYZE: "gather statistics (ANALYZE), which change how Core's own queries run",
}
_TEMPORARY = "use a temporary name, which every user of the connection would see:"
_DEFINING = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:CREATE|ALTER|DROP|REINDEX)\b", re.IGNORECASE | re.DOTALL)
_COMMON_TABLE = re.compile(r"\"?(\w+)\"?\s*(?:\([^()]*\)\s*)?AS\s*(?:(?:NOT\s+)?MATERIALIZED\s*)?\(", re.IGNORECASE)
_SYSTEM = re.compile(r"sqlite_(?:temp_)?(?:master|schema|sequence|stat\d)", re.IGNORECASE)
_SCHEMA = frozenset({"sqlite_master", "sqlite_schema"})
_TABLE_FUNCTIONS = frozenset({"json_each", "json_tree"})
_MODULES = frozenset({"fts5", "rtree"})
_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "edit", "readfile", "writefile"})
_PRAGMAS = frozenset({"table_info", "table_xinfo", "index_list", "index_info", "index_xinfo", "foreign_key_list"})
_INSIDE = frozenset({"data_version"})  # what FTS5 asks by itself


class Guard:
    """Lets statements touch names that begin with `prefix`, and says in `refusal` what else one would have done.

    With ``read`` a statement may only look, with ``write`` also change rows, with ``define`` also make and drop tables.
    It belongs to one connection at a time. Where it is set all statements of the connection are prepared again, so
    that none comes past it that somebody else prepared.
    """

    def __init__(self, prefix: str, rights: Rights) -> None:
        self.refusal: str | None = None
        self._prefix = prefix
        self._rights = rights
        self._defining = False
        self._common: frozenset[str] = frozenset()

    def watch(self, connection: Connection) -> None:
        """Have it asked, until `leave`."""
        connection.set_authorizer(self)

    def leave(self, connection: Connection) -> None:
        """Let the connection do everything again."""
        connection.set_authorizer(None)

    def begin(self, sql: str) -> None:
        """Look at the statement that comes next."""
        self.refusal = None
        self._defining = self._rights == "define" and _DEFINING.match(sql) is not None
        self._common = frozenset(name.lower() for name in _COMMON_TABLE.findall(sql))

    def owns(self, name: str) -> bool:
        """Whether a name is the plugin's, as SQLite compares names."""
        beginning = name[: len(self._prefix)]
        return beginning.isascii() and beginning.lower() == self._prefix

    def __call__(
        self, code: int, first: str | None, second: str | None, database: str | None, _inside: str | None
    ) -> int:
        problem = self._problem(code, first or "", second or "", database)
        if problem is None:
            return _OK
        self.refusal = self.refusal or f"it would {problem}"
        return _DENY

    def _problem(self, code: int, first: str, second: str, database: str | None) -> str | None:
        if code in _WRITES:
            return self._writing(_WRITES[code], first, second, database)
        if code in _DEFINES:
            return self._definition(code, first, second)
        rules: Mapping[int, tuple[bool, str]] = {
            Action.SELECT: (True, ""),
            Action.RECURSIVE: (True, ""),
            Action.READ: (self._may_read(first, second, database), f"read the table {first}"),
            Action.ALTER_TABLE: (self._defining and self.owns(second), f"alter the table {second}"),
            Action.FUNCTION: (second.lower() not in _FUNCTIONS, f"call {second}"),
            Action.PRAGMA: (self._may_ask(first.lower(), second), f"use PRAGMA {first}"),
        }
        allowed, told = rules.get(code, (False, _NEVER.get(code, f"{_TEMPORARY} {first}")))
        return None if allowed else told

    def _may_read(self, table: str, column: str, database: str | None) -> bool:
        name = table.lower()
        if self.owns(table) or name in _TABLE_FUNCTIONS or PARENTS.get(name) == column.lower():
            return True
        if name in _SCHEMA and column == "ROWID":  # read whenever a table-valued function is looked up
            return True
        if _SYSTEM.fullmatch(name):
            return self._defining
        if name.startswith("pragma_"):
            return name.removeprefix("pragma_") in _PRAGMAS
        # What a WITH of the statement names is no table, and SQLite does not say so.
        return not column and database is None and name in self._common

    def _writing(self, verb: str, table: str, column: str, database: str | None) -> str | None:
        name = table.lower()
        if name in _SCHEMA and database != "temp":  # SQLite's own doing: it refuses statements that say so
            return None
        if name.startswith("sqlite_temp_") and not self._defining:
            return _TEMPORARY.rstrip(":")
        if _SYSTEM.fullmatch(name):
            return None if self._defining else f"{verb} the table {table}"
        if not self.owns(table):
            return f"{verb} the table {table}" + (f" ({column})" if column else "")
        return f"{verb} the table {table} where it may only read" if self._rights == "read" else None

    def _definition(self, action: int, first: str, second: str) -> str | None:
        told = f"{_DEFINES[action]} {first}"
        if first.startswith("sqlite_stat"):
            return _NEVER[Action.ANALYZE]
        if not self._defining:
            return f"{told}: tables are made by migrations"
        if action == Action.CREATE_TABLE and _SYSTEM.fullmatch(first):
            return None
        if action == Action.CREATE_VTABLE and second.lower() not in _MODULES:
            return f"{told} with {second}; {' and '.join(sorted(_MODULES))} are there for plugins"
        if action in _ON_A_TABLE and not self.owns(second):
            return f"{told} on {second}"
        return None if self.owns(first.removeprefix("sqlite_autoindex_")) else told

    def _may_ask(self, pragma: str, argument: str) -> bool:
        return pragma in _INSIDE or (pragma in _PRAGMAS and self.owns(argument))
