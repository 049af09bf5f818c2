"""A dry run: what an import would find and bring in. It opens no file and stores nothing."""

from __future__ import annotations

import time
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from .intake import as_text, origin_of
from .owners import Owners
from .progress import EVERY_SECONDS, size
from .scan import scan
from .selection import Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Imports

    from .report import Report
    from .request import BulkImport
    from .scan import FoundFile

_GROUP = 500
_SHOWN = 200
"""So many extensions are told apart; a folder of cache files may have one per file."""
OTHERS = "others"


class Rehearsal:
    """One dry run. What is known by its bytes alone counts among what would be imported: none is read."""

    def __init__(self, job: JobContext[BulkImport], imports: Imports, report: Report) -> None:
        self._job = job
        self._imports = imports
        self._report = report
        self._selection = Selection(job.input)
        self._owners = Owners(job, imports, report)
        self._files = self._bytes = self._found = self._folders = 0
        self._folder: str | None = None
        self._by_extension: dict[str, dict[str, int]] = {}
        self._by_kind: dict[str, dict[str, int]] = {}
        self._next = 0.0

    def run(self) -> None:
        """Look at all files."""
        asked, check = self._job.input, self._job.check_cancelled
        group: list[FoundFile] = []
        for file in scan(asked.folder, self._selection, self._report, check, recursive=asked.recursive):
            group.append(file)
            if len(group) == _GROUP:
                self._look_at(group)
                group.clear()
        self._look_at(group)
        self._report.discovered(self._found)
        self._job.progress(100, "done")

    @property
    def result(self) -> dict[str, Any]:
        """What the result has beside the figures of an import; ``folders``: for how many there would be an entity."""
        told = {"files": self._files, "bytes": self._bytes, "by_extension": self._by_extension}
        folders = {"folders": self._folders} if self._job.input.entity_per_folder else {}
        return {"dry_run": True, "would_import": {**told, "by_kind": self._by_kind, **folders}}

    def _look_at(self, group: Sequence[FoundFile]) -> None:
        self._job.check_cancelled()
        known: Sequence[str | None] = [None] * len(group)
        if group and not self._job.input.reread:
            known = self._imports.unchanged([origin_of(file) for file in group])
        for file, asset_id in zip(group, known, strict=True):
            self._found += 1
            if not file.byte_size:
                self._report.empty(file)
                continue
            self._count_folder(file.folder)
            if asset_id is None:
                self._count(file)
            else:
                self._report.unchanged(file, asset_id)
        self._report.batch_over()
        self._tell()

    def _count(self, file: FoundFile) -> None:
        name = as_text(file.name)
        kind, extension = self._selection.kind_of(name), PurePath(name).suffix.lower()
        if extension not in self._by_extension and len(self._by_extension) >= _SHOWN:
            extension = OTHERS
        self._files += 1
        self._bytes += file.byte_size
        for counts, key in ((self._by_extension, extension), (self._by_kind, kind)):
            count = counts.setdefault(key, {"files": 0, "bytes": 0})
            count.update(files=count["files"] + 1, bytes=count["bytes"] + file.byte_size)
        self._report.would_import(file, kind)

    def _count_folder(self, folder: str) -> None:
        if folder != self._folder and self._owners.has_entity(folder):
            self._folders += 1
        self._folder = folder

    def _tell(self) -> None:
        if (now := time.monotonic()) >= self._next:
            self._next = now + EVERY_SECONDS
            self._job.progress(0, f"{self._found:,} files looked at · {size(self._bytes)} to import")
