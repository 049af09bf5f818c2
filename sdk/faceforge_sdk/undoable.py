"""What was lately done, kept so that it can be taken back."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_REMEMBERED = 20

Thing = TypeVar("Thing")


class Undoable(Generic[Thing]):
    """What was lately changed together, such as the ids of what went to the trash, by a number nobody guesses.

    Safe from any thread. Kept in memory: after a restart of Core only the trash brings things back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: OrderedDict[str, Sequence[Thing]] = OrderedDict()

    def remember(self, things: Sequence[Thing]) -> str:
        """Returns what `take` asks for: 64 hex characters."""
        token = secrets.token_hex(32)
        with self._lock:
            self._batches[token] = things
            while len(self._batches) > _REMEMBERED:
                self._batches.popitem(last=False)
        return token

    def take(self, token: str) -> Sequence[Thing]:
        """What was remembered, once; nothing for another number."""
        with self._lock:
            return self._batches.pop(token, ())
