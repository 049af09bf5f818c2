"""The sentences a page may show after a redirect; addresses carry only their codes, never text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk.protocols import Texts


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence. `undo` and `role` are there for the shell, which shows notices of many kinds."""

    text: str
    undo: str | None = None
    role: str = ""


def notice_of(values: Mapping[str, str], texts: Texts) -> Notice | None:
    """The notice that an address asks for; None for a code that is not ours."""
    sentences: Mapping[str, str] = {
        "stopping": texts.gettext("The job was asked to stop."),
        "over": texts.gettext("The job had ended already."),
        "again": texts.gettext("The job is queued again."),
        "undoing": texts.gettext("The import is being undone."),
        "started": texts.gettext("The import is queued."),
    }
    text = sentences.get(values.get("notice", ""))
    return None if text is None else Notice(text)


def job_address(job_id: str, notice: str = "") -> str:
    """A job's page, with a notice to show there."""
    return f"/ui/jobs/{job_id}" + (f"?{urlencode({'notice': notice})}" if notice else "")
