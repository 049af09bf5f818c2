"""The trash over HTTP; lists and restores are with their kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.models import Job, Purged, PurgeRequest, TrashKind, TrashSummary

from .exchange import at
from .wishes import wish

if TYPE_CHECKING:
    from .exchange import Exchange

_ROOT = "/v1/trash"


class Trash:
    """What was deleted and can be restored."""

    def __init__(self, exchange: Exchange) -> None:
        self._ask = exchange.ask

    def summary(self, older_than_days: int | None = None) -> TrashSummary:
        """How much lies in it, or how much of it was deleted at least so long ago."""
        return self._ask("GET", _ROOT, TrashSummary, query={"older_than_days": older_than_days})

    def purge(self, kind: TrashKind, thing_id: str) -> None:
        """Remove one thing for good. Raises `NotFound` if it is not in the trash, and `StorageUnavailable`."""
        self._ask("DELETE", _ROOT + at(kind, thing_id), Purged)

    def purge_older(self, request: PurgeRequest | None = None, /, **facts: Any) -> Job:
        """Remove for good what is old enough: ``purge_older(kinds=["assets"], older_than_days=90)``. Gives the job."""
        return self._ask("POST", f"{_ROOT}/purge", Job, body=wish(PurgeRequest, request, facts))
