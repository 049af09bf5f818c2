"""A job as Server-Sent Events: live, resumable across a restart, and no burden to anybody."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from faceforge_core.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SSE = "text/event-stream"


def with_workshop(home: Path, workshop: Path) -> Path:
    """A home with the workshop in it, to be enabled."""
    shutil.copytree(workshop, home / "plugins" / "workshop")
    return home


class Streams:
    """Speaks to a real Core, which alone streams."""

    def __init__(self, core: Any, api: Any) -> None:
        self.core = core
        self.api = api
        self.api.data("POST", "/v1/plugins/workshop/enable")

    def queue(self, job_type: str, number: int = 0) -> str:
        job = self.api.data("POST", "/v1/jobs", json={"job_type": job_type, "input": {"number": number}})
        return str(job["job_id"])

    def let_go(self, number: int) -> None:
        (self.core.home / "plugin_data" / "workshop" / f"open {number}").touch()

    @contextmanager
    def follow(self, job_id: str, last_event_id: int | None = None, **query: Any) -> Iterator[Iterator[Any]]:
        """The events of a job as they come: ``(event, id, data)``."""
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        with self.api.client.stream("GET", f"/v1/jobs/{job_id}/events", params=query, headers=headers) as response:
            assert response.status_code == 200, response.read()
            assert response.headers["content-type"].partition(";")[0] == SSE
            yield events_of(response.iter_lines())

    def log(self, job_id: str) -> list[Any]:
        """The whole log, as polling gives it."""
        items: list[Any] = self.api.data("GET", f"/v1/jobs/{job_id}/log", params={"limit": 2000})["items"]
        return items


def events_of(lines: Iterator[str]) -> Iterator[tuple[str, int | None, Any]]:
    """Server-Sent Events by the book; comments and hints are no events."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            if "data" in fields:
                event_id = int(fields["id"]) if "id" in fields else None
                yield fields.get("event", "message"), event_id, json.loads(fields["data"])
            fields = {}


@pytest.fixture(scope="module")
def streams(core_process: Any, tmp_path_factory: pytest.TempPathFactory, workshop: Path, api_of: Any) -> Iterator[Any]:
    """One Core for all tests that leave it running."""
    core = core_process(with_workshop(tmp_path_factory.mktemp("streams") / "home", workshop), {}, ())
    yield Streams(core.wait_until_healthy(), api_of(core.client()))
    core.close()


@pytest.fixture
def mortal(start_process: Callable[..., Any], tmp_path: Path, workshop: Path, api_of: Any) -> Streams:
    """A Core of the test's own."""
    core = start_process(with_workshop(tmp_path / "home", workshop))
    return Streams(core, api_of(core.client()))


def test_lines_and_job_come_as_they_happen_and_the_end_is_the_end(streams: Streams) -> None:
    job_id = streams.queue("workshop.wait", 1)
    seen = []
    with streams.follow(job_id) as events:
        for kind, event_id, data in events:
            seen.append((kind, event_id, data))
            if kind == "log" and data["message"] == "Job started":
                streams.let_go(1)

    lines = [data for kind, _, data in seen if kind == "log"]
    assert lines == streams.log(job_id)
    assert [event_id for kind, event_id, _ in seen if kind == "log"] == [line["job_log_id"] for line in lines]
    jobs = [data for kind, _, data in seen if kind == "job"]
    assert jobs[-1] == streams.api.data("GET", f"/v1/jobs/{job_id}")
    assert [job["status"] for job in jobs][-2:] == ["running", "succeeded"]
    assert seen[-1][0] == "job"
    assert {event_id for kind, event_id, _ in seen if kind == "job"} == {None}


def test_a_stream_goes_on_behind_any_line(streams: Streams) -> None:
    job_id = streams.queue("workshop.talk", 5)
    with streams.follow(job_id) as events:
        whole = [data for kind, _, data in events if kind == "log"]
    third = whole[2]["job_log_id"]

    for options in ({"last_event_id": third}, {"after_id": third}, {"last_event_id": third, "after_id": 0}):
        with streams.follow(job_id, **options) as events:
            assert [data for kind, _, data in events if kind == "log"] == whole[3:]
    with streams.follow(job_id, last_event_id=whole[-1]["job_log_id"]) as events:
        ((kind, _, job),) = events
    assert (kind, job["status"]) == ("job", "succeeded")


def test_without_following_the_stream_ends_with_what_there_is(streams: Streams) -> None:
    job_id = streams.queue("workshop.wait", 2)
    with streams.follow(job_id) as events:
        next(data for kind, _, data in events if kind == "log" and data["message"] == "Job started")
    with streams.follow(job_id, follow="false") as events:
        told = list(events)
    assert [data["message"] for kind, _, data in told if kind == "log"] == ["Job queued", "Job started"]
    assert (told[-1][0], told[-1][2]["status"]) == ("job", "running")


def test_a_stream_says_when_to_come_again_and_carries_the_usual_headers(streams: Streams) -> None:
    job_id = streams.queue("workshop.talk", 1)
    response = streams.api.ask("GET", f"/v1/jobs/{job_id}/events")
    assert response.text.startswith("retry: ")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] in {"no-cache", "no-store"}


