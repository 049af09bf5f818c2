"""A plugin's own data: its tables, and what it keeps about entities and assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from faceforge_sdk.models import PluginSubject

T = TypeVar("T")


class TableRow(Protocol):
    """A row: ``row["hue"]``, ``row[0]``, ``dict(row)``, ``tuple(row)``."""

    def __getitem__(self, column: str | int, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def keys(self) -> Sequence[str]:
        """The names of the columns, in their order."""
        ...


class TableReader(Protocol):
    """One state of a plugin's tables.

    In every statement ``{prefix}`` stands for the beginning of their names, and ``:name`` for a parameter. All methods
    raise `StatementRefused` for a statement that reaches for other tables, is wrong or takes too long, and `Busy`,
    `StorageUnavailable`, `IntegrityError` and `InvalidInput` (a value that can't be stored) as services do.
    """

    def all(self, sql: str, **params: Any) -> Sequence[TableRow]:
        """Every row."""
        ...

    def one(self, sql: str, **params: Any) -> TableRow | None:
        """The first row, or None."""
        ...

    def value(self, sql: str, **params: Any) -> Any:
        """The first column of the first row, or None."""
        ...


class TableWriter(TableReader, Protocol):
    """A transaction on a plugin's tables, which sees what it has written.

    Raises `Conflict` for a key that is taken, `InvalidInput` for a row that breaks another rule of its table, and
    `InsufficientStorage` too.
    """

    def run(self, sql: str, **params: Any) -> int:
        """Execute; returns how many rows were inserted, changed or deleted. Read what ``RETURNING`` gives by `one`."""
        ...

    def run_many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Execute once for each mapping of parameters; returns how many rows changed in all."""
        ...


class PluginDatabase(Protocol):
    """The tables that the plugin's migrations made, in Core's database. All methods block.

    Of what is not the plugin's, SQL may read the ids of ``entities`` and ``assets`` alone (the trash included), so that
    foreign keys can refer to them.
    """

    @property
    def prefix(self) -> str:
        """What the names of the plugin's tables, indexes, triggers and views begin with, ``p_my_plugin__``."""
        ...

    def read(self) -> AbstractContextManager[TableReader]:
        """Open a snapshot, from any thread: nothing waits for writers, nor they for it. It may be used for 30 s."""
        ...

    def write(self, work: Callable[[TableWriter], T]) -> T:
        """Run `work` in a transaction and return its result once it is safely on disk; what it raises undoes all of it.

        Runs in the caller's thread. Nobody else can write meanwhile, so it has 5 s: then `StatementRefused` is raised
        and nothing of it is kept. Never call a service that writes from `work` (`RuntimeError`). Raises `Busy` where
        the database is locked or too much waits.
        """
        ...


class PluginData(Protocol):
    """JSON objects that the plugin keeps about entities and assets, one for each, of at most 256 KiB.

    They are hidden while their subject lies in the trash, and removed for good with it; changing them tells no event
    and leaves the subject's revision alone. Every method that takes a subject raises `NotFound` for one that is not
    live. All methods block.
    """

    def get(self, kind: PluginSubject, subject_id: str) -> Mapping[str, Any] | None:
        """What is kept about a subject, or None."""
        ...

    def put(self, kind: PluginSubject, subject_id: str, data: Mapping[str, Any]) -> None:
        """Keep `data` in place of what was kept. Raises `InvalidInput` for what is no JSON, `PayloadTooLarge`."""
        ...

    def delete(self, kind: PluginSubject, subject_id: str) -> bool:
        """Keep nothing any more; True if something was kept."""
        ...

    def subjects(self, kind: PluginSubject, after: str = "", limit: int = 200) -> Sequence[str]:
        """The live subjects about which something is kept, by id; go on `after` the last one of the answer before."""
        ...

    def everyones(self, kind: PluginSubject, subject_id: str) -> Mapping[str, Mapping[str, Any]]:
        """What all plugins keep about a subject, by plugin id."""
        ...

    def of_plugin(self, plugin_id: str) -> PluginData:
        """The data of another plugin, which need not be there (any more)."""
        ...
