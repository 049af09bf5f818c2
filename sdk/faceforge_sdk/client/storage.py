"""Where bytes lie, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.models import Job, MigratePlan, MigrateRequest, StorageUsage, VerifyOptions

from .wishes import wish

if TYPE_CHECKING:
    from .exchange import Exchange

_ROOT = "/v1/storage"


class Storage:
    """The places that hold bytes. What reads or moves them is a job: wait for it with ``ff.jobs.wait``."""

    def __init__(self, exchange: Exchange) -> None:
        self._ask = exchange.ask

    def usage(self) -> StorageUsage:
        """What each provider holds."""
        return self._ask("GET", _ROOT, StorageUsage)

    def verify(self, options: VerifyOptions | None = None, /, **facts: Any) -> Job:
        """Check that every file is there and whole: ``verify(deep=True)``. The job's result is a `VerifyReport`."""
        return self._ask("POST", f"{_ROOT}/verify", Job, body=wish(VerifyOptions, options, facts))

    def plan_migration(self, request: MigrateRequest | None = None, /, **facts: Any) -> MigratePlan:
        """What `migrate` would move. Raises `InvalidInput` for a provider that there is not."""
        return self._ask("POST", f"{_ROOT}/migrate/plan", MigratePlan, body=wish(MigrateRequest, request, facts))

    def migrate(self, request: MigrateRequest | None = None, /, **facts: Any) -> Job:
        """Move files to another provider: ``migrate(to="s3", kind="video")``. Raises as `plan_migration`."""
        return self._ask("POST", f"{_ROOT}/migrate", Job, body=wish(MigrateRequest, request, facts))