def test_refusals_come_in_the_envelope_before_a_stream_begins(streams: Streams) -> None:
    job_id = streams.queue("workshop.talk", 1)
    path = f"/v1/jobs/{job_id}/events"
    streams.api.error("GET", f"/v1/jobs/{'f' * 64}/events", 404, "not_found")
    for given in (
        {"params": {"after_id": "-1"}},
        {"params": {"follow": "perhaps"}},
        {"headers": {"Last-Event-ID": "x"}},
    ):
        streams.api.error("GET", path, 422, "validation_error", **given)
    streams.api.error("GET", path, 401, "unauthorized", headers={"Authorization": "Bearer wrong"})


def test_the_stream_is_described(streams: Streams) -> None:
    document = streams.api.ask("GET", "/openapi.json").json()
    operation = document["paths"]["/v1/jobs/{job_id}/events"]["get"]
    assert set(operation["responses"]["200"]["content"]) == {SSE}
    assert {parameter["name"].lower() for parameter in operation["parameters"]} == {
        "job_id",
        "last-event-id",
        "after_id",
        "follow",
    }
    assert operation["security"]


def test_a_stop_signal_ends_open_streams_and_core_at_once(mortal: Streams) -> None:
    followed = [mortal.queue("workshop.wait", number) for number in range(3)]
    ends: list[str] = []

    def listen(job_id: str) -> None:
        with httpx.Client(base_url=mortal.core.url, headers=mortal.api.client.headers, timeout=60) as client:
            try:
                with client.stream("GET", f"/v1/jobs/{job_id}/events") as response:
                    ready.release()
                    for _ in response.iter_lines():
                        pass
                    ends.append(job_id)  # one that is cut off, once uvicorn's patience is over, raises before
            except httpx.TransportError:
                pass

    ready = threading.Semaphore(0)
    listening = [threading.Thread(target=listen, args=(job_id,)) for job_id in followed]
    for thread in listening:
        thread.start()
    for _ in followed:
        assert ready.acquire(timeout=60)
    assert mortal.core.stop() == 0
    for thread in listening:
        thread.join(60)
    assert sorted(ends) == sorted(followed), "each stream came to its end, none was cut off"
    assert "Traceback" not in mortal.core.output()


def test_after_a_crash_the_stream_goes_on_where_it_was_without_a_gap(
    mortal: Streams, start_process: Callable[..., Any], api_of: Callable[[Any], Any]
) -> None:
    job_id = mortal.queue("workshop.talk", 800)
    before = []
    try:
        with mortal.follow(job_id) as events:
            for kind, _, data in events:
                if kind == "log":
                    before.append(data)
                if len(before) == 200:
                    mortal.core.kill()
    except httpx.TransportError:
        pass
    assert len(before) >= 200

    core = start_process(mortal.core.home)
    again = Streams(core, api_of(core.client()))
    with again.follow(job_id, last_event_id=before[-1]["job_log_id"]) as events:
        after = [(kind, data) for kind, _, data in events]
    lines = before + [data for kind, data in after if kind == "log"]
    assert lines == _whole_log(again, job_id)
    messages = [line["message"] for line in lines]
    assert "Job interrupted; it is queued again" in messages
    assert messages[-802:] == ["Job started", *(f"line {number}" for number in range(800)), "Job completed"]
    assert after[-1][1]["status"] == "succeeded"


def _whole_log(streams: Streams, job_id: str) -> list[Any]:
    items: list[Any] = []
    while page := streams.api.data(
        "GET", f"/v1/jobs/{job_id}/log", params={"limit": 2000, "after_id": items[-1]["job_log_id"] if items else 0}
    )["items"]:
        items += page
    return items


def test_a_client_that_goes_away_leaves_nothing_behind(faceforge, api_of, workshop: Path) -> None:
    """Spoken in ASGI: a socket would hide when Core notices."""
    faceforge.install_plugin(workshop)
    body = {"job_type": "workshop.wait", "input": {"number": 1}}
    job_id = api_of(faceforge.client).data("POST", "/v1/jobs", json=body)["job_id"]
    app = create_app(faceforge.kernel)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": f"/v1/jobs/{job_id}/events",
        "raw_path": f"/v1/jobs/{job_id}/events".encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"host", b"127.0.0.1:8787"), (b"authorization", f"Bearer {faceforge.token}".encode())],
        "server": ("127.0.0.1", 8787),
        "client": ("127.0.0.1", 1),
    }

    async def visit() -> None:
        gone, told = asyncio.Event(), asyncio.Event()
        messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Any:
            for message in messages:
                return message
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if b"Job started" in message.get("body", b""):
                told.set()

        answering = asyncio.create_task(app(dict(scope), receive, send))
        await told.wait()
        assert len(faceforge.kernel._job_news._listeners) == 1
        gone.set()
        await answering
        await asyncio.sleep(0)

    async def limited() -> None:
        async with asyncio.timeout(60):
            await visit()

    asyncio.run(limited())
    assert faceforge.kernel._job_news._listeners == {}
