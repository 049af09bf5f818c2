"""What became of each file of an import: a line of the log each, and the figures of the result."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .intake import reason

if TYPE_CHECKING:
    from pathlib import Path

    from faceforge_sdk import JobContext
    from faceforge_sdk.errors import FaceForgeError

    from .intake import TakenIn
    from .request import BulkImport
    from .scan import FoundFile


class Report:
    """Messages and keys are those of v0.1.9, where it had them."""

    def __init__(self, job: JobContext[BulkImport]) -> None:
        self._job = job
        self._figures = Counter[str]()
        self._passed_over = Counter[str]()

    def discovered(self, files: int) -> None:
        """The search is over."""
        asked = self._job.input
        data = {"path": str(asked.folder), "files": files, "recursive": asked.recursive}
        self._job.log("info", "Bulk import discovered files", data | {"folder": str(asked.folder.absolute())})

    def taken_in(self, file: FoundFile, taken: TakenIn) -> None:
        """A file is an asset now, or was before."""
        if taken.sidecar_problem is not None:
            self._warn("Sidecar JSON skipped", file.path, sidecar=str(file.sidecar), error=taken.sidecar_problem)
        if taken.changed_meanwhile:
            self._warn("Changed while it was read", file.path)
        self._figures["displaced"] += taken.displaced
        data = {"file": str(file.path), "asset_id": taken.asset.asset_id}
        if taken.known:
            self._figures["skipped_existing"] += 1
            self._job.log("info", "Skipped (already imported)", data)
        else:
            self._figures["imported"] += 1
            self._job.log("info", "Imported", data | {"bytes": taken.asset.byte_size})

    def empty(self, file: FoundFile) -> None:
        """A file has no bytes."""
        self._warn("Skipped empty file", file.path)

    def passed_over(self, path: Path, why: str) -> None:
        """Something is nothing to import."""
        self._passed_over[why] += 1
        self._job.log("info", "Skipped", {"file": str(path), "reason": why})

    def failed(self, path: Path, error: FaceForgeError | OSError) -> None:
        """Something could not be read or stored."""
        self._figures["errors"] += 1
        self._job.log("error", "Import failed", {"file": str(path), "error": reason(error)})

    def finished(self, message: str) -> None:
        """The last lines."""
        if displaced := self._figures["displaced"]:
            self._job.log(
                "warning",
                f"{displaced} files went to this computer's disk because their own place did not take them; "
                "they are moved there once it does",
            )
        self._job.log("info", message, self.result)

    @property
    def result(self) -> dict[str, Any]:
        """The figures up to now.

        ``skipped`` counts what is no file to import, by reason, and ``displaced`` what its own place did not take,
        where there was such.
        """
        figures = {name: self._figures[name] for name in ("imported", "skipped_existing", "errors", "warnings")}
        displaced = {"displaced": self._figures["displaced"]} if self._figures["displaced"] else {}
        skipped = {"skipped": dict(self._passed_over)} if self._passed_over else {}
        return {"path": str(self._job.input.folder), **figures, **displaced, **skipped}

    def _warn(self, message: str, path: Path, **data: str) -> None:
        self._figures["warnings"] += 1
        self._job.log("warning", message, {"file": str(path), **data})
