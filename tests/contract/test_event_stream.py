"""The event stream, over real connections: live, in order, resumed after anything, and gone when it is left."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import pytest

from faceforge_core.app import create_app
from faceforge_core.testing import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECORD = {"event_seq", "type", "subject", "at", "payload"}


class Message(NamedTuple):
    """One message of an event stream."""

    event: str
    id: int
    data: Any
    retry: int | None = None


class Listener:
    """Reads messages from an open stream."""

    def __init__(self, response: httpx.Response) -> None:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        self._lines = response.iter_lines()

    def __iter__(self) -> Iterator[Message]:
        fields: dict[str, str] = {}
        for line in self._lines:
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
            elif not line and fields:
                data = json.loads(fields["data"]) if "data" in fields else None
                retry = int(fields["retry"]) if "retry" in fields else None
                yield Message(fields.get("event", ""), int(fields["id"]), data, retry)
                fields = {}

    def take(self, count: int) -> list[Message]:
        """The next so many."""
        messages = iter(self)
        return [next(messages) for _ in range(count)]


@contextmanager
def listening(core: Any, seen: int | None = None, **query: Any) -> Iterator[Listener]:
    """A stream of its own connection; its first message is still to be read."""
    headers = {"Authorization": f"Bearer {core.token}"} | ({} if seen is None else {"Last-Event-ID": str(seen)})
    with httpx.stream("GET", f"{core.url}/v1/events", params=query, headers=headers, timeout=60) as response:
        yield Listener(response)


@pytest.fixture(scope="module")
def core(core_process, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A process for all tests that leave it alive."""
    core = core_process(tmp_path_factory.mktemp("events") / "home", {}, ()).wait_until_healthy()
    yield core
    core.close()


@pytest.fixture
def told(core, api_of) -> Any:
    """Speaks to `core`."""
    return api_of(core.client())


@pytest.fixture
def so_far(core) -> Callable[..., list[Message]]:
    """What a stream tells that does not follow."""

    def read(seen: int | None = None, **query: Any) -> list[Message]:
        with listening(core, seen, follow="false", **query) as stream:
            return list(stream)

    return read


def is_reading(message: Message) -> bool:
    """Whether it tells that Core has read a file, which it does in its own time."""
    return message.event == "asset.updated" and "facts" in message.data["payload"]["changed"]


# --- What is told


def test_a_change_is_told_within_a_second_as_a_record_under_its_number(core, told) -> None:
    with listening(core, type="entity.*") as stream:
        (opening,) = stream.take(1)
        until = time.monotonic() + 60
        while True:  # on a busy machine not each time
            began = time.monotonic()
            entity = told.entity("Ada")
            (message,) = stream.take(1)
            if time.monotonic() - began < 1:
                break
            assert time.monotonic() < until, "never told within a second"
    assert (opening.event, opening.data) == ("", None)
    assert opening.retry
    assert message.event == message.data["type"] == "entity.created"
    assert set(message.data) == RECORD
    assert message.data["subject"] == entity["entity_id"]
    assert message.data["at"] >= entity["created_at"]
    assert message.id == message.data["event_seq"] > opening.id


def test_without_a_place_the_stream_begins_now(core, told, so_far) -> None:
    before = told.entity("before")
    with listening(core, type="entity.*") as stream:
        (opening,) = stream.take(1)
        later = told.entity("later")
        (message,) = stream.take(1)
    assert message.data["subject"] == later["entity_id"]
    assert before["entity_id"] not in {known.data["subject"] for known in so_far(after=opening.id)[1:]}


def test_follow_false_tells_everything_so_far_and_ends(told, so_far) -> None:
    entity = told.entity("Ada")
    asset = told.upload()
    told.data("POST", f"/v1/entities/{entity['entity_id']}/assets/{asset['asset_id']}", json={"role": "portrait"})
    told.data("DELETE", f"/v1/entities/{entity['entity_id']}")
    opening, *messages = so_far()
    assert opening.id == 0
    assert [message.id for message in messages] == list(range(1, len(messages) + 1))
    wanted = {entity["entity_id"], asset["asset_id"]}
    own = [
        (message.event, message.data["payload"])
        for message in messages
        if message.data["subject"] in wanted and not is_reading(message)
    ]
    assert [event for event, _ in own] == ["entity.created", "asset.stored", "asset.linked", "entity.deleted"]
    assert own[2][1] == {"entity_id": entity["entity_id"], "role": "portrait"}
    (end,) = so_far(after=messages[-1].id, type="entity.*")
    assert (end.event, end.id) == ("", messages[-1].id)


