"""The state of the list of jobs, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast, get_args
from urllib.parse import urlencode

from faceforge_sdk.models import JobQuery, JobStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH: Final = "/ui/jobs"
PAGE_SIZE: Final = 50

_MAX_CURSOR = 2000
_MAX_TYPE = 200


@dataclass(frozen=True, slots=True)
class Listing:
    """What is shown. An address may hold anything: what makes no sense counts as not said."""

    status: JobStatus | None = None
    job_type: str = ""
    background: bool = False
    cursor: str = ""

    @classmethod
    def from_address(cls, values: Mapping[str, str]) -> Listing:
        """Read a query string's values."""
        status, cursor = values.get("status", ""), values.get("cursor", "")
        return cls(
            status=cast("JobStatus", status) if status in get_args(JobStatus) else None,
            job_type=values.get("type", "").strip()[:_MAX_TYPE],
            background=values.get("background") == "1",
            cursor=cursor if len(cursor) <= _MAX_CURSOR else "",
        )

    @property
    def filtered(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.status or self.job_type)

    def query(self) -> JobQuery:
        """The page of jobs that this asks for."""
        return JobQuery(
            limit=PAGE_SIZE,
            cursor=self.cursor or None,
            status=self.status,
            job_type=self.job_type or None,
            background=self.background,
            total="none",
        )

    def count(self, status: JobStatus, *, background: bool) -> JobQuery:
        """What counts the jobs of a state."""
        return JobQuery(limit=1, status=status, job_type=self.job_type or None, background=background)

    def address(self, **changes: str) -> str:
        """Where the list stands after `changes`; from its beginning, unless they name a cursor."""
        said = {"status": self.status or "", "type": self.job_type, "background": "1" if self.background else ""}
        query = urlencode({name: value for name, value in {**said, **changes}.items() if value})
        return f"{PATH}?{query}" if query else PATH
