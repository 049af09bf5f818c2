"""The engine: one writer with group commit, readers beside it, and what happens when file or disk fail."""

from __future__ import annotations

import os
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import bindparam, func, insert, select, text

from faceforge_core.db import engine, sqlite
from faceforge_core.db.driver import SAFE_VERSION, sqlite3, sqlite_warning
from faceforge_core.db.engine import Database, Transaction
from faceforge_core.db.migrate import migrate
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import home_identity
from faceforge_core.testing import wait_for
from faceforge_sdk.errors import Busy, Conflict, InsufficientStorage, InvalidInput, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

ADD = prepare(insert(home_identity))
VALUE = prepare(select(home_identity.c.value).where(home_identity.c.key == bindparam("name")))
COUNT = prepare(select(func.count()).select_from(home_identity).where(home_identity.c.key.like("k%")))


def adding(key: str, value: str = "v") -> Callable[[Transaction], int]:
    return lambda tx: tx.run(ADD, key=key, value=value)


def stored(database: Database) -> int:
    with database.read() as reader:
        return int(reader.value(COUNT))


@pytest.fixture
def blocked_writer(database: Database) -> Iterator[Callable[[], None]]:
    """The writer is in the middle of someone's work until the fixture's value is called."""
    inside, released = threading.Event(), threading.Event()

    def hold(_tx: Transaction) -> None:
        inside.set()
        released.wait(120)

    held = database.submit(hold)
    inside.wait(60)
    yield released.set
    released.set()
    held.result(60)


def test_a_write_is_read_back_by_everyone_once_it_returns(database: Database) -> None:
    assert database.write(adding("k1", "one")) == 1
    with database.read() as reader:
        row = reader.one(VALUE, name="k1")
        assert row is not None
        assert row["value"] == "one"
        assert reader.value(VALUE, name="nobody") is None
        assert [tuple(row) for row in reader.each(VALUE, name="k1")] == [("one",)]


def test_a_reader_keeps_its_snapshot_while_others_write(database: Database) -> None:
    with database.read() as reader:
        assert reader.value(COUNT) == 0
        database.write(adding("k1"))
        assert reader.value(COUNT) == 0
    assert stored(database) == 1


def test_a_reader_cannot_write(database: Database) -> None:
    with database.read() as reader, pytest.raises(StorageUnavailable):
        reader.one(prepare(text("INSERT INTO home_identity VALUES ('a', 'b') RETURNING key")))


def test_work_that_raises_is_undone_alone_and_only_its_caller_hears_of_it(
    database: Database, blocked_writer: Callable[[], None]
) -> None:
    def failing(tx: Transaction) -> None:
        tx.run(ADD, key="k-bad", value="v")
        raise LookupError("mine")

    before = database.generation
    good = [database.submit(adding(f"k{number}")) for number in range(5)]
    bad = database.submit(failing)
    twice = database.submit(adding("k0"))
    more = [database.submit(adding(f"k{number}")) for number in range(5, 10)]
    blocked_writer()
    assert [answer.result(60) for answer in good + more] == [1] * 10
    with pytest.raises(LookupError, match="mine"):
        bad.result(60)
    with pytest.raises(Conflict):
        twice.result(60)
    assert stored(database) == 10
    assert database.generation - before <= 2, "what waited together is committed together"


def test_callbacks_run_in_order_after_the_commit_and_never_for_undone_work(database: Database) -> None:
    seen: list[tuple[str, int]] = []

    def noting(key: str, *, fail: bool = False) -> Callable[[Transaction], None]:
        def work(tx: Transaction) -> None:
            tx.run(ADD, key=key, value="v")
            tx.after_commit(lambda: seen.append((f"{key} first", stored(database))))
            tx.after_commit(lambda: seen.append((f"{key} second", stored(database))))
            if fail:
                raise ValueError(key)

        return work

    database.write(noting("k1"))
    with pytest.raises(ValueError, match="k2"):
        database.write(noting("k2", fail=True))
    database.write(noting("k3"))
    assert seen == [("k1 first", 1), ("k1 second", 1), ("k3 first", 2), ("k3 second", 2)]


