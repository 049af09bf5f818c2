"""The job that imports a folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from faceforge_sdk import JobCancelled
from faceforge_sdk.errors import InvalidInput, RetryLater

from .owners import Owners
from .pipeline import Pipeline
from .progress import Count, Meter
from .rehearsal import Rehearsal
from .report import Report
from .scan import scan
from .selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Imports, Storage

    from .request import BulkImport


def importer(storage: Storage, imports: Imports) -> Callable[[JobContext[BulkImport]], Mapping[str, Any]]:
    """The handler's `run`. Repeating it imports what is left: what came in is known again without being read."""

    def run(job: JobContext[BulkImport]) -> Mapping[str, Any]:
        _require_folder(job.input.folder)
        report = Report(job, imports)
        rehearsal = Rehearsal(job, imports, report) if job.input.dry_run else None
        try:
            job.progress(0, "looking for files")
            if rehearsal is None:
                _import(job, storage, imports, report)
            else:
                rehearsal.run()
        except JobCancelled:
            return report.finished("Bulk import stopped", _told(rehearsal) | {"canceled": True})
        except RetryLater:
            report.finished("Bulk import stopped")
            raise
        return report.finished("Bulk import finished", _told(rehearsal))

    return run


def _import(job: JobContext[BulkImport], storage: Storage, imports: Imports, report: Report) -> None:
    wanted = job.input
    selection, owners, count = Selection(wanted), Owners(job, imports, report), Count(wanted)
    meter = Meter(job, report, count)
    count.start()
    try:
        files = scan(wanted.folder, selection, report, job.check_cancelled, recursive=wanted.recursive)
        Pipeline(job, storage, imports, selection, owners, report, meter).run(files)
        meter.finish()
    finally:
        count.end()


def _told(rehearsal: Rehearsal | None) -> dict[str, Any]:
    return {} if rehearsal is None else rehearsal.result


def _require_folder(folder: Path) -> None:
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        raise InvalidInput(f"There is no folder {folder.absolute()}.") from None
    except NotADirectoryError:
        raise InvalidInput(f"{folder.absolute()} is no folder.") from None
    except OSError as error:
        raise InvalidInput(f"The folder {folder.absolute()} can't be read ({error.strerror or error}).") from error
