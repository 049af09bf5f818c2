"""Many clients at once: no failure, no lost write, no memory that goes missing."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from faceforge_core.testing import wait_for

SECONDS = 60 if os.environ.get("CI") else 12
CLIENTS = 50
EXAMPLE = Path(__file__).parents[2] / "examples" / "hello_route"


class Visitor(threading.Thread):
    """One client that does a bit of everything, with a person's pauses."""

    def __init__(self, client: Any, number: int, deadline: float) -> None:
        super().__init__(daemon=True)
        self._client = client
        self._random = random.Random(number)
        self._number = number
        self._deadline = deadline
        self.created: dict[str, str] = {}
        self.heights: dict[str, tuple[str, int]] = {}
        """Per entity its descriptor and the value that was acknowledged last."""
        self.relations: set[str] = set()
        self.jobs: set[str] = set()
        self.seconds: list[float] = []
        self.failures: list[tuple[str, str, int, bytes]] = []

    def run(self) -> None:
        try:
            while time.monotonic() < self._deadline:
                self._act()
                time.sleep(self._random.uniform(0.05, 0.2))
        except (OSError, ValueError) as error:
            self.failures.append(("", "", 0, repr(error).encode()))

    def _act(self) -> None:
        choice = self._random.random()
        if choice < 0.2 or not self.created:
            name = f"visitor {self._number} {len(self.created)}"
            answer = self._ask("POST", "/v1/entities", {"display_name": name, "tags": ["load"]})
            if answer:
                self.created[answer["entity_id"]] = name
            return
        entity_id = self._random.choice(list(self.created))
        if choice < 0.3:
            name = f"renamed {self._random.random()}"
            if self._ask("PATCH", f"/v1/entities/{entity_id}", {"display_name": name}):
                self.created[entity_id] = name
        elif choice < 0.4:
            self._measure(entity_id)
        elif choice < 0.47:
            ends = {"src_entity_id": entity_id, "dst_entity_id": entity_id, "relationship_type": "knows"}
            if answer := self._ask("POST", "/v1/relationships", ends):
                self.relations.add(answer["relationship_id"])
        elif choice < 0.5:
            if answer := self._ask(
                "POST", "/v1/jobs", {"job_type": "jobs.prune", "input": {"logs_older_than_days": 3650}}
            ):
                self.jobs.add(answer["job_id"])
        else:
            self._ask("GET", self._random.choice(self._pages(entity_id)))

    def _measure(self, entity_id: str) -> None:
        """Give the entity a height, or another one."""
        value = self._random.randrange(250)
        if entity_id in self.heights:
            descriptor_id = self.heights[entity_id][0]
            answer = self._ask("PATCH", f"/v1/descriptors/{descriptor_id}", {"value": value})
        else:
            body = {"field_key": "height", "value": value}
            answer = self._ask("POST", f"/v1/entities/{entity_id}/descriptors", body)
        if answer:
            self.heights[entity_id] = (answer["descriptor_id"], value)

    def _pages(self, entity_id: str) -> list[str]:
        return [
            f"/v1/entities/{entity_id}",
            f"/v1/entities/{entity_id}",
            "/v1/entities?limit=50",
            "/v1/entities?tag=load&limit=20",
            f"/v1/entities?q=visitor%20{self._number}",
            "/v1/entities?descriptor.height.gte=100&limit=20&total=none",
            f"/v1/entities/{entity_id}/descriptors",
            f"/v1/entities/{entity_id}/graph",
            f"/v1/relationships?entity_id={entity_id}",
            "/v1/jobs?limit=20",
            "/v1/relation-types?query=k",
        ]

    def _ask(self, method: str, path: str, value: Any = None) -> Any:
        began = time.perf_counter()
        status, body = self._client.ask(method, path, b"" if value is None else json.dumps(value).encode())
        self.seconds.append(time.perf_counter() - began)
        if status != 200:
            self.failures.append((method, path, status, body))
            return None
        return json.loads(body)["data"]


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 120)
def test_c05_fifty_clients_lose_no_write_and_meet_no_failure(
    start_process: Any, raw_client: Any, resident_mb: Any
) -> None:
    core = start_process(cold=True)
    raw_client(core).json("POST", "/v1/admin/field-defs", {"field_key": "height", "field_type": "int"})
    deadline = time.monotonic() + SECONDS
    visitors = [Visitor(raw_client(core), number, deadline) for number in range(CLIENTS)]
    for visitor in visitors:
        visitor.start()
    time.sleep(SECONDS / 3)
    early = resident_mb(core.pid)
    for visitor in visitors:
        visitor.join(SECONDS + 60)
    assert [failure for visitor in visitors for failure in visitor.failures] == []
    seconds = sorted(second for visitor in visitors for second in visitor.seconds)
    assert len(seconds) > CLIENTS * SECONDS
    assert seconds[int(len(seconds) * 0.99)] < 0.5
    assert not resident_mb(core.pid) - early > 60
    client = raw_client(core)
    for visitor in visitors:
        for entity_id, name in visitor.created.items():
            assert client.json("GET", f"/v1/entities/{entity_id}")["display_name"] == name
        for entity_id, (descriptor_id, value) in visitor.heights.items():
            (descriptor,) = client.json("GET", f"/v1/entities/{entity_id}/descriptors")["items"]
            assert (descriptor["descriptor_id"], descriptor["value"]) == (descriptor_id, value)
        for relationship_id in visitor.relations:
            assert client.json("GET", f"/v1/relationships/{relationship_id}")["relationship_type"] == "knows"
        for job_id in visitor.jobs:
            assert client.json("GET", f"/v1/jobs/{job_id}")["status"] in {"queued", "running", "succeeded"}
    assert client.json("GET", "/v1/entities")["total"] == sum(len(visitor.created) for visitor in visitors)


