"""The outermost layer: names every request, times it, counts it, and writes it down where that is wanted."""

from __future__ import annotations

import logging
import re
import time
from bisect import bisect_left
from itertools import accumulate
from math import inf
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from faceforge_core import log_lines
from faceforge_sdk.metrics import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from faceforge_core.config import CoreConfig

logger = logging.getLogger(__name__)

HEADER: Final = b"x-request-id"
_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, inf)
_NO_ROUTE: Final = "none"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestCounts:
    """How many requests were answered, how, and how long it took, by method and route.

    Counted on the event loop alone; `metrics` may be asked on any thread.
    """

    def __init__(self) -> None:
        self.under_way = 0
        self._answers: dict[tuple[str, str, str], int] = {}
        self._times: dict[tuple[str, str], list[int]] = {}
        self._seconds: dict[tuple[str, str], float] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request that has ended; `route` is its template (``/v1/assets/{asset_id}``)."""
        answer, place = (method, route, str(status)), (method, route)
        self._answers[answer] = self._answers.get(answer, 0) + 1
        self._times.setdefault(place, [0] * len(_BOUNDS))[bisect_left(_BOUNDS, seconds)] += 1
        self._seconds[place] = self._seconds.get(place, 0.0) + seconds

    def metrics(self) -> Sequence[Metric]:
        """What was counted since the start."""
        answers = [Sample(count, labels) for labels, count in self._answers.copy().items()]
        times = [
            Sample(self._seconds[place], place, tuple(zip(_BOUNDS, accumulate(counts), strict=True)))
            for place, counts in self._times.copy().items()
        ]
        return (
            Metric(
                "faceforge_http_requests",
                "Requests that were answered.",
                "counter",
                answers,
                ("method", "route", "status"),
            ),
            Metric(
                "faceforge_http_request_duration_seconds",
                "From a request's head to the end of its answer.",
                "histogram",
                times,
                ("method", "route"),
            ),
            Metric(
                "faceforge_http_requests_under_way", "Requests not yet answered.", "gauge", [Sample(self.under_way)]
            ),
        )


class RequestWatch:
    """Wraps the guard. Every answer carries ``X-Request-Id``: the client's own if it is a plain word, else a new one.

    The same id stands in the lines of the log that the request causes.
    """

    def __init__(self, app: ASGIApp, counts: RequestCounts, config: Callable[[], CoreConfig]) -> None:
        self._app = app
        self._counts = counts
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given(scope) or token_hex(6).encode()
        status = 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, request_id)]
            await send(message)

        began = time.perf_counter()
        self._counts.under_way += 1
        with log_lines.request(request_id.decode()):
            try:
                await self._app(scope, receive, named)
            finally:
                self._counts.under_way -= 1
                self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._counts.count(method, _route(scope), status, seconds)
        if self._config().logging.requests:
            facts = {"method": method, "path": scope["path"], "status": status, "ms": round(seconds * 1000, 1)}
            logger.info("%(method)s %(path)s: %(status)d in %(ms)s ms", facts, extra=facts)


def _given(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == HEADER and _GIVEN_ID.fullmatch(value):
            return bytes(value)
    return None


def _route(scope: Scope) -> str:
    """The template of the route that answered: as many as Core has routes, whatever addresses are asked for.

    FastAPI notes the template with the prefix under a key of its own; the route itself knows only the rest.
    """
    included = scope.get("fastapi", {}).get("effective_route_context")
    return getattr(included or scope.get("route"), "path", None) or _NO_ROUTE
