"""Asks everybody who knows something about the health of Core, each alone and for a limited time."""

from __future__ import annotations

import logging
from dataclasses import fields
from typing import TYPE_CHECKING

from faceforge_core.plugins.contributed import GuardedContribution, failure_of
from faceforge_sdk.contributions import HealthCheck, HealthReport
from faceforge_sdk.errors import ContributionFailed
from faceforge_sdk.models import HealthFinding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_core.owned import Owned
    from faceforge_core.plugins.contributed import Isolation

_log = logging.getLogger(__name__)

SECONDS = 5.0
_STATUSES = frozenset({"ok", "warning", "error", "off"})


class HealthService:
    """Core's own checks, then those of plugins.

    A check of a built-in that fails is an error of that check and nothing more: what keeps the files must not be
    switched off because a disk is slow to tell how full it is. For others the usual rule holds.
    """

    def __init__(
        self,
        own: Sequence[HealthCheck],
        deep: Sequence[HealthCheck],
        contributed: Callable[[], Sequence[Owned[HealthCheck]]],
        isolation: Callable[[str], Isolation],
        seconds: float = SECONDS,
    ) -> None:
        self._own = own
        self._deep = deep
        self._contributed = contributed
        self._isolation = isolation
        self._seconds = seconds

    def findings(self, *, deep: bool = False) -> Sequence[HealthFinding]:
        """What each check says; `deep` adds those that read much, and are given the time they take."""
        findings = [self._tried(check, None, self._seconds) for check in self._own]
        findings += [self._tried(check, None, None) for check in self._deep if deep]
        findings += [
            self._tried(owned.value, owned.plugin_id, self._seconds) if owned.builtin else self._guarded(owned)
            for owned in self._contributed()
        ]
        return findings

    def _tried(self, check: HealthCheck, plugin_id: str | None, seconds: float | None) -> HealthFinding:
        reports: list[object] = []
        failure = failure_of(f"health {check.name}", lambda: reports.append(check.check()), seconds)
        if failure is None:
            return _finding(check, plugin_id, reports[0])
        _log.warning("The health check %s failed.", check.name, exc_info=failure)
        return _failed(check, plugin_id, f"{type(failure).__name__}: {failure}"[:300])

    def _guarded(self, owned: Owned[HealthCheck]) -> HealthFinding:
        guard = GuardedContribution(owned, self._isolation(owned.plugin_id))
        try:
            return _finding(owned.value, owned.plugin_id, guard.call(owned.value.check, seconds=self._seconds))
        except ContributionFailed as failure:
            return _failed(owned.value, owned.plugin_id, str(failure))


def _finding(check: HealthCheck, plugin_id: str | None, report: object) -> HealthFinding:
    if not isinstance(report, HealthReport) or not _is_well_made(report):
        return _failed(check, plugin_id, f"It returned {type(report).__name__}, and no HealthReport of texts.")
    said = {one.name: getattr(report, one.name) for one in fields(report)}
    return HealthFinding(name=check.name, plugin_id=plugin_id, **{**said, "facts": dict(report.facts)})


def _is_well_made(report: HealthReport) -> bool:
    texts = [report.summary, report.advice or "", *report.facts, *report.facts.values()]
    return report.status in _STATUSES and all(isinstance(text, str) for text in texts)


def _failed(check: HealthCheck, plugin_id: str | None, reason: str) -> HealthFinding:
    return HealthFinding(
        name=check.name,
        plugin_id=plugin_id,
        status="error",
        summary=f"The check itself failed: {reason}",
        advice="See the log for more.",
        facts={},
    )