def test_a_callback_that_is_given_again_and_again_runs_once_for_each_work(database: Database) -> None:
    seen: list[int] = []

    def note() -> None:
        seen.append(stored(database))

    def work(tx: Transaction) -> None:
        for _ in range(3):
            tx.after_commit(note)

    database.write(work)
    database.write(work)
    assert seen == [0, 0]


def test_what_is_to_follow_has_its_turn_where_writes_leave_no_pause(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_CHORE_PAUSE", 3600)
    monkeypatch.setattr(engine, "_CHORES_LATE", 0.05)
    followed = threading.Event()
    database.write(lambda tx: tx.follow_up(lambda _tx: followed.set()))
    deadline = time.monotonic() + 60
    while not followed.is_set():
        assert time.monotonic() < deadline
        database.write(lambda tx: tx.value(COUNT))


def test_a_failing_callback_is_logged_and_changes_nothing(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    called: list[str] = []

    def work(tx: Transaction) -> None:
        tx.run(ADD, key="k1", value="v")
        tx.after_commit(lambda: called.remove("never called"))
        tx.after_commit(lambda: called.append("next"))

    database.write(work)
    assert stored(database) == 1
    assert called == ["next"]
    assert "callback after a commit failed" in caplog.text


def test_many_threads_write_and_read_without_opening_connections(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: stored(database), range(50)))
        warm = database.connections_opened
        list(pool.map(lambda number: database.write(adding(f"k{number}")), range(400)))
        for _ in range(20):
            stored(database)
    assert database.connections_opened == warm
    assert stored(database) == 400


def test_waiting_for_another_write_inside_work_is_an_error_and_no_deadlock(database: Database) -> None:
    with pytest.raises(RuntimeError, match="its transaction"):
        database.write(lambda _tx: database.write(adding("k1")))


def test_too_many_waiting_writes_are_busy_at_once(database_path: Path) -> None:
    with Database(database_path, max_waiting=3) as database:
        inside, released = threading.Event(), threading.Event()

        def hold(_tx: Transaction) -> int:
            inside.set()
            return int(released.wait(120))

        held = database.submit(hold)
        inside.wait(60)
        waiting = [database.submit(adding(f"k{number}")) for number in range(3)]
        with pytest.raises(Busy):
            database.submit(adding("k-too-many"))
        released.set()
        assert [answer.result(60) for answer in [held, *waiting]] == [1, 1, 1, 1]


@pytest.mark.parametrize("mode", ["IMMEDIATE", "EXCLUSIVE"])
def test_c02_a_lock_of_another_program_makes_writes_busy_within_six_seconds_and_reads_go_on(
    database: Database, database_path: Path, mode: str
) -> None:
    database.write(adding("k1"))
    other = sqlite.connect(database_path)
    other.execute(f"BEGIN {mode}")
    started = time.monotonic()
    answers = [database.submit(adding(f"k-late-{number}")) for number in range(8)]
    while not answers[0].done():
        assert stored(database) == 1
        time.sleep(0.05)
    first = time.monotonic() - started
    for answer in answers:
        with pytest.raises(Busy) as refused:
            answer.result(60)
        assert refused.value.retry_after <= 6
    # One after the other they would take eight times as long.
    assert time.monotonic() - started < 4 * first, "who waited behind it waited as long, and does not wait again"
    other.execute("ROLLBACK")
    other.close()
    assert database.write(adding("k2")) == 1


@pytest.mark.slow
def test_c04_a_long_reader_stalls_nobody_and_the_log_shrinks_behind_it(database: Database, database_path: Path) -> None:
    wal = sqlite.wal_of(database_path)
    slowest = 0.0
    with database.read() as reader:
        assert reader.value(COUNT) == 0
        with ThreadPoolExecutor(16) as pool:

            def timed(number: int) -> float:
                started = time.monotonic()
                database.write(adding(f"k{number}", "x" * 20_000))
                return time.monotonic() - started

            slowest = max(pool.map(timed, range(3000)))
        assert wal.stat().st_size > 32 * 1024 * 1024
        assert reader.value(COUNT) == 0
    assert slowest < 60
    wait_for(lambda: wal.stat().st_size == 0)
    assert stored(database) == 3000


def test_the_log_stays_small_under_writes_without_readers(database: Database, database_path: Path) -> None:
    for number in range(1500):
        database.write(adding(f"k{number}", "x" * 50_000))
    assert sqlite.wal_of(database_path).stat().st_size < 64 * 1024 * 1024


@pytest.mark.parametrize("value", ["\ud800", 2**63])
def test_a_value_that_sqlite_cannot_hold_is_invalid_input(database: Database, value: Any) -> None:
    with pytest.raises(InvalidInput):
        database.write(adding("k1", value))
    with database.read() as reader, pytest.raises(InvalidInput):
        reader.value(VALUE, name=value)
    assert stored(database) == 0


def test_d05_a_full_disk_is_insufficient_storage_and_small_writes_go_on(database: Database) -> None:
    def limit(tx: Transaction) -> None:
        pages = tx.value(prepare(text("PRAGMA page_count")))
        tx.one(prepare(text(f"PRAGMA max_page_count={pages + 20}")))

    database.write(limit)
    with pytest.raises(InsufficientStorage):
        database.write(adding("k-huge", "x" * 1_000_000))
    assert database.write(adding("k-small")) == 1
    assert stored(database) == 1


def test_a_full_disk_never_half_stores_what_was_committed_together(database: Database) -> None:
    def limit_and_hold(tx: Transaction) -> None:
        pages = tx.value(prepare(text("PRAGMA page_count")))
        tx.one(prepare(text(f"PRAGMA max_page_count={pages + 20}")))
        inside.set()
        released.wait(120)

    inside, released = threading.Event(), threading.Event()
    answers: list[Future[Any]] = [database.submit(limit_and_hold)]
    inside.wait(60)
    answers += [database.submit(adding("k1")), database.submit(adding("k2", "x" * 1_000_000))]
    released.set()
    failures = [answer.exception(10) for answer in answers]
    assert isinstance(failures[2], InsufficientStorage)
    assert all(failure is None or isinstance(failure, InsufficientStorage) for failure in failures)
    assert stored(database) == (1 if failures[1] is None else 0)


def test_d05_an_io_error_of_the_commit_is_insufficient_storage_and_the_writer_reconnects(
    database_path: Path, require_tool: Callable[[str], str], run_python: Callable[..., Any]
) -> None:
    code = """
import sys
from pathlib import Path
from sqlalchemy import text
from faceforge_core.db.engine import Database
from faceforge_core.db.statements import prepare
from faceforge_sdk.errors import InsufficientStorage
add = prepare(text("INSERT INTO home_identity VALUES (:key, 'v')"))
outcomes = []
with Database(Path(sys.argv[1])) as database:
    for number in range(6):
        try:
            database.write(lambda tx: tx.run(add, key=f"k{number}"))
            outcomes.append("ok")
        except InsufficientStorage:
            outcomes.append("full")
    with database.read() as reader:
        print(" ".join(outcomes), reader.value(prepare(text("SELECT count(*) FROM home_identity WHERE key LIKE 'k%'"))))
"""
    strace = (require_tool("strace"), "-f", "-qq", "-o", os.devnull, "-e", "trace=fdatasync,fsync")
    ended = run_python(code, database_path, under=(*strace, "-e", "inject=fdatasync:error=EIO:when=3"))
    assert ended.returncode == 0, ended.stderr
    *outcomes, count = ended.stdout.split()
    assert outcomes.count("full") == 1
    assert outcomes[-1] == "ok"
    assert int(count) == 5


@pytest.mark.skipif(os.name == "nt", reason="Windows renames no folder with open files in it")
def test_d07_a_folder_that_is_gone_or_replaced_leaves_the_writer_alive(tmp_path: Path) -> None:
    folder = tmp_path / "db"
    folder.mkdir()
    migrate(folder / "core.sqlite3", tmp_path / "backups")
    with Database(folder / "core.sqlite3") as database:
        folder.rename(tmp_path / "away")
        folder.write_text("a file where the folder was")
        # more than the commits after which the writer looks at the size of its log
        answers = [database.submit(adding(f"k{number}")).result(60) for number in range(250)]
        assert answers == [1] * 250
        folder.unlink()
        (tmp_path / "away").rename(folder)
        assert stored(database) == 250


def test_a_rollback_that_fails_too_leaves_the_writer_alive(database: Database) -> None:
    def refuse_to_end(action: int, name: str | None, *_: object) -> int:
        ends = action == sqlite3.SQLITE_TRANSACTION and name in {"COMMIT", "ROLLBACK"}
        return sqlite3.SQLITE_DENY if ends else sqlite3.SQLITE_OK

    def break_the_connection(tx: Transaction) -> None:
        adding("k-lost")(tx)
        tx._connection.set_authorizer(refuse_to_end)

    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        database.submit(break_the_connection).result(60)
    assert database.submit(adding("k-kept")).result(60) == 1
    assert stored(database) == 1


class Starved:
    """A connection of SQLite's that gets no memory for the statements that begin so."""

    def __init__(self, connection: Any, begins: str) -> None:
        self._connection = connection
        self._begins = begins

    def execute(self, sql: str, *values: object) -> Any:
        if sql.startswith(self._begins):
            self._begins = "nothing any more"
            raise MemoryError
        return self._connection.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.mark.parametrize("begins", ["BEGIN", "SAVEPOINT", "INSERT", "RELEASE", "COMMIT"])
def test_r09_a_write_without_memory_is_busy_and_leaves_the_writer_alive(database: Database, begins: str) -> None:
    assert database.submit(adding("k-first")).result(20) == 1
    database._connection = Starved(database._connection, begins)  # type: ignore[assignment]  # quacks like one

    with pytest.raises(Busy, match="memory"):
        database.submit(adding("k-starved")).result(20)
    assert database.submit(adding("k-kept")).result(20) == 1
    assert stored(database) == 2


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        with Database(tmp_path / "core.sqlite3") as database:
            database.write(lambda tx: tx.run(prepare(text("CREATE TABLE t (a)"))))
            modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in tmp_path.iterdir()}
    finally:
        os.umask(previous)
    assert set(modes) == {"core.sqlite3", "core.sqlite3-wal", "core.sqlite3-shm"}
    if os.name != "nt":
        assert set(modes.values()) == {0o600}


