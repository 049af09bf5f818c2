"""Events: told after commit, to each handler in order, at least once, whatever another handler does."""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from faceforge_core.db import seen_days
from faceforge_core.db.statements import prepare
from faceforge_core.events import EventDispatcher, EventLog
from faceforge_core.events.dispatcher import _CURSOR_EVERY
from faceforge_core.events.log import _after
from faceforge_core.owned import Owned
from faceforge_core.testing import PATIENCE, wait_for
from faceforge_sdk.contributions import EventHandler
from faceforge_sdk.errors import FaceForgeError, TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from faceforge_core.db.engine import Database, Transaction
    from faceforge_sdk.events import Event


class Telling:
    """A log, the handlers of the current generation, and dispatchers as restarts make them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.log = EventLog(database)
        self.handlers: list[Owned[EventHandler]] = []
        self._dispatchers: list[EventDispatcher] = []

    def start(self) -> EventDispatcher:
        self.log = EventLog(self.database)
        dispatcher = EventDispatcher(self.database, self.log, lambda: self.handlers)
        self._dispatchers.append(dispatcher)
        dispatcher.start()
        return dispatcher

    def stop(self) -> None:
        for dispatcher in self._dispatchers:
            dispatcher.stop()

    def handle(self, handle: Callable[[Event], Any], event_type: str = "entity.*", name: str = "some") -> None:
        def one_by_one(events: Sequence[Event]) -> None:
            for event in events:
                handle(event)

        self.handle_batches(one_by_one, event_type, name)

    def handle_batches(
        self, handle: Callable[[Sequence[Event]], None], event_type: str = "entity.*", name: str = "some"
    ) -> None:
        self.handlers.append(Owned("some.plugin", EventHandler(name, event_type, handle)))

    def tell(self, *subjects: str, event_type: Any = "entity.created") -> None:
        for subject in subjects:
            self.tell_at_once(subject, event_type=event_type)

    def tell_at_once(self, *subjects: str, event_type: Any = "entity.created") -> None:
        def work(tx: Transaction) -> None:
            for subject in subjects:
                self.log.append(tx, event_type, subject, {"of": subject})

        self.database.write(work)

    def value(self, sql: str, **values: object) -> Any:
        with self.database.read() as reader:
            return reader.value(prepare(text(sql)), **values)


@pytest.fixture
def telling(database: Database) -> Iterator[Telling]:
    telling = Telling(database)
    yield telling
    telling.stop()


def awaited(condition: Callable[[], bool]) -> bool:
    return wait_for(condition)


def test_of_a_stream_a_handler_hears_the_first_at_once_and_the_rest_together(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[list[str]] = []
    telling.handle_batches(lambda events: batches.append([event.subject for event in events]))
    started = telling.start()
    telling.tell("first")
    assert awaited(lambda: batches == [["first"]])

    monkeypatch.setattr("faceforge_core.events.dispatcher._LOOK_EVERY", 600.0)
    told = [f"{number}" for number in range(20)]
    telling.tell(*told)
    started.stop()
    telling.start()

    assert awaited(lambda: bool(batches) and batches[-1][-1] == told[-1])
    assert [subject for batch in batches for subject in batch] == ["first", *told]
    assert len(batches) <= 3  # a look that was due already may have found some of them


def test_a_handler_gets_what_it_asked_for_in_order(telling: Telling) -> None:
    entities: list[Event] = []
    created: list[str] = []
    telling.handle(entities.append)
    telling.handle(lambda event: created.append(event.subject), "entity.created", "created")
    telling.start()

    telling.tell("a", "b")
    telling.tell("not for us", event_type="asset.stored")
    telling.tell("c", event_type="entity.deleted")
    telling.tell("d")

    assert awaited(lambda: len(entities) == 4 and len(created) == 3)
    assert [(event.type, event.subject) for event in entities] == [
        ("entity.created", "a"),
        ("entity.created", "b"),
        ("entity.deleted", "c"),
        ("entity.created", "d"),
    ]
    assert created == ["a", "b", "d"]
    assert [event.seq for event in entities] == sorted({event.seq for event in entities})
    assert entities[0].payload == {"of": "a"}
    assert len(entities[0].at) == len("2026-01-01T00:00:00.000Z")


def test_a_change_and_its_event_are_there_at_the_same_moment(telling: Telling) -> None:
    def change(tx: Transaction) -> Any:
        telling.log.append(tx, "entity.created", "a", {})
        return tx.value(prepare(text("SELECT count(*) FROM events WHERE subject = 'a'")))

    assert telling.database.write(change) == 1
    assert telling.value("SELECT count(*) FROM events WHERE subject = 'a'") == 1


def test_what_is_rolled_back_is_never_told(telling: Telling) -> None:
    told: list[str] = []
    telling.handle(lambda event: told.append(event.subject))
    telling.start()

    def fail(tx: Any) -> None:
        telling.log.append(tx, "entity.created", "undone", {})
        raise LookupError

    with pytest.raises(LookupError):
        telling.database.write(fail)
    telling.tell("kept")

    assert awaited(lambda: told == ["kept"])


def test_a_failing_handler_is_tried_again_then_the_event_is_skipped_and_others_hear_everything(
    telling: Telling, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: list[str] = []
    heard: list[str] = []

    def fail(event: Event) -> None:
        attempts.append(event.subject)
        if event.subject == "bad":
            raise SystemExit("broken")

    telling.handle(fail, name="failing")
    telling.handle(lambda event: heard.append(event.subject), name="other")
    telling.start()

    telling.tell("bad")
    assert awaited(lambda: "bad" in attempts)  # by itself: events told at once are first tried at once
    telling.tell("good")

    assert awaited(lambda: heard == ["bad", "good"])
    assert awaited(lambda: attempts == ["bad", "bad", "bad", "bad", "good"])
    assert [record.levelname for record in caplog.records if "skipped" in record.message] == ["ERROR"]


def test_what_happened_at_once_comes_at_once_and_never_more_than_500(telling: Telling) -> None:
    batches: list[list[str]] = []
    telling.handle_batches(lambda events: batches.append([event.subject for event in events]))
    telling.start()
    telling.tell("alone")
    assert awaited(lambda: batches == [["alone"]])

    telling.tell_at_once("not for us", event_type="asset.stored")
    telling.tell_at_once(*map(str, range(1200)))

    assert awaited(lambda: sum(map(len, batches)) == 1201)
    assert [len(batch) for batch in batches] == [1, 500, 500, 200]
    assert [subject for batch in batches[1:] for subject in batch] == [*map(str, range(1200))]


def test_a_failing_batch_is_tried_again_then_one_by_one_and_only_the_bad_event_is_skipped(
    telling: Telling, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: list[str] = []
    done: list[str] = []

    def fail(events: Sequence[Event]) -> None:
        attempts.append("".join(event.subject for event in events))
        if "x" in attempts[-1]:
            raise ValueError("broken")
        done.extend(event.subject for event in events)

    telling.handle_batches(fail)
    telling.start()
    telling.tell_at_once("a", "x", "b")
    assert awaited(lambda: done == ["a", "b"])
    telling.tell("c")

    assert awaited(lambda: done == ["a", "b", "c"])
    assert attempts == ["axb"] * 4 + ["a"] + ["x"] * 4 + ["b", "c"]
    assert len([record for record in caplog.records if "skipped" in record.message]) == 1


def test_a_batch_that_meets_a_full_queue_is_told_whole_until_it_gets_through(telling: Telling) -> None:
    attempts: list[int] = []

    def queue(events: Sequence[Event]) -> None:
        attempts.append(len(events))
        if len(attempts) < 7:
            raise TooManyRequests("full", retry_after=0)

    telling.handle_batches(queue)
    telling.start()
    telling.tell_at_once("a", "b", "c")
    assert awaited(lambda: attempts == [3] * 7)


def test_a_handler_that_meets_a_full_queue_is_called_until_it_gets_through(telling: Telling) -> None:
    attempts: list[str] = []

    def queue(event: Event) -> None:
        attempts.append(event.subject)
        if len(attempts) < 7:  # more often than a failing handler is tried
            raise TooManyRequests("full", retry_after=0)

    telling.handle(queue)
    telling.start()
    telling.tell("first", "second")
    assert awaited(lambda: attempts == ["first"] * 7 + ["second"])


def test_a_handler_that_hangs_holds_up_nobody_and_no_stop(telling: Telling) -> None:
    hang, heard = threading.Event(), []
    telling.handle(lambda event: hang.wait(2 * PATIENCE), name="hanging")
    telling.handle(lambda event: heard.append(event.subject), name="other")
    dispatcher = telling.start()

    telling.tell("a", "b")
    assert awaited(lambda: heard == ["a", "b"])
    began = time.monotonic()
    dispatcher.stop(0.2)
    assert time.monotonic() - began < 60
    hang.set()


def test_a_new_handler_begins_behind_what_was_and_goes_on_where_it_was_after_a_restart(telling: Telling) -> None:
    told: list[str] = []
    telling.tell("before")
    telling.handle(lambda event: told.append(event.subject))
    dispatcher = telling.start()
    telling.tell("one")
    assert awaited(lambda: told == ["one"])
    dispatcher.stop()

    telling.tell("while stopped")
    telling.start()
    assert awaited(lambda: told == ["one", "while stopped"])


@pytest.mark.skipif(os.name == "nt", reason="Windows renames no file that is open")
def test_a_database_that_cannot_be_read_for_a_moment_does_not_stop_a_new_handler(
    telling: Telling, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []
    dispatcher = telling.start()
    path = telling.database.path
    with ExitStack() as readers:
        path.rename(path.with_name("away"))
        one = prepare(text("SELECT 1"))
        with suppress(FaceForgeError):  # until nothing is left in the pool, and the next reader has to open the file
            while True:
                readers.enter_context(telling.database.read()).value(one)
        telling.handle(lambda event: heard.append(event.subject))
        dispatcher.handlers_changed()
        path.with_name("away").rename(path)
    assert "can't be read yet" in caplog.text

    def told() -> bool:
        telling.tell("news")
        return "news" in heard

    assert awaited(told)


def test_a_handler_that_goes_and_returns_hears_what_it_missed(telling: Telling) -> None:
    told: list[str] = []
    telling.handle(lambda event: told.append(event.subject))
    dispatcher = telling.start()
    telling.tell("one")
    assert awaited(lambda: told == ["one"])

    away = telling.handlers.pop()
    dispatcher.handlers_changed()
    telling.tell("two")
    telling.handlers.append(away)
    dispatcher.handlers_changed()
    telling.tell("three")

    assert awaited(lambda: told == ["one", "two", "three"])


def test_a_plugin_that_is_activated_anew_is_called_through_its_new_handler(telling: Telling) -> None:
    old: list[str] = []
    new: list[str] = []
    telling.handle(lambda event: old.append(event.subject))
    dispatcher = telling.start()
    telling.tell("one")
    assert awaited(lambda: old == ["one"])

    telling.handlers.clear()
    telling.handle(lambda event: new.append(event.subject))
    dispatcher.handlers_changed()
    telling.tell("two")

    assert awaited(lambda: new == ["two"])
    assert old == ["one"]


def test_places_are_remembered_while_running_and_not_once_per_event(telling: Telling, database: Database) -> None:
    told: list[str] = []
    telling.handle(lambda event: told.append(event.subject))
    telling.start()
    assert awaited(lambda: telling.value("SELECT count(*) FROM event_cursors") == 1)
    before, began = database.generation, time.monotonic()

    for number in range(200):
        telling.tell(str(number))
    assert awaited(lambda: len(told) == 200)
    assert awaited(lambda: telling.value("SELECT event_seq FROM event_cursors") == 200)

    assert database.generation - before - 200 < 20 + (time.monotonic() - began) / _CURSOR_EVERY


def test_events_are_kept_for_seven_days(telling: Telling) -> None:
    telling.tell(*map(str, range(5)))
    old, young = "2020-01-01T00:00:00.000Z", telling.value("SELECT max(at) FROM events")
    telling.database.write(
        lambda tx: tx.run(prepare(text("UPDATE events SET at = :old WHERE event_seq <= 3")), old=old)
    )

    assert telling.log.prune() == 3
    assert telling.log.prune() == 0
    assert telling.value("SELECT min(at) FROM events") <= young
    telling.tell("next")
    assert telling.value("SELECT max(event_seq) FROM events") == 6


def test_a_clock_that_leapt_ahead_removes_no_event(telling: Telling) -> None:
    telling.tell("a", "b")
    telling.database.write(lambda tx: tx.run(prepare(text("UPDATE events SET at = '2020-01-07T00:00:00.000Z'"))))
    seen_days.note(telling.database, datetime(2020, 1, 13, tzinfo=UTC))

    assert telling.log.prune() == 0


def test_the_stream_can_be_resumed_from_any_place(telling: Telling) -> None:
    telling.tell("a", "b", "c")
    with telling.database.read() as reader:
        last = telling.log.last(reader)
        assert [event.subject for event in telling.log.after(reader, last - 2)] == ["b", "c"]
        assert [event.subject for event in telling.log.after(reader, 0, ["asset.*"])] == []
        assert [event.subject for event in telling.log.after(reader, 0, ["entity.created"], limit=1)] == ["a"]


def test_the_latest_event_is_kept_for_ever_so_that_its_number_is_known(telling: Telling) -> None:
    telling.tell("a", "b")
    telling.database.write(lambda tx: tx.run(prepare(text("UPDATE events SET at = '2020-01-01T00:00:00.000Z'"))))

    assert telling.log.prune() == 1
    with telling.database.read() as reader:
        assert telling.log.last(reader) == 2
        assert [event.subject for event in telling.log.after(reader, 0)] == ["b"]


def test_several_patterns_are_one_stream_in_order(telling: Telling) -> None:
    for subject, event_type in (
        ("a", "entity.created"),
        ("b", "asset.stored"),
        ("c", "job.queued"),
        ("d", "entity.deleted"),
        ("e", "asset.linked"),
    ):
        telling.tell(subject, event_type=event_type)

    def told(*patterns: str) -> str:
        with telling.database.read() as reader:
            return "".join(event.subject for event in telling.log.after(reader, 0, patterns))

    assert told("asset.*", "entity.created") == "abe"
    assert told("entity.created", "entity.*", "entity.created") == "ad"
    assert told("job.queued", "*") == "abcde"
    assert told("asset.store", "asset", "entity*", "") == ""
    assert told() == ""


def test_a_stretch_without_what_was_asked_for_still_moves_on(telling: Telling) -> None:
    telling.tell(*map(str, range(5)))
    with telling.database.read() as reader:
        assert telling.log.stretch(reader, 0, ["asset.*"]).end == 5
        page = telling.log.stretch(reader, 0, ["entity.*"], limit=2)
        assert (len(page.events), page.end, page.more) == (2, 2, True)
        assert telling.log.stretch(reader, 5, ["*"]).end == 5


@pytest.mark.parametrize("ranges", [1, 3])
def test_reading_on_uses_the_numbers(assert_indexed: Callable[[str], None], ranges: int) -> None:
    assert_indexed(_after(ranges).sql)
