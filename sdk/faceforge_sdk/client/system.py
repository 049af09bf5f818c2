"""The running Core as it describes itself, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from faceforge_sdk.models import HealthFinding, Items, Pong, SystemInfo

from .exchange import SLOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .exchange import Exchange


class System:
    """The running Core."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def ping(self) -> None:
        """Make sure that Core answers and takes the token. Raises `CoreUnreachable`, `Unauthorized`."""
        self._exchange.ask("GET", "/v1/ping", Pong)

    def answers(self) -> bool:
        """Whether something answers at the address at all, and at once; needs no token and never raises."""
        request = self._exchange.request("GET", "/healthz", timeout=2.0)
        try:
            return self._exchange.http.send(request).is_success
        except httpx2.TransportError:
            return False

    def info(self) -> SystemInfo:
        """Version, places, and what the owner should look at."""
        return self._exchange.ask("GET", "/v1/system/info", SystemInfo)

    def health(self, *, deep: bool = False) -> Sequence[HealthFinding]:
        """What Core's own checks and those of plugins say; takes seconds, and with `deep` perhaps minutes."""
        query, kind = {"deep": deep}, Items[HealthFinding]
        return self._exchange.ask("GET", "/v1/system/health", kind, query=query, timeout=SLOW).items