def test_an_existing_file_that_others_may_read_is_made_private(database_path: Path) -> None:
    database_path.chmod(0o644)
    with Database(database_path):
        assert os.name == "nt" or stat.S_IMODE(database_path.stat().st_mode) == 0o600


def test_closing_leaves_one_file_and_refuses_what_comes_later(database: Database, database_path: Path) -> None:
    database.write(adding("k1"))
    stored(database)
    database.close()
    database.close()
    assert [path.name for path in database_path.parent.glob("core.sqlite3*")] == ["core.sqlite3"]
    with pytest.raises(StorageUnavailable):
        database.write(adding("k2"))


def test_a_cancelled_write_that_has_not_begun_does_not_happen(
    database: Database, blocked_writer: Callable[[], None]
) -> None:
    unwanted = database.submit(adding("k1"))
    assert unwanted.cancel()
    blocked_writer()
    database.write(adding("k2"))
    assert stored(database) == 1


def test_a_path_that_cannot_be_opened_is_told_in_the_error_tree(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        Database(tmp_path / "missing" / "core.sqlite3")


def test_the_writer_is_durable_and_careful(database: Database) -> None:
    def pragma(tx: Transaction, name: str) -> Any:
        return tx.value(prepare(text(f"PRAGMA {name}")))

    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "trusted_schema": 0,
        "mmap_size": 0,
        "temp_store": 2,
        "wal_autocheckpoint": 0,
    }
    assert database.write(lambda tx: {name: pragma(tx, name) for name in wanted}) == wanted


def test_an_old_sqlite_is_warned_of() -> None:
    assert (sqlite_warning() is None) == (sqlite3.sqlite_version_info >= SAFE_VERSION)
