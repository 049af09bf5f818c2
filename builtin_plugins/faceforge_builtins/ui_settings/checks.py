"""The check of everything that is stored: asking for it, and its last result in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from faceforge_sdk.models import JobQuery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Job
    from faceforge_sdk.protocols import Texts

VERIFY: Final = "storage.verify"


@dataclass(frozen=True, slots=True)
class Check:
    """A check that runs or ran: `summary` says what came out of it, `problems` each kind of what is wrong."""

    job: Job
    summary: str
    problems: Sequence[str] = ()

    @property
    def good(self) -> bool:
        return self.job.status == "succeeded" and not self.problems


def last_check(ctx: PluginContext, texts: Texts) -> Check | None:
    """The newest one; None if nobody ever asked for any."""
    found = ctx.jobs.list(JobQuery(job_type=VERIFY, limit=1, total="none")).items
    return _check(found[0], texts) if found else None


def _check(job: Job, texts: Texts) -> Check:
    _ = texts.gettext
    if not job.ended:
        return Check(job, _("A check is under way."))
    if job.status == "canceled":
        return Check(job, _("The last check was canceled."))
    if job.status == "failed":
        reason = job.error.message if job.error else ""
        return Check(job, _("The last check did not come to its end: %(reason)s", reason=reason))
    result: Mapping[str, Any] = job.result or {}
    looked = texts.ngettext(
        "%(num)s file was looked at.", "%(num)s files were looked at.", _number(result, "checked_assets")
    )
    hashed = _number(result, "hashed_assets")
    if hashed:
        looked += " " + texts.ngettext("%(num)s was read in full.", "%(num)s were read in full.", hashed)
    counts = result.get("counts")
    problems = [_problem(code, count, texts) for code, count in (counts or {}).items() if count]
    if not problems:
        looked += " " + _("Everything is as it should be.")
    return Check(job, looked, problems)


def _problem(code: str, count: int, texts: Texts) -> str:
    """One kind of what can be wrong; see `faceforge_sdk.models.Finding`."""
    said = {
        "missing": texts.ngettext("%(num)s file is missing.", "%(num)s files are missing.", count),
        "size": texts.ngettext("%(num)s file has another size.", "%(num)s files have another size.", count),
        "hash": texts.ngettext("%(num)s file is damaged.", "%(num)s files are damaged.", count),
        "unavailable": texts.ngettext("%(num)s place does not answer.", "%(num)s places do not answer.", count),
        "orphan": texts.ngettext("%(num)s file belongs to nothing.", "%(num)s files belong to nothing.", count),
        "leftover": texts.ngettext("%(num)s upload never ended.", "%(num)s uploads never ended.", count),
    }
    return said.get(code) or texts.ngettext("%(num)s fault in the database.", "%(num)s faults in the database.", count)


def _number(result: Mapping[str, Any], name: str) -> int:
    found = result.get(name)
    return found if isinstance(found, int) else 0