def test_only_the_asked_types_are_told(told, so_far) -> None:
    entity, asset = told.entity("Ada"), told.upload()
    told.data("PATCH", f"/v1/assets/{asset['asset_id']}", json={"kind": "voice"})
    told.data("DELETE", f"/v1/entities/{entity['entity_id']}")
    place = so_far(type="entity.created")[-1].id - 1

    def types(*patterns: str) -> list[str]:
        subjects = {entity["entity_id"], asset["asset_id"]}
        _, *messages = so_far(after=place, type=patterns)
        own = [message for message in messages if message.data["subject"] in subjects]
        return [message.event for message in own if not is_reading(message)]

    assert types("asset.*") == ["asset.stored", "asset.updated"]
    assert types("asset.updated", "entity.*") == ["entity.created", "asset.updated", "entity.deleted"]
    assert types("*", "asset.stored") == ["entity.created", "asset.stored", "asset.updated", "entity.deleted"]


@pytest.mark.parametrize(
    "query",
    [
        {"type": "entity"},
        {"type": ["entity.*", "entity.craeted"]},
        {"type": "entity.cre*"},
        {"type": ""},
        {"type": ["*"] * 51},
        {"after": "-1"},
        {"after": "x"},
        {"after": str(2**63)},
        {"follow": "perhaps"},
    ],
    ids=lambda query: str(query)[:40],
)
def test_a_wish_that_means_nothing_is_422_and_names_the_parameter(told, query: dict[str, Any]) -> None:
    (name,) = query
    details = told.error("GET", "/v1/events", 422, "validation_error", params=query)["details"]
    assert details[0]["loc"][:2] == ["query", name]


def test_a_last_event_id_that_is_no_number_is_422(told) -> None:
    error = told.error("GET", "/v1/events", 422, "validation_error", headers={"Last-Event-ID": "abc"})
    assert error["details"][0]["loc"][0] == "header"


def test_the_stream_is_described(told) -> None:
    operation = told.ask("GET", "/openapi.json").json()["paths"]["/v1/events"]["get"]
    content = operation["responses"]["200"]["content"]
    assert set(content) == {"text/event-stream"}
    record, gap = content["text/event-stream"]["itemSchema"]["properties"]["data"]["contentSchema"]["anyOf"]
    assert set(record["properties"]) == RECORD
    assert set(gap["properties"]) == {"from", "to"}
    assert {parameter["name"] for parameter in operation["parameters"]} == {"type", "after", "follow", "Last-Event-ID"}


# --- Resuming


def test_the_last_event_id_wins_over_after(told, so_far) -> None:
    told.entity("a")
    last = told.entity("b")
    seen = so_far(type="entity.*")[-1].id - 1
    _, message = so_far(seen, after=0, type="entity.*")
    assert message.data["subject"] == last["entity_id"]


def test_a_stream_goes_on_after_kill_9_without_loss_and_without_anything_twice(start_process, api_of) -> None:
    core = start_process()
    api = api_of(core.client())
    before = [api.entity(str(number))["entity_id"] for number in range(5)]
    with listening(core, type="entity.*", after=0) as stream:
        messages = stream.take(4)[1:]
        core.kill()
    core = start_process(core.home)
    api = api_of(core.client())
    after = [api.entity(str(number))["entity_id"] for number in range(3)]
    with listening(core, messages[-1].id, type="entity.*") as stream:
        messages += stream.take(6)[1:]
    assert [message.data["subject"] for message in messages] == before + after
    assert [message.id for message in messages] == sorted({message.id for message in messages})


def test_who_leaves_before_the_first_event_resumes_from_where_the_stream_began(core, told) -> None:
    with listening(core) as stream:
        (opening,) = stream.take(1)
    missed = told.entity("missed")
    with listening(core, opening.id, type="entity.*") as stream:
        assert stream.take(2)[1].data["subject"] == missed["entity_id"]


def test_what_is_no_longer_kept_is_told_as_a_gap(start_core, api_of) -> None:
    house = start_core()
    api = api_of(house.client)
    ids = [api.entity(str(number))["entity_id"] for number in range(6)]
    with closing(sqlite3.connect(house.kernel.home.database)) as connection, connection:
        connection.execute("DELETE FROM events WHERE event_seq <= 3")

    def read(after: int) -> list[Message]:
        query = {"after": after, "follow": "false"}
        return list(Listener(api.client.get("/v1/events", params=query)))

    gap, *messages = read(1)
    assert (gap.event, gap.data, gap.id) == ("gap", {"from": 2, "to": 3}, 3)
    assert gap.retry
    assert [message.data["subject"] for message in messages] == ids[3:]
    assert read(0)[0].data == {"from": 1, "to": 3}
    assert [message.event for message in read(3)] == ["", *["entity.created"] * 3]
    assert read(6)[0].event == ""


