"""Which entities a file of an import belongs to: the one that was named, and that of its folder."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from typing import TYPE_CHECKING

from faceforge_sdk.errors import FaceForgeError, RetryLater

from .intake import as_text

if TYPE_CHECKING:
    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Imports

    from .report import Report
    from .request import BulkImport
    from .scan import FoundFile

_REMEMBERED = 256
"""Files come folder by folder, so that few folders are asked for at a time."""
_LONGEST_KEY = 400
_LONGEST_NAME = 200


class Owners:
    """Finds or makes the entity of a folder when the first of its files has come in, not before."""

    def __init__(self, job: JobContext[BulkImport], imports: Imports, report: Report) -> None:
        self._asked = job.input
        self._import_id = job.job_id
        self._imports = imports
        self._report = report
        self._root = str(self._asked.folder.absolute())
        self._root_counts = not self._asked.recursive or not _has_folders(self._root)
        self._entity_of = lru_cache(_REMEMBERED)(self._find_or_make)

    @property
    def any(self) -> bool:
        """Whether files are linked at all."""
        return self._asked.entity_id is not None or self._asked.entity_per_folder

    def of(self, file: FoundFile) -> tuple[tuple[str, str | None], ...]:
        """The entities, each with the role that the file has there."""
        found = [self._asked.entity_id, self._entity_of(file.folder) if self.has_entity(file.folder) else None]
        return tuple((entity_id, self._asked.role) for entity_id in dict.fromkeys(found) if entity_id is not None)

    def has_entity(self, folder: str) -> bool:
        """Whether the files of this folder are linked to an entity called like it."""
        return self._asked.entity_per_folder and (folder != self._root or self._root_counts)

    def _find_or_make(self, folder: str) -> str | None:
        path = as_text(folder)
        name = path.rstrip(os.sep).rpartition(os.sep)[2].strip() or path
        try:
            return self._imports.entity(self._import_id, name[:_LONGEST_NAME], _key(path), self._asked.tags)
        except RetryLater:
            raise
        except FaceForgeError as error:
            self._report.no_entity(folder, error)
            return None


def _key(path: str) -> str:
    """What the folder is known by: its path, as far as an id has room for it."""
    return path if len(path) <= _LONGEST_KEY else f"sha256:{hashlib.sha256(path.encode()).hexdigest()}"


def _has_folders(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.is_dir(follow_symlinks=False) for entry in entries)
    except OSError:
        return False
