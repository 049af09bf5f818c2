"""The stand-in for events keeps the promises of what it stands for."""

from __future__ import annotations

import asyncio

from faceforge_sdk.events import matches
from faceforge_sdk.testing import FakeEvents, fake_context


def test_a_pattern_means_a_type_a_family_or_everything() -> None:
    assert matches("entity.created", "entity.created")
    assert matches("entity.*", "entity.created")
    assert matches("*", "entity.created")
    assert not any(matches(pattern, "entity.created") for pattern in ("entity", "entity.", "entit.*", "asset.*", ""))


def test_what_is_told_can_be_read_by_place_and_pattern() -> None:
    events = FakeEvents()
    assert events.last() == 0
    first = events.tell("entity.created", "a", {"n": 1})
    events.tell("asset.stored", "b")
    events.tell("entity.deleted", "a")
    assert (first.seq, first.payload, events.last()) == (1, {"n": 1}, 3)
    assert [event.type for event in events.after(0, ["entity.*"])] == ["entity.created", "entity.deleted"]
    assert [event.seq for event in events.after(1)] == [2, 3]
    assert [event.seq for event in events.after(0, limit=1)] == [1]


def test_who_follows_hears_what_was_and_what_comes_until_core_stops() -> None:
    ctx = fake_context()
    events = ctx.events
    assert isinstance(events, FakeEvents)

    async def work() -> tuple[list[str], list[str]]:
        events.tell("entity.created", "before")
        everything = asyncio.create_task(follow(0))
        from_now_on = asyncio.create_task(follow(None, "entity.*"))
        await asyncio.sleep(0)
        events.tell("entity.created", "later")
        await asyncio.sleep(0)
        events.tell("asset.stored", "file")
        events.stop()
        return await everything, await from_now_on

    async def follow(seq: int | None, *patterns: str) -> list[str]:
        return [event.subject async for event in events.follow(seq, patterns or ("*",))]

    assert asyncio.run(work()) == (["before", "later", "file"], ["later"])
