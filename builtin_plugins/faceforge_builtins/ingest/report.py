"""What a reading says of itself: its figures, a line for each batch, and one for each problem."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faceforge_sdk import JobContext

MAX_LINES = 100
"""Problems that are told one by one; a library of broken files does not make a log of its size."""


class Report:
    """`unavailable` counts files whose storage did not answer."""

    def __init__(self, job: JobContext[Any]) -> None:
        self._job = job
        self._figures = Counter[str]()
        self._told = Counter[str]()

    @property
    def unavailable(self) -> int:
        return self._figures["unavailable"]

    def looked_at(self, files: int) -> None:
        """So many assets were looked at, whether or not there was something to read."""
        self._figures["files"] += files

    def recorded(self, files: int) -> None:
        """What was read out of so many is kept."""
        self._figures["read"] += files

    def storage_silent(self, asset_id: str, why: str) -> None:
        """A file's storage does not answer."""
        self._figures["unavailable"] += 1
        self._warn("The file can't be reached", asset_id=asset_id, error=why)

    def unreadable(self, asset_id: str, why: str) -> None:
        """A file's bytes can't be had."""
        self._figures["problems"] += 1
        self._warn("The file can't be read", asset_id=asset_id, error=why)

    def found_wrong(self, extractor: str, asset_id: str, why: str) -> None:
        """An extractor says what is wrong with a file."""
        self._figures["problems"] += 1
        self._warn(why, asset_id=asset_id, extractor=extractor)

    def extractor_failed(self, plugin_id: str, extractor: str, files: int, why: str) -> None:
        """An extractor failed, and so many files are without what it would have found."""
        self._figures["problems"] += files
        message = f"{extractor} of the plugin {plugin_id} failed; {files} files are without what it reads"
        self._warn(message, plugin_id=plugin_id, extractor=extractor, error=why)

    def batch_done(self) -> None:
        """A batch is through: one line, with the figures since the one before."""
        new = self._figures - self._told
        self._told = Counter(self._figures)
        self._job.log("info", f"Read {new['read']} of {new['files']} files", dict(new))

    @property
    def result(self) -> dict[str, Any]:
        """The figures up to now."""
        return {name: self._figures[name] for name in ("files", "read", "problems")}

    def _warn(self, message: str, **data: str) -> None:
        self._figures["warnings"] += 1
        if self._figures["warnings"] <= MAX_LINES:
            self._job.log("warning", message, data)
        elif self._figures["warnings"] == MAX_LINES + 1:
            self._job.log("warning", "Further problems are counted, and not told one by one")
