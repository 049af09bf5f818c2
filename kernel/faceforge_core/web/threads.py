"""The threads that plain ``def`` routes run on."""

from __future__ import annotations

from typing import Final

from anyio import to_thread

ROUTE_THREADS: Final = 120


def widen_thread_pool(threads: int = ROUTE_THREADS) -> None:
    """Let that many plain ``def`` routes run at once on the event loop it is called from; once, at start-up.

    The default of 40 would let as many slow uploads stand in the way of everybody else.
    """
    to_thread.current_default_thread_limiter().total_tokens = threads
