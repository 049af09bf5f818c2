"""The sentences a page may show after a redirect; addresses carry only their codes, never text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk.notices import Notice, with_notice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk.protocols import Texts


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
    return with_notice(f"/ui/jobs/{job_id}", notice) if notice else f"/ui/jobs/{job_id}"
