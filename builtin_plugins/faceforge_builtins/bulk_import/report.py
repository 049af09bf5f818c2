"""What became of each file of an import: lines of the log, and the figures of the result."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import NotFound

from .intake import as_text, reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk import JobContext
    from faceforge_sdk.errors import FaceForgeError
    from faceforge_sdk.models import ImportSummary
    from faceforge_sdk.protocols import Imports, Kept

    from .intake import TakenIn
    from .request import BulkImport
    from .scan import FoundFile

LINES = 1_000
"""So many lines of each sort a log holds; then imported and known files are told by the batch, others only counted."""

_TOLD_BY_THE_BATCH = {
    "Imported": "Imported files",
    "Skipped (already imported)": "Skipped files (already imported)",
}


class Report:
    """Messages and keys are those of v0.1.9, where it had them. For the thread that runs the job alone."""

    def __init__(self, job: JobContext[BulkImport], imports: Imports) -> None:
        self._job = job
        self._imports = imports
        self._began = time.monotonic()
        self._figures = Counter[str]()
        self._passed_over = Counter[str]()
        self._lines = Counter[str]()
        self._batch: dict[str, dict[str, Any]] = {}

    def discovered(self, files: int) -> None:
        """It is known how many files there are."""
        asked = self._job.input
        data = {"path": str(asked.folder), "files": files, "recursive": asked.recursive}
        self._job.log("info", "Bulk import discovered files", data | {"folder": str(asked.folder.absolute())})

    def kept(self, taken: TakenIn, kept: Kept) -> None:
        """A file is an asset now, or was before; or it was refused."""
        if kept.error is not None:
            self.failed(taken.file.path, kept.error)
            return
        if (problem := taken.sidecar_problem or kept.sidecar_problem) is not None:
            sidecar = as_text(taken.file.sidecar.path) if taken.file.sidecar else ""
            self._warn("Sidecar JSON skipped", taken.file.path, sidecar=sidecar, error=problem)
        if taken.changed_meanwhile:
            self._warn("Changed while it was read", taken.file.path)
        self._figures["displaced"] += kept.displaced
        if kept.known:
            self._known(taken.file, kept.asset_id)
        else:
            self._figures["imported"] += 1
            self._figures["bytes"] += kept.byte_size
            self._one("Imported", taken.file, kept.byte_size, asset_id=kept.asset_id, bytes=kept.byte_size)

    def unchanged(self, file: FoundFile, asset_id: str) -> None:
        """A file is known without being read."""
        self._figures["unchanged"] += 1
        self._known(file, asset_id)

    def would_import(self, file: FoundFile, kind: str) -> None:
        """A file would be read."""
        self._say("info", "Would be imported", {"file": as_text(file.path), "bytes": file.byte_size, "kind": kind})

    def batch_over(self) -> None:
        """Tell of the files that got no line of their own, in one."""
        for message, data in self._batch.items():
            self._job.log("info", _TOLD_BY_THE_BATCH[message], data)
        self._batch.clear()

    def empty(self, file: FoundFile) -> None:
        """A file has no bytes."""
        self._warn("Skipped empty file", file.path)

    def passed_over(self, path: str, why: str) -> None:
        """Something is nothing to import."""
        self._passed_over[why] += 1
        self._say("info", "Skipped", {"file": as_text(path), "reason": why})

    def no_entity(self, folder: str, error: FaceForgeError) -> None:
        """A folder has no entity that its files could be linked to; they come in all the same."""
        self._warn("No entity for a folder", folder, error=reason(error))

    def failed(self, path: str, error: FaceForgeError | OSError) -> None:
        """Something could not be read or stored."""
        self._figures["errors"] += 1
        self._say("error", "Import failed", {"file": as_text(path), "error": reason(error)})

    def finished(self, message: str, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Say the last lines; returns the result, with `more` in it."""
        self.batch_over()
        if displaced := self._figures["displaced"]:
            self._job.log(
                "warning",
                f"{displaced} files went to this computer's disk because their own place did not take them; "
                "they are moved there once it does",
            )
        result = self._result() | dict(more or {})
        self._job.log("info", message, result)
        return result

    def _result(self) -> dict[str, Any]:
        """The figures up to now.

        ``unchanged`` is the part of ``skipped_existing`` that was not read, and ``bytes`` belongs to ``imported``;
        ``skipped`` counts what is no file to import, by reason, and ``displaced`` what its own place did not take,
        where there was such.
        """
        counted = ("imported", "skipped_existing", "errors", "warnings", "unchanged", "bytes")
        figures = {name: self._figures[name] for name in counted}
        created = self._created()
        linked = {"entities_created": created.entities.created, "linked": created.links.created} if created else {}
        displaced = {"displaced": self._figures["displaced"]} if self._figures["displaced"] else {}
        skipped = {"skipped": dict(self._passed_over)} if self._passed_over else {}
        seconds = {"seconds": round(time.monotonic() - self._began, 3)}
        return {"path": str(self._job.input.folder), **figures, **linked, **seconds, **displaced, **skipped}

    def _created(self) -> ImportSummary | None:
        """What the import created of what it links files to, where it does."""
        asked = self._job.input
        if asked.dry_run or not (asked.entity_id or asked.entity_per_folder):
            return None
        try:
            return self._imports.summary(self._job.job_id)
        except NotFound:
            return None

    def _known(self, file: FoundFile, asset_id: str) -> None:
        self._figures["skipped_existing"] += 1
        self._one("Skipped (already imported)", file, file.byte_size, asset_id=asset_id)

    def _one(self, message: str, file: FoundFile, byte_size: int, **data: Any) -> None:
        """A line for a file, or its place in the line of its batch."""
        if self._lines[message] < LINES:
            self._lines[message] += 1
            self._job.log("info", message, {"file": as_text(file.path), **data})
            return
        batch = self._batch.setdefault(message, {"files": 0, "bytes": 0})
        batch.update(files=batch["files"] + 1, bytes=batch["bytes"] + byte_size, last=as_text(file.path))

    def _warn(self, message: str, path: str, **data: str) -> None:
        self._figures["warnings"] += 1
        self._say("warning", message, {"file": as_text(path), **data})

    def _say(self, level: str, message: str, data: Mapping[str, Any]) -> None:
        """A line, or from some number on only that there are more."""
        self._lines[message] += 1
        if self._lines[message] <= LINES:
            self._job.log(level, message, data)
        elif self._lines[message] == LINES + 1:
            self._job.log(level, f"There is more of “{message}”: from here on it is only counted")
