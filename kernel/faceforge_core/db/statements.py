"""Statements of SQLAlchemy Core, compiled once to the text and the bind order that the raw connection takes.

Going through SQLAlchemy's execution layer costs two thirds of a `get`; only its compiler is used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteDialect
from sqlalchemy.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import FromClause
    from sqlalchemy.sql import ClauseElement

_NOTHING = "SELECT 1 WHERE 0"


class _Compiler(SQLiteCompiler):
    """Takes hints for a table, which SQLAlchemy leaves out for SQLite: ``INDEXED BY`` stands where others have them."""

    def get_from_hint_text(self, _table: FromClause, text: str | None) -> str | None:
        return text


class _Dialect(SQLiteDialect):
    statement_compiler = _Compiler
    supports_statement_cache = True


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A compiled statement: its SQL, the names of its ``?`` in order, the values that were given when it was built."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, object]
    lists: frozenset[str]
    expected: int

    def bind(self, params: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        """Return SQL and values for one execution; raises `TypeError` when `params` is not exactly what is missing."""
        if len(params) != self.expected:
            self._refuse(params)
        try:
            if self.lists:
                return self._spread({**self.fixed, **params})
            if self.fixed:
                fixed = self.fixed
                return self.sql, [params[name] if name in params else fixed[name] for name in self.names]
            return self.sql, [params[name] for name in self.names]
        except KeyError:
            self._refuse(params)

    def bind_each(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[Any]]:
        """Yield the values of one execution after the other; raises as `bind`."""
        if self.fixed or len(self.names) < 2:
            for row in rows:
                yield self.bind(row)[1]
            return
        values_of = itemgetter(*self.names)
        for row in rows:
            if len(row) != self.expected:
                self._refuse(row)
            try:
                yield values_of(row)
            except KeyError:
                self._refuse(row)

    def _spread(self, values: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        sql, bound = self.sql, []
        for name in self.names:
            if name in self.lists:
                bound.extend(values[name])
            else:
                bound.append(values[name])
        for name in self.lists:
            sql = sql.replace(f"__[POSTCOMPILE_{name}]", ", ".join("?" * len(values[name])) or _NOTHING)
        return sql, bound

    def _refuse(self, params: Mapping[str, Any]) -> NoReturn:
        wanted = sorted(set(self.names) - set(self.fixed))
        raise TypeError(f"This statement takes {wanted}, and was given {sorted(params)}: {self.sql}")


class Prepared:
    """A statement that is compiled when it is first used, and then kept: a start uses few of those it loads.

    Two threads may compile the same one at first; they come to the same result.
    """

    __slots__ = ("_compiled", "_statement")

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: _Compiled | None = None

    @property
    def sql(self) -> str:
        """The text for SQLite, with ``?`` for parameters. Raises as `bind`."""
        return self._ready().sql

    def bind(self, params: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        """Return SQL and values for one execution.

        Raises `TypeError` when `params` is not exactly what is missing, and for a statement that can't be prepared.
        """
        return (self._compiled or self._ready()).bind(params)

    def bind_each(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[Any]]:
        """Yield the values of one execution per mapping, for a statement without lists; raises as `bind`."""
        return self._ready().bind_each(rows)

    def _ready(self) -> _Compiled:
        if self._compiled is None:
            self._compiled = _compile(self._statement)
        return self._compiled


def prepare(statement: ClauseElement) -> Prepared:
    """Prepare `statement` for SQLite. Do it once, at import or behind a cache: it costs more than most executions.

    Literal values inside are kept, `bindparam("name")`s are given at each call; for an ``IN`` with a `bindparam` of
    ``expanding=True`` any sequence. `with_hint` can name the index of a table. An ``insert(table)`` without `values`
    takes every column. Column defaults of Python are refused: a value that is written stands in the statement or in
    the schema.
    """
    return Prepared(statement)


def _compile(statement: ClauseElement) -> _Compiled:
    compiled = statement.compile(dialect=_Dialect(paramstyle="qmark"))
    if not isinstance(compiled, SQLCompiler):
        raise TypeError(f"{statement!r} is no statement with parameters.")
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise TypeError(f"Give a value for the columns with a default of Python's: {compiled}")
    names = tuple(compiled.positiontup or ())
    binds = {name: compiled.binds[name] for name in names}
    fixed = {name: bind.effective_value for name, bind in binds.items() if not bind.required}
    lists = frozenset(name for name, bind in binds.items() if bind.expanding)
    return _Compiled(str(compiled), names, fixed, lists, len(binds) - len(fixed))
