"""Following events: live, in the order of commits, from any place, and at no cost while nothing happens."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from anyio import to_thread

from faceforge_core.bell import Bell
from faceforge_core.events import EventLog, EventService
from faceforge_sdk.errors import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_core.events.log import Stretch

PATIENCE = 60.0


class WatchedLog(EventLog):
    """A log that remembers from where to where it was read, and can fail."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.places: list[int] = []
        self.read_until = -1
        self.failures = 0

    def stretch(self, reader: Reader, seq: int, patterns: Sequence[str], limit: int = 100) -> Stretch:
        self.places.append(seq)
        if self.failures:
            self.failures -= 1
            raise StorageUnavailable("not just now", retry_after=0)
        found = super().stretch(reader, seq, patterns, limit)
        self.read_until = found.end
        return found


class Stream:
    """An event log, its service, and the bell between them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.log = WatchedLog(database)
        self.bell = Bell()
        self.events = EventService(self.log, database, self.bell)

    def tell(self, *subjects: str, event_type: Any = "entity.created") -> None:
        for subject in subjects:
            self.database.write(lambda tx, subject=subject: self.log.append(tx, event_type, subject, {}))

    async def tell_soon(self, *subjects: str, event_type: Any = "entity.created") -> None:
        await to_thread.run_sync(lambda: self.tell(*subjects, event_type=event_type))

    async def take(self, count: int, seq: int | None, *patterns: str) -> list[str]:
        """The subjects of the first `count` events."""
        taken: list[str] = []
        async with aclosing(self.events.follow(seq, patterns or ("*",))) as following:
            async for event in following:
                taken.append(event.subject)
                if len(taken) == count:
                    break
        return taken

    async def caught_up(self, followers: int = 1) -> None:
        """Wait until so many follow, and have looked at everything there is."""
        while len(self.bell._listeners) < followers or self.log.read_until < self.events.last():  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.005)


@pytest.fixture
def stream(database: Database) -> Stream:
    return Stream(database)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, PATIENCE))


def test_what_is_committed_is_told_at_once_to_who_follows(stream: Stream) -> None:
    stream.tell("before")

    async def work() -> tuple[list[str], float]:
        taking = asyncio.create_task(stream.take(2, None))
        await stream.caught_up()
        began = time.monotonic()
        await stream.tell_soon("a", "b")
        return await taking, time.monotonic() - began

    taken, seconds = run(work())
    assert taken == ["a", "b"]
    assert seconds < 60


def test_all_pages_behind_a_place_are_told_once_and_in_order(stream: Stream) -> None:
    subjects = [str(number) for number in range(350)]
    stream.tell(*subjects)

    assert run(stream.take(345, 5)) == subjects[5:]
    assert run(stream.take(2, 348)) == subjects[348:]


def test_only_the_wanted_types_are_told(stream: Stream) -> None:
    stream.tell("a")
    stream.tell("b", event_type="asset.stored")
    stream.tell("c", event_type="job.queued")
    stream.tell("d", event_type="asset.deleted")

    assert run(stream.take(2, 0, "asset.*")) == ["b", "d"]
    assert run(stream.take(2, 0, "job.queued", "entity.*")) == ["a", "c"]


def test_who_waits_for_something_rare_never_looks_at_an_event_twice(stream: Stream) -> None:
    stream.tell(*map(str, range(30)))

    async def work() -> list[str]:
        taking = asyncio.create_task(stream.take(1, 0, "plugin.failed"))
        await stream.caught_up()
        await stream.tell_soon("more")
        await stream.caught_up()
        await stream.tell_soon("rare", event_type="plugin.failed")
        return await taking

    assert run(work()) == ["rare"]
    assert stream.log.places[0] == 0
    assert stream.log.places[1:] == sorted(stream.log.places[1:])
    assert min(stream.log.places[1:]) >= 30


def test_the_stream_ends_when_core_stops_with_all_that_was_committed_before(stream: Stream) -> None:
    async def listen() -> list[str]:
        return [event.subject async for event in stream.events.follow(0)]

    async def work() -> list[str]:
        listening = asyncio.create_task(listen())
        await stream.caught_up()
        await stream.tell_soon("last")
        threading.Thread(target=stream.bell.silence).start()
        return await listening

    assert run(work()) == ["last"]


def test_a_stream_that_begins_while_core_stops_ends_at_once(stream: Stream) -> None:
    stream.tell("a")
    stream.bell.silence()

    async def work() -> list[str]:
        return [event.subject async for event in stream.events.follow(0)]

    assert run(work()) == ["a"]


def test_nothing_is_read_while_nothing_happens(stream: Stream) -> None:
    async def work() -> int:
        taking = asyncio.create_task(stream.take(1, None))
        await stream.caught_up()
        before = len(stream.log.places)
        await asyncio.sleep(0.35)  # several times the pause between two looks
        looks = len(stream.log.places) - before
        await stream.tell_soon("end")
        await taking
        return looks

    assert run(work()) == 0


def test_many_events_in_a_row_are_few_looks(stream: Stream) -> None:
    async def work() -> tuple[list[str], float]:
        taking = asyncio.create_task(stream.take(300, None))
        await stream.caught_up()
        began = time.monotonic()
        await stream.tell_soon(*map(str, range(300)))
        return await taking, time.monotonic() - began

    taken, seconds = run(work())
    assert taken == [str(number) for number in range(300)]
    assert len(stream.log.places) < 10 * seconds + 8  # the first look, and one more for each hundred


def test_one_commit_wakes_those_who_follow_once(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[int] = []
    monkeypatch.setattr(stream.bell, "ring", lambda: rings.append(stream.database.generation))

    def work(tx: Transaction) -> None:
        for number in range(20):
            stream.log.append(tx, "entity.created", str(number), {})

    stream.database.write(work)
    stream.database.write(work)
    assert len(rings) == 2


def test_fifty_who_follow_see_the_same_while_four_write(stream: Stream) -> None:
    def write(writer: int) -> None:
        for number in range(50):
            stream.tell(f"{writer}.{number}")

    async def work() -> list[list[str]]:
        with ThreadPoolExecutor(4) as writers:
            following = [asyncio.create_task(stream.take(200, 0)) for _ in range(50)]
            await stream.caught_up(50)
            list(writers.map(write, range(4)))
            return await asyncio.gather(*following)

    first, *others = run(work())
    assert all(other == first for other in others)
    with stream.database.read() as reader:
        assert first == [event.subject for event in stream.log.after(reader, 0, limit=1000)]
    for writer in range(4):
        own = [subject for subject in first if subject.startswith(f"{writer}.")]
        assert own == [f"{writer}.{number}" for number in range(50)]


def test_a_database_that_cannot_be_read_for_a_moment_delays_the_stream_and_loses_nothing(
    stream: Stream, caplog: pytest.LogCaptureFixture
) -> None:
    stream.log.failures = 2
    stream.tell("a", "b")
    assert run(stream.take(2, 0)) == ["a", "b"]
    assert "not just now" in caplog.text


def test_who_leaves_is_forgotten(stream: Stream) -> None:
    async def work() -> None:
        waiting = asyncio.create_task(stream.take(1, None))
        await stream.caught_up()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert stream.bell._listeners == {}
        assert waiting.done()

    run(work())


def test_the_latest_number_and_a_page_can_be_asked_for(stream: Stream) -> None:
    assert stream.events.last() == 0
    stream.tell("a", "b", "c")
    assert stream.events.last() == 3
    assert [event.subject for event in stream.events.after(1)] == ["b", "c"]
    assert [event.seq for event in stream.events.after(0, ["entity.*"], limit=2)] == [1, 2]
