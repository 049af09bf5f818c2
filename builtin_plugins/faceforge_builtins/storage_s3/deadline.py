"""Requests that are waited for only so long: a socket's own limit begins anew with each byte."""

from __future__ import annotations

import time
from concurrent.futures import Future, wait
from contextvars import copy_context
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from .pace import TooSlow

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Progress:
    """When something useful happened last."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def note(self) -> None:
        """Now."""
        self.last = time.monotonic()


def in_time(work: Callable[[], T], seconds: float, progress: Progress | None = None) -> T:
    """What `work` returns or raises. Raises `TooSlow` once there was no progress for `seconds`.

    The thread it runs on is then left to itself and ends when the server does, or with the next thing it tries.
    """
    since = progress or Progress()
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001  # handed to whoever waits
            answer.set_exception(error)

    Thread(target=copy_context().run, args=(run,), name="faceforge-s3-request", daemon=True).start()
    while not answer.done():
        left = since.last + seconds - time.monotonic()
        if left <= 0:
            raise TooSlow(f"nothing useful for {seconds:g} s")
        wait([answer], left)
    return answer.result()