def test_a_number_that_this_database_never_had_is_told_as_a_gap(start_core, api_of) -> None:
    """The client knew a home that was put back to an older state meanwhile."""
    house = start_core()
    api_of(house.client).entity("only")
    query = {"after": 500, "follow": "false"}
    (gap,) = Listener(house.client.get("/v1/events", params=query))
    assert (gap.event, gap.data, gap.id) == ("gap", {"from": 2, "to": 500}, 1)


# --- Many, and the end


def test_fifty_streams_tell_the_same_in_the_order_of_commits(core) -> None:
    async def follow(client: httpx.AsyncClient, ready: asyncio.Semaphore) -> list[int]:
        seen: list[int] = []
        async with client.stream("GET", "/v1/events", params={"type": "entity.created"}) as response:
            ready.release()
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    seen.append(json.loads(line.removeprefix("data: "))["event_seq"])
                    if len(seen) == 60:
                        break
        return seen

    async def work() -> list[list[int]]:
        limits = httpx.Limits(max_connections=60)
        headers = {"Authorization": f"Bearer {core.token}"}
        async with httpx.AsyncClient(base_url=core.url, headers=headers, limits=limits, timeout=60) as client:
            ready = asyncio.Semaphore(0)
            following = [asyncio.create_task(follow(client, ready)) for _ in range(50)]
            for _ in following:
                await ready.acquire()
            for batch in range(12):
                bodies = [{"display_name": f"{batch}.{number}"} for number in range(5)]
                await asyncio.gather(*(client.post("/v1/entities", json=body) for body in bodies))
            return await asyncio.gather(*following)

    first, *others = asyncio.run(work())
    assert all(other == first for other in others)
    assert first == sorted(set(first))


def test_streams_that_are_left_cost_nothing_any_more(start_process) -> None:
    """A stream counts as a request: were one forgotten, the few that are allowed here would soon be used up."""
    core = start_process()
    config = core.home / "config" / "core.json"
    content = json.loads(config.read_text())
    config.write_text(json.dumps({**content, "limits": {"concurrent_requests": 4}}))
    client = core.client()

    def refused() -> bool:
        with listening(core) as one, listening(core) as two, listening(core) as three:
            for stream in (one, two, three):
                stream.take(1)
            assert client.get("/v1/ping").status_code == 200
            with listening(core) as four:
                four.take(1)
                return bool(client.get("/v1/ping").status_code == 503)

    wait_for(refused)  # until the changed limit is in force
    for _ in range(8):
        wait_for(lambda: client.get("/v1/ping").status_code == 200)
        with listening(core) as stream:
            stream.take(1)
    wait_for(refused)


@pytest.mark.parametrize("reads", [True, False], ids=["while waiting for news", "while reading nothing"])
def test_a_client_that_goes_away_leaves_no_task_and_no_listener(faceforge, api_of, reads: bool) -> None:
    kernel = faceforge.kernel
    for number in range(20):
        api_of(faceforge.client).entity(str(number))

    async def visit() -> None:
        gone, last_sent, stuck = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if not reads and b"id: 3" in message.get("body", b""):
                stuck.set()
                await asyncio.Event().wait()
            if b"id: 20" in message.get("body", b""):
                last_sent.set()

        visiting = asyncio.create_task(create_app(kernel)(_scope(faceforge.token, b"after=0"), receive, send))
        await (last_sent if reads else stuck).wait()
        assert kernel._news._listeners
        gone.set()
        await visiting
        assert kernel._news._listeners == {}
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(visit())


def _scope(token: str, query: bytes) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/events",
        "raw_path": b"/v1/events",
        "query_string": query,
        "root_path": "",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8787),
        "headers": [(b"host", b"127.0.0.1:8787"), (b"authorization", f"Bearer {token}".encode())],
    }


def test_a_stop_signal_ends_open_streams_at_once_and_core_with_0(start_process) -> None:
    core = start_process()
    with listening(core, type="entity.*") as one, listening(core, type="plugin.failed") as other:
        for stream in (one, other):
            stream.take(1)
        core.process.terminate()
        # Whoever waits until uvicorn's patience is over is cut off, which would be an error here.
        assert list(one) == list(other) == []
        assert core.process.wait(60) == 0
