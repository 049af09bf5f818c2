"""Work that comes again and again: when, and what it takes calmly."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from faceforge_sdk.errors import TooManyRequests
from faceforge_sdk.recurring import Recurring

if TYPE_CHECKING:
    import pytest

LOG = logging.getLogger("recurring")


def test_work_comes_again_and_again_even_after_it_failed_and_not_once_it_was_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    moments: list[float] = []
    enough = threading.Event()

    def work() -> None:
        moments.append(time.monotonic())
        if len(moments) == 3:
            enough.set()
        raise TooManyRequests("The queue is full.")

    began = time.monotonic()
    with Recurring("rounds", work, LOG, first_after=0.2, every=0.01):
        assert enough.wait(60)
    assert moments[0] - began >= 0.2
    assert "'rounds' was not done, and is tried again: The queue is full." in caplog.text
    after = len(moments)
    time.sleep(0.1)
    assert len(moments) == after


def test_it_is_left_at_once() -> None:
    began = time.monotonic()
    with Recurring("rounds", lambda: None, LOG, first_after=60.0, every=60.0):
        pass
    assert time.monotonic() - began < 30
