"""What was lately done to many things at once, kept so that it can be taken back."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_REMEMBERED = 20


class Undoable:
    """What was lately moved to the trash together, by a number nobody guesses. Safe from any thread.

    Kept in memory: after a restart of Core the trash itself brings things back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: OrderedDict[str, Sequence[str]] = OrderedDict()

    def remember(self, ids: Sequence[str]) -> str:
        """Returns what `take` asks for: 64 hex characters."""
        token = secrets.token_hex(32)
        with self._lock:
            self._batches[token] = ids
            while len(self._batches) > _REMEMBERED:
                self._batches.popitem(last=False)
        return token

    def take(self, token: str) -> Sequence[str]:
        """The ids, once."""
        with self._lock:
            return self._batches.pop(token, ())
