"""The job: find the files, take them in one after the other, tell what became of each."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from faceforge_sdk import JobCancelled
from faceforge_sdk.errors import FaceForgeError, InvalidInput, RetryLater

from .intake import display_name, take_in
from .report import Report
from .scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Storage

    from .request import BulkImport
    from .scan import FoundFile

_NAP = 0.05


def importer(storage: Storage) -> Callable[[JobContext[BulkImport]], Mapping[str, Any]]:
    """The handler's `run`. Repeating it imports what is left: known bytes are met, and nothing is stored twice."""

    def run(job: JobContext[BulkImport]) -> Mapping[str, Any]:
        folder = job.input.folder
        _require_folder(folder)
        report = Report(job)
        try:
            job.progress(0, "looking for files")
            files = scan(folder, recursive=job.input.recursive, report=report, check_cancelled=job.check_cancelled)
            report.discovered(len(files))
            _Import(storage, job, report, files).run()
        except JobCancelled:
            report.finished("Bulk import stopped")
            return report.result | {"canceled": True}
        except RetryLater:
            report.finished("Bulk import stopped")
            raise
        report.finished("Bulk import finished")
        return report.result

    return run


class _Import:
    """Progress is the share of bytes that are done."""

    def __init__(
        self, storage: Storage, job: JobContext[BulkImport], report: Report, files: Sequence[FoundFile]
    ) -> None:
        self._storage = storage
        self._job = job
        self._report = report
        self._files = files
        self._all_bytes = max(1, sum(file.byte_size for file in files))
        self._done_bytes = 0
        self._step: str | None = None

    def run(self) -> None:
        for number, file in enumerate(self._files, start=1):
            self._tell(self._done_bytes, f"{number} of {len(self._files)}: {display_name(file.path)}")
            if file.byte_size:
                self._take_in(file)
            else:
                self._report.empty(file)
            self._done_bytes += file.byte_size
            self._pause()
        self._job.progress(100, "done")

    def _take_in(self, file: FoundFile) -> None:
        copied = 0

        def tell(size: int) -> None:
            nonlocal copied
            copied = min(copied + size, file.byte_size)  # it may have grown
            self._tell(self._done_bytes + copied)

        try:
            self._report.taken_in(file, take_in(file, self._storage, self._job.input.kind, tell))
        except RetryLater:  # no file's fault: trying again later imports the rest
            raise
        except (FaceForgeError, OSError) as error:
            self._report.failed(file.path, error)

    def _tell(self, done_bytes: int, step: str | None = None) -> None:
        self._job.check_cancelled()
        self._step = step or self._step
        self._job.progress(100 * done_bytes / self._all_bytes, self._step)

    def _pause(self) -> None:
        until = time.monotonic() + self._job.input.throttle_ms / 1000
        while (left := until - time.monotonic()) > 0:
            self._job.check_cancelled()
            time.sleep(min(left, _NAP))


def _require_folder(folder: Path) -> None:
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        raise InvalidInput(f"There is no folder {folder.absolute()}.") from None
    except NotADirectoryError:
        raise InvalidInput(f"{folder.absolute()} is no folder.") from None
    except OSError as error:
        raise InvalidInput(f"The folder {folder.absolute()} can't be read ({error.strerror or error}).") from error
