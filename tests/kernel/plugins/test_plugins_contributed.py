"""Calls into contributions: whatever one does, the caller goes on, and it is found out."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import pytest

from faceforge_core.owned import Owned
from faceforge_core.plugins.contributed import MAX_CALLS_AT_ONCE, GuardedContribution, Isolation
from faceforge_sdk import EntityPanel
from faceforge_sdk.errors import ContributionFailed, InvalidInput, JobCancelled

PANEL = """
from faceforge_sdk import EntityPanel, hookimpl

def load(entity_id):
    if entity_id == "good":
        return {"fine": True}
    import test_gate
    return test_gate.misbehave()

@hookimpl
def register_entity_panels(ctx):
    return [EntityPanel("p", "P", "p.html", load)]
"""


def raise_it(error: BaseException) -> None:
    raise error


def recurse() -> None:
    recurse()


class Guarded:
    def __init__(self) -> None:
        self.given_up: list[str] = []
        self.isolation = Isolation("bad.one", self.given_up.append)
        self.call = GuardedContribution(Owned("bad.one", "value"), self.isolation).call


@pytest.fixture
def guarded() -> Guarded:
    return Guarded()


@pytest.fixture
def waiting() -> Any:
    """An event that ends what hangs in these tests, at the latest when they are over."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (lambda: raise_it(ValueError("no")), "ValueError: no"),
        (lambda: raise_it(SystemExit(3)), "SystemExit: 3"),
        (lambda: raise_it(KeyboardInterrupt()), "KeyboardInterrupt"),
        (recurse, "RecursionError"),
        (lambda: {}["junk"], "KeyError"),
    ],
)
def test_p07_whatever_a_call_raises_is_a_failed_contribution(
    guarded: Guarded, work: Any, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ContributionFailed, match=told) as caught:
        guarded.call(work)
    assert caught.value.plugin_id == "bad.one"
    assert "bad.one" in caplog.text


def test_p07_a_call_that_hangs_is_not_waited_for(guarded: Guarded, waiting: threading.Event) -> None:
    started = time.monotonic()
    with pytest.raises(ContributionFailed, match=r"no answer within 0\.05 s"):
        guarded.call(waiting.wait, seconds=0.05)
    assert time.monotonic() - started < 60


def test_p07_three_failures_in_a_row_are_enough_and_an_answer_between_forgives(guarded: Guarded) -> None:
    def fail() -> None:
        with pytest.raises(ContributionFailed):
            guarded.call(lambda: 1 / 0)

    fail()
    fail()
    assert guarded.call(lambda: "well") == "well"
    fail()
    fail()
    assert guarded.given_up == []
    fail()
    assert len(guarded.given_up) == 1
    fail()
    assert len(guarded.given_up) == 1


def test_an_error_of_the_sdk_is_an_answer_and_no_failure_of_the_plugin(guarded: Guarded) -> None:
    for _ in range(5):
        with pytest.raises(ContributionFailed) as caught:
            guarded.call(lambda: raise_it(InvalidInput("not a picture")))
        assert isinstance(caught.value.__cause__, InvalidInput)
    with pytest.raises(JobCancelled):
        guarded.call(lambda: raise_it(JobCancelled()))
    assert guarded.given_up == []


def test_calls_that_hang_occupy_a_bounded_number_of_threads(guarded: Guarded, waiting: threading.Event) -> None:
    before = threading.active_count()
    for _ in range(MAX_CALLS_AT_ONCE + 5):
        with pytest.raises(ContributionFailed):
            guarded.call(waiting.wait, seconds=0.01)
    assert threading.active_count() - before <= MAX_CALLS_AT_ONCE
    with pytest.raises(ContributionFailed, match="earlier calls into it have not ended"):
        guarded.call(lambda: "never asked", seconds=0.01)
    waiting.set()
    assert guarded.call(lambda: "answered again") == "answered again"


@pytest.mark.parametrize(
    "misbehave",
    [lambda: 1 / 0, lambda: raise_it(SystemExit(1)), recurse, lambda: threading.Event().wait(30)],
)
def test_p07_a_plugin_whose_calls_keep_failing_is_taken_out_and_the_wish_stays(
    house: Any, gate: Any, misbehave: Any, caplog: pytest.LogCaptureFixture
) -> None:
    gate.misbehave = misbehave
    house.plugin("bad.one", plugin=PANEL)
    house.start()
    house.plugins.enable("bad.one")
    [panel] = house.plugins.contributed(EntityPanel)
    assert panel.call(lambda: panel.value.load("good")) == {"fine": True}
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            with pytest.raises(ContributionFailed):
                panel.call(lambda: panel.value.load("bad"), seconds=0.2)
    row = house.plugins.get("bad.one")
    assert (row.enabled, row.state) == (True, "error")
    assert "3 calls in a row failed" in row.error.summary
    assert "bad.one" in caplog.text
    house.wait_until(lambda: house.events[-1:] == ["plugin.failed bad.one"])
    assert house.plugins.contributed(EntityPanel) == []
    assert house.plugins.enable("bad.one").state == "active"
    [panel] = house.plugins.contributed(EntityPanel)
    assert panel.call(lambda: panel.value.load("good")) == {"fine": True}


def test_a_plugin_that_is_disabled_while_it_is_given_up_ends_as_disabled(house: Any, gate: Any) -> None:
    house.plugin("bad.one", plugin=PANEL)
    house.start()
    house.plugins.enable("bad.one")
    [panel] = house.plugins.contributed(EntityPanel)

    def disable(record: logging.LogRecord) -> bool:
        if "is taken out" in record.getMessage():
            house.plugins.disable("bad.one")
        return True

    logger = logging.getLogger("faceforge_core.plugins.switch")
    logger.addFilter(disable)
    try:
        for _ in range(3):
            with pytest.raises(ContributionFailed):
                panel.call(lambda: 1 / 0)
    finally:
        logger.removeFilter(disable)
    house.wait_until(lambda: house.plugins.get("bad.one").state == "disabled")
    assert house.plugins.get("bad.one").error is None


def test_p07_an_essential_built_in_is_only_reported(house: Any, caplog: pytest.LogCaptureFixture) -> None:
    house.builtin("faceforge.extra", code=PANEL, essential=True)
    house.start()
    [panel] = house.plugins.contributed(EntityPanel)
    for _ in range(3):
        with pytest.raises(ContributionFailed):
            panel.call(lambda: 1 / 0)
    assert house.plugins.get("faceforge.extra").state == "active"
    assert "keeps failing" in caplog.text