@pytest.mark.slow
def test_toggling_a_plugin_forty_times_under_load_fails_no_request(start_process: Any, raw_client: Any) -> None:
    core = start_process(cold=True)
    switch = raw_client(core)
    plugins = core.home / "plugins" / "hello"
    plugins.mkdir()
    for file in EXAMPLE.iterdir():
        if file.is_file():
            (plugins / file.name).write_bytes(file.read_bytes())
    (own,) = [row["plugin_id"] for row in switch.json("GET", "/v1/plugins")["items"] if row["source"] == "folder"]
    done = threading.Event()
    failures: list[tuple[int, bytes]] = []
    answers = Counter[str]()

    def hammer(path: str, pause: float) -> None:
        client = raw_client(core)
        while not done.wait(pause):
            status, body = client.ask("GET", path)
            answers[path] += 1
            if status != 200:
                failures.append((status, body))

    quick = ["/v1/ping", "/v1/entities", "/healthz"]
    # Without pauses the toggle hardly comes to its turn; each document is a second of work.
    pauses = {**dict.fromkeys(quick, 0.005), "/openapi.json": 0.3}
    clients = [threading.Thread(target=hammer, args=item) for item in pauses.items()]
    for client in clients:
        client.start()
    try:
        for turn in range(20):
            for plugin_id in (own, "faceforge.thumbnails"):
                before = answers.copy()
                wish = "disable" if (turn % 2) == (plugin_id != own) else "enable"
                row = switch.json("POST", f"/v1/plugins/{plugin_id}/{wish}")
                assert row["state"] == {"enable": "active", "disable": "disabled"}[wish], row["error"]
                wait_for(lambda before=before: all(answers[path] > before[path] for path in quick))
    finally:
        done.set()
        for client in clients:
            client.join(20)
    assert failures == []
    assert answers["/openapi.json"] > 0


@pytest.mark.slow
def test_c07_slow_readers_of_large_files_cost_little_memory_and_hold_up_nobody(
    start_process: Any, raw_client: Any, resident_mb: Any
) -> None:
    core = start_process(cold=True)
    client = raw_client(core)
    asset_id = client.upload("large.bin", os.urandom(1 << 20) * 200)
    client.ask("GET", "/healthz")
    before = resident_mb(core.pid)
    readers = [raw_client(core) for _ in range(20)]
    for reader in readers:
        reader.send("GET", f"/v1/assets/{asset_id}/download")
        assert reader.receive(4096).startswith(b"HTTP/1.1 200")
    waits = []
    for _ in range(20):
        for reader in readers:
            reader.receive(16384)
        began = time.perf_counter()
        assert client.ask("GET", "/healthz")[0] == 200
        waits.append(time.perf_counter() - began)
    assert sorted(waits)[len(waits) // 2] < 0.25  # I10
    assert not resident_mb(core.pid) - before > 100
