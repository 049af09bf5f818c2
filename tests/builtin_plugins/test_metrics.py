"""``/metrics``: off until it is wanted, behind the token, and read by Prometheus' own parser."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text


@pytest.fixture
def serving(faceforge):
    """A Core that serves its metrics."""
    faceforge.kernel.plugins.configure("faceforge.metrics", {"enabled": True})
    return faceforge


def values(text: str, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in read_text(text)
        for sample in family.samples
        if sample.name == f"faceforge_{name}"
    }


def test_without_the_wish_there_is_no_such_address(client) -> None:
    assert client.get("/metrics").status_code == 404
    assert "/metrics" not in client.get("/openapi.json").json()["paths"]


def test_it_needs_the_token(serving) -> None:
    del serving.client.headers["Authorization"]
    assert serving.client.get("/metrics").status_code == 401


def test_it_tells_what_the_library_holds_and_how_core_is(serving) -> None:
    for number in range(3):
        serving.client.post("/v1/entities", json={"display_name": f"Number {number}"}).raise_for_status()
    serving.client.get("/v1/entities/nothing")
    answer = serving.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    text = answer.text
    assert values(text, "entities") == {(): 3}
    assert values(text, "assets") == {(): 0}
    assert values(text, "http_requests_total")[("POST", "/v1/entities", "200")] == 3
    assert values(text, "http_request_duration_seconds_count")[("POST", "/v1/entities")] == 3
    assert values(text, "storage_available") == {("fs",): 1}
    assert values(text, "plugins")[("active",)] > 20
    assert values(text, "database_bytes")[("main",)] > 0
    assert set(values(text, "events_waiting").values()) <= {0.0, 1.0, 2.0, 3.0}
    assert values(text, "build_info").popitem()[1] == 1


def test_jobs_are_counted_by_status(serving) -> None:
    serving.run_job("storage.verify")
    assert values(serving.client.get("/metrics").text, "jobs")[("succeeded",)] >= 1


def test_whoever_asks_for_openmetrics_gets_it(serving) -> None:
    answer = serving.client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert "faceforge_entities" in {family.name for family in read_openmetrics(answer.text)}


def test_two_cores_in_one_process_count_apart(start_core, tmp_path) -> None:
    one, other = (start_core(tmp_path / name) for name in ("one", "other"))
    for core in (one, other):
        core.kernel.plugins.configure("faceforge.metrics", {"enabled": True})
    one.client.post("/v1/entities", json={"display_name": "Ada"}).raise_for_status()
    assert values(one.client.get("/metrics").text, "entities") == {(): 1}
    assert values(other.client.get("/metrics").text, "entities") == {(): 0}
