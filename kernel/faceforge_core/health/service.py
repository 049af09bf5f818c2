"""Asks everybody who knows something about the health of Core, each alone and for a limited time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from faceforge_core.plugins.contributed import GuardedContribution, failure_of
from faceforge_sdk.contributions import HealthCheck, HealthReport
from faceforge_sdk.errors import ContributionFailed
from faceforge_sdk.models import HealthFinding
from faceforge_sdk.texts import to_translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_core.owned import Owned
    from faceforge_core.plugins.contributed import Isolation
    from faceforge_sdk.protocols import Texts

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

    def findings(self, *, deep: bool = False, texts: Texts | None = None) -> Sequence[HealthFinding]:
        """What each check says, in the words of `texts`; `deep` adds those that read much, and are given their time."""
        said = [(check, None, self._tried(check, self._seconds)) for check in self._own]
        said += [(check, None, self._tried(check, None)) for check in self._deep if deep]
        contributed = [(owned.value, owned.plugin_id, self._asked(owned)) for owned in self._contributed()]
        return [_finding(check, plugin_id, report, texts) for check, plugin_id, report in (*said, *contributed)]

    def _asked(self, owned: Owned[HealthCheck]) -> object:
        return self._tried(owned.value, self._seconds) if owned.builtin else self._guarded(owned)

    def _tried(self, check: HealthCheck, seconds: float | None) -> object:
        reports: list[object] = []
        failure = failure_of(f"health {check.name}", lambda: reports.append(check.check()), seconds)
        if failure is None:
            return reports[0]
        _log.warning("The health check %s failed.", check.name, exc_info=failure)
        return _failed(f"{type(failure).__name__}: {failure}"[:300])

    def _guarded(self, owned: Owned[HealthCheck]) -> object:
        guard = GuardedContribution(owned, self._isolation(owned.plugin_id))
        try:
            return guard.call(owned.value.check, seconds=self._seconds)
        except ContributionFailed as failure:
            return _failed(str(failure))


def _finding(check: HealthCheck, plugin_id: str | None, said: object, texts: Texts | None) -> HealthFinding:
    """What a check returned, as a finding; of what is no report in texts that this is so."""
    if not isinstance(said, HealthReport) or not _is_well_made(said):
        said = _failed(f"It returned {type(said).__name__}, and no HealthReport of texts.")
    try:
        summary, advice = _worded(said, texts)
    except (KeyError, TypeError, ValueError) as error:  # a %(name)s without its value, in the report or a translation
        said = _failed(f"Its sentences can't be filled in ({error!r}).")
        summary, advice = _worded(said, texts)
    return HealthFinding(
        name=check.name,
        plugin_id=plugin_id,
        status=said.status,
        summary=summary,
        advice=advice or None,
        facts=dict(said.facts),
    )


def _worded(report: HealthReport, texts: Texts | None) -> tuple[str, str]:
    said = (report.summary, report.advice or "")
    summary, advice = (texts.gettext(one) if texts and one else one for one in said)
    return (summary % report.values, advice % report.values) if report.values else (summary, advice)


def _is_well_made(report: HealthReport) -> bool:
    sentences = [report.summary, report.advice or ""]
    texts = [*sentences, *report.facts, *report.facts.values(), *report.values, *report.values.values()]
    return report.status in _STATUSES and all(isinstance(text, str) for text in texts)


def _failed(reason: str) -> HealthReport:
    return HealthReport(
        "error",
        to_translate("The check itself failed: %(reason)s"),
        to_translate("See the log for more."),
        values={"reason": reason},
    )
