"""What stands around the guard: the names of requests, and what is counted of them."""

from __future__ import annotations

import json
import logging
import re
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.config_model import CoreConfig
from faceforge_core.web.request_watch import RequestCounts, RequestWatch

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def counts() -> RequestCounts:
    return RequestCounts()


@pytest.fixture
def ask(door: Any, counts: RequestCounts) -> Callable[..., Any]:
    """Asks the guarded app as it is watched."""
    watch = RequestWatch(door.app, counts, lambda: door.config)
    return lambda method, target, *headers: door.ask(
        method, target, [("authorization", f"Bearer {door.token}"), *headers], app=watch
    )


def samples(counts: RequestCounts, name: str) -> dict[tuple[str, ...], Any]:
    metric = next(metric for metric in counts.metrics() if metric.name == f"faceforge_http_{name}")
    return {sample.labels: sample for sample in metric.samples}


def test_every_answer_names_its_request_also_a_refusal(ask, door) -> None:
    names = {ask("GET", path).headers["x-request-id"] for path in ("/healthz", "/v1/who", "/nowhere", "/v1/broken")}
    door.token = "another"
    names.add(ask("GET", "/v1/who", ("authorization", "Bearer wrong")).headers["x-request-id"])
    assert len(names) == 5
    assert all(re.fullmatch(r"[0-9a-f]{12}", name) for name in names)


def test_a_plain_name_of_the_client_is_kept_and_any_other_replaced(ask) -> None:
    assert ask("GET", "/healthz", ("x-request-id", "job_7.part-2")).headers["x-request-id"] == "job_7.part-2"
    for odd in ("", "two words", "x" * 65, "a\tb", "<b>"):
        assert re.fullmatch(r"[0-9a-f]{12}", ask("GET", "/healthz", ("x-request-id", odd)).headers["x-request-id"])


def test_the_log_of_a_failure_carries_the_name_that_the_client_got(client_of_home, faceforge) -> None:
    answer = client_of_home("x-request-id", "find-me").get("/v1/plugins/demo.fails/now")
    assert answer.status_code == 500
    lines = (faceforge.home / "logs" / "core.log").read_text(encoding="utf-8").splitlines()
    assert any("[find-me]" in line and "/v1/plugins/demo.fails/now" in line for line in lines)


@pytest.fixture
def client_of_home(faceforge, tmp_path) -> Callable[[str, str], Any]:
    """A client of a Core with a plugin whose only route fails."""
    folder = tmp_path / "fails"
    folder.mkdir()
    manifest = {"id": "demo.fails", "name": "Fails", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(
        "from fastapi import APIRouter\nfrom faceforge_sdk import Router, hookimpl\n\n\n"
        "@hookimpl\ndef register_routers(ctx):\n    router = APIRouter()\n\n"
        "    @router.get('/now')\n    def now():\n        raise RuntimeError('on purpose')\n\n"
        "    return [Router(router)]\n"
    )
    faceforge.install_plugin(folder)
    faceforge.client._transport.raise_server_exceptions = False

    def with_header(name: str, value: str) -> Any:
        faceforge.client.headers[name] = value
        return faceforge.client

    return with_header


def test_requests_are_counted_by_route_and_not_by_address(ask, counts) -> None:
    for path in ("/v1/who", "/v1/who?again=1", "/nowhere", "/no/where/else"):
        ask("GET", path)
    ask("DELETE", "/v1/who")
    ask("BREW", "/v1/who")
    found = {labels: sample.value for labels, sample in samples(counts, "requests").items()}
    assert found[("GET", "/v1/who", "200")] == 2
    assert found[("GET", "none", "404")] == 2
    assert [labels[0] for labels in found if labels[2] == "405"] == ["DELETE", "other"]


def test_the_template_holds_the_prefix_under_which_a_plugin_is_served(faceforge) -> None:
    faceforge.client.get("/ui/jobs/nothing-of-this-name")
    (found,) = [labels for labels in samples(faceforge.kernel.requests, "requests") if labels[1].startswith("/ui/")]
    assert found[:2] == ("GET", "/ui/jobs/{job_id}")


def test_durations_are_counted_up_to_each_bound(counts) -> None:
    for seconds in (0.0004, 0.001, 0.03, 99):
        counts.count("GET", "/x", 200, seconds)
    sample = samples(counts, "request_duration_seconds")[("GET", "/x")]
    buckets = dict(sample.buckets)
    assert (buckets[0.001], buckets[0.025], buckets[0.05], buckets[10.0], buckets[inf]) == (2, 2, 3, 3, 4)
    assert sample.value == pytest.approx(99.0314)


def test_what_is_under_way_is_counted_until_it_ends(ask, counts) -> None:
    ask("GET", "/v1/broken")
    assert samples(counts, "requests_under_way")[()].value == 0


def test_a_line_per_request_is_written_where_it_is_wanted(ask, door, caplog) -> None:
    caplog.set_level(logging.INFO, "faceforge_core.web.request_watch")
    ask("GET", "/healthz?q=private")
    assert not caplog.records
    door.config = CoreConfig.model_validate({"logging": {"requests": True}})
    ask("GET", "/healthz?q=private")
    (record,) = caplog.records
    assert re.fullmatch(r"GET /healthz: 200 in [\d.]+ ms", record.getMessage())
    assert (record.method, record.path, record.status) == ("GET", "/healthz", 200)
