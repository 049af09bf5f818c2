"""The example `webhook`, with a real receiver that is down, busy, and says no."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[2] / "examples" / "webhook"
SECRET = "a secret of both sides"


class Receiver:
    """A web server at an address that refuses connections until `start`. `answers` are given in turn, then 204."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.messages: list[tuple[Any, bytes]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(), bind_and_activate=False)
        self._server.server_bind()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.messages.append((self.headers, body))
                status = receiver.answers.pop(0) if receiver.answers else 204
                self.send_response(status)
                if status == 307:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silent."""

        return Handler

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook?for=tests"

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events that came, in the order in which they came."""
        return [event for _, body in self.messages for event in json.loads(body)["events"]]

    def start(self) -> None:
        self._server.server_activate()
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


@pytest.fixture
def configured(client: Any, install_plugin: Any, receiver: Receiver) -> Any:
    """Installs the plugin and points it at the receiver."""

    def install(**settings: Any) -> None:
        install_plugin(EXAMPLE)
        config = {"url": receiver.url, "events": ["entity.created"], **settings}
        answer = client.put("/v1/plugins/example.webhook/config", json={"config": config})
        assert answer.status_code == 200, answer.text

    return install


@pytest.fixture
def create(client: Any) -> Any:
    """Creates an entity and returns its id."""
    return lambda name: client.post("/v1/entities", json={"display_name": name}).json()["data"]["entity_id"]


@pytest.fixture
def health(client: Any) -> Any:
    """What the plugin says of its health."""

    def ask() -> dict[str, Any]:
        items = client.get("/v1/system/health").json()["data"]["items"]
        return next(one for one in items if one["name"] == "example.webhook")

    return ask


def test_an_event_comes_signed(faceforge: Any, configured: Any, receiver: Receiver, create: Any, health: Any) -> None:
    receiver.start()
    configured(secret=SECRET)
    entity_id = create("Anna")
    headers, body = faceforge.wait_for(lambda: next(iter(receiver.messages), None))

    [event] = json.loads(body)["events"]
    assert (event["type"], event["subject"]) == ("entity.created", entity_id)
    assert set(event) == {"seq", "type", "subject", "at", "payload"}
    moment = headers["X-FaceForge-Timestamp"]
    expected = hmac.new(SECRET.encode(), moment.encode() + b"." + body, "sha256").hexdigest()
    assert headers["X-FaceForge-Signature"] == f"sha256={expected}"
    assert abs(time.time() - int(moment)) < 60
    assert hashlib.sha256(SECRET.encode()).hexdigest() not in str(headers)
    faceforge.wait_for(lambda: health()["status"] == "ok" and health()["facts"]["sent"] == "1")


def test_what_happens_while_the_receiver_is_down_comes_when_it_is_up(
    faceforge: Any, configured: Any, receiver: Receiver, create: Any, health: Any
) -> None:
    configured()
    created = [create(f"Person {number}") for number in range(5)]
    down = faceforge.wait_for(lambda: found if (found := health())["status"] == "warning" else None)
    assert "ConnectionRefusedError" in down["summary"]
    assert down["advice"]

    receiver.start()

    faceforge.wait_for(lambda: len(receiver.events) >= 5)
    seen = list(dict.fromkeys(event["subject"] for event in receiver.events))
    assert seen == created
    faceforge.wait_for(lambda: health()["status"] == "ok")


def test_a_message_is_repeated_until_it_is_taken(
    faceforge: Any, configured: Any, receiver: Receiver, create: Any
) -> None:
    receiver.answers = [503, 429]
    receiver.start()
    configured()
    create("Anna")
    faceforge.wait_for(lambda: len(receiver.messages) == 3)
    assert len({body for _, body in receiver.messages}) == 1


@pytest.mark.parametrize("status", [307, 400, 410])
def test_a_no_is_a_no_and_the_next_event_comes_all_the_same(
    faceforge: Any, configured: Any, receiver: Receiver, create: Any, health: Any, status: int
) -> None:
    receiver.answers = [status]
    receiver.start()
    configured()
    create("Anna")
    faceforge.wait_for(lambda: health()["facts"]["refused"] == "1")
    assert f"refuses messages with {status}" in health()["summary"]
    second = create("Berta")
    faceforge.wait_for(lambda: len(receiver.messages) == 2)
    assert receiver.events[-1]["subject"] == second


def test_only_the_chosen_events_are_sent(
    faceforge: Any, client: Any, configured: Any, receiver: Receiver, create: Any
) -> None:
    receiver.start()
    configured(events=["entity.deleted", "plugin.*"])
    client.delete(f"/v1/entities/{create('Anna')}")
    faceforge.wait_for(lambda: "entity.deleted" in [event["type"] for event in receiver.events])
    assert {event["type"].partition(".")[0] for event in receiver.events} <= {"entity", "plugin"}
    assert "entity.created" not in [event["type"] for event in receiver.events]


def test_without_an_address_it_is_active_and_silent(install_plugin: Any, health: Any, create: Any) -> None:
    assert install_plugin(EXAMPLE).contributions == {"EventHandler": 1, "HealthCheck": 1}
    create("Anna")
    assert health()["status"] == "off"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/", "http://", "http://user:word@host/", "//host"])
def test_an_address_of_another_kind_is_refused(client: Any, install_plugin: Any, url: str) -> None:
    install_plugin(EXAMPLE)
    answer = client.put("/v1/plugins/example.webhook/config", json={"config": {"url": url}})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["errors"][0]["path"] == ["url"]


def test_the_secret_is_never_shown(client: Any, configured: Any) -> None:
    configured(secret=SECRET)
    answer = client.get("/v1/plugins/example.webhook/config")
    assert answer.json()["data"]["config_secrets_set"] == ["secret"]
    assert SECRET not in answer.text + client.get("/v1/plugins").text
