"""Which events are sent, and what becomes of those that the receiver does not take."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from faceforge_sdk import HealthReport
from faceforge_sdk.errors import RetryLater
from faceforge_sdk.events import matches

from .post import Unreachable

if TYPE_CHECKING:
    import logging
    from collections.abc import Sequence

    from faceforge_sdk import Event

    from .post import Post

LONGEST_PAUSE = 300
"""In seconds; pauses begin with one and double."""

_LATER = frozenset({408, 425, 429})


class Delivery:
    """Hands events over at least once: what was not taken is sent again, in order, for as long as it needs.

    `post` is None where no address is configured; events are passed over then.
    """

    def __init__(self, post: Post | None, wanted: Sequence[str], log: logging.Logger) -> None:
        self._post = post
        self._wanted = wanted
        self._log = log
        self._failures = 0
        self._sent = self._refused = 0
        self._trouble = ""

    def handle(self, events: Sequence[Event]) -> None:
        """Send those of up to 500 events that are wanted, as one message.

        Raises `RetryLater` where the receiver is down or busy: Core then waits, and calls with the same events again.
        """
        chosen = [one for one in events if any(matches(pattern, one.type) for pattern in self._wanted)]
        if self._post is None or not chosen:
            return
        body = json.dumps({"events": [asdict(one) for one in chosen]}, ensure_ascii=False).encode()
        try:
            status = self._post.send(body)
        except Unreachable as error:
            raise self._later(str(error)) from error
        if status >= 500 or status in _LATER:
            raise self._later(f"it answers {status}")
        self._failures = 0
        if 200 <= status < 300:
            self._sent += len(chosen)
            self._trouble = ""
            return
        # Whoever says no to a message says so to the same message the next time.
        self._refused += len(chosen)
        self._trouble = f"it refuses messages with {status}"
        self._log.warning("The receiver answered %d; %d events are not sent again.", status, len(chosen))

    def report(self) -> HealthReport:
        """What `faceforge doctor` and the page of the system show. The host alone: addresses may hold secrets."""
        if self._post is None:
            return HealthReport("off", "No address is configured, so nothing is sent.")
        facts = {"host": self._post.host, "sent": str(self._sent), "refused": str(self._refused)}
        if self._trouble:
            advice = "See that the receiver runs, and that the address in the plugin's settings is right."
            return HealthReport("warning", f"The receiver takes no events: {self._trouble}.", advice, facts)
        return HealthReport("ok", "Events are sent as they happen.", facts=facts)

    def _later(self, reason: str) -> RetryLater:
        pause = min(LONGEST_PAUSE, 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        if reason != self._trouble:
            self._log.warning("Events wait: %s.", reason)
        self._trouble = reason
        return RetryLater(f"The receiver takes no events now: {reason}.", retry_after=pause)
