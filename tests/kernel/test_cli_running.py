"""Commands that ask a running Core, where its answer takes long."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from faceforge_core.cli import running
from faceforge_core.cli.running import RunningCore
from faceforge_core.refusals import StartRefused

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def answering_when(event: threading.Event) -> Iterator[RunningCore]:
    """A server that answers what it is asked only then."""

    class Late(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            event.wait()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"data": "done", "error": None}).encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Late) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield RunningCore("127.0.0.1", server.server_port, "token")
        finally:
            event.set()
            server.shutdown()
            thread.join()


def test_what_takes_longer_than_to_connect_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_SECONDS_TO_CONNECT", 0.5)
    event = threading.Event()
    with answering_when(event) as core:
        timer = threading.Timer(1.5, event.set)
        timer.start()
        assert core.ask("POST", "/v1/plugins/slow/enable") == "done"
        timer.join()


def test_a_core_that_does_not_answer_is_said_to_be_at_it_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_SECONDS_TO_ANSWER", 0.2)
    with answering_when(threading.Event()) as core, pytest.raises(StartRefused) as refused:
        core.ask("POST", "/v1/plugins/slow/enable")
    assert "did not answer in time. It may be at it still" in str(refused.value)
