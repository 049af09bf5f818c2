"""Imports of folders on Core's computer, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from pydantic import BaseModel

from faceforge_sdk.models import FolderListing, ImportSummary, Job

from .exchange import at

if TYPE_CHECKING:
    from pathlib import PurePath
    from typing import Unpack

    from .exchange import Exchange
    from .jobs import Jobs

_ROOT = "/v1/assets/bulk-import"


class KindRule(TypedDict):
    """A kind for files whose name ends so (``.jpg``), or says that they are of a media type (``image/*``)."""

    match: str
    kind: str


class ImportOptions(TypedDict, total=False):
    """How to import a folder.

    The first of `kind_rules` that fits gives a file's kind, else `kind` (``file``). `include` and `exclude` are
    patterns such as ``*.tmp`` and ``Backups/``. All files are linked to `entity_id`, or with `entity_per_folder` to the
    entity that is called like their folder, which gets `tags`; `role` is what they are to it. What did not change since
    it last came in is read again only with `reread`. With `dry_run` the job only tells what would come in.
    """

    recursive: bool
    kind: str
    kind_rules: list[KindRule]
    include: list[str]
    exclude: list[str]
    entity_id: str | None
    entity_per_folder: bool
    tags: list[str]
    role: str | None
    reread: bool
    dry_run: bool
    throttle_ms: int


class _Started(BaseModel):
    job_id: str


class Imports:
    """Copying whole folders into Core. An import is known by the id of its job: ``ff.jobs.wait`` waits for its end."""

    def __init__(self, exchange: Exchange, jobs: Jobs) -> None:
        self._ask = exchange.ask
        self._jobs = jobs

    def start(self, path: str | PurePath, **options: Unpack[ImportOptions]) -> Job:
        """Import the files of a folder of Core's computer; a folder that is not there fails in the job.

        ``start("~/People", entity_per_folder=True, tags=["family"])``. Raises `InvalidInput` for a folder that may not
        be imported, and for an entity that is not there.
        """
        for name in options:
            if name not in ImportOptions.__annotations__:
                raise TypeError(f"An import has no {name!r}; it has {', '.join(ImportOptions.__annotations__)}.")
        return self._jobs.get(self._ask("POST", _ROOT, _Started, body={"path": str(path), **options}).job_id)

    def summary(self, job_id: str) -> ImportSummary:
        """What an import created, and how much of that is live. Raises `NotFound` for a job that was no import."""
        return self._ask("GET", _ROOT + at(job_id), ImportSummary)

    def undo(self, job_id: str) -> Job:
        """Move what an import created to the trash. Raises `NotFound`, and `Conflict` for one that has not ended."""
        return self._jobs.get(self._ask("POST", _ROOT + at(job_id, "undo"), _Started).job_id)

    def folders(self, path: str | PurePath | None = None) -> FolderListing:
        """The folders in a folder of Core's computer, or where to begin looking. Raises `NotFound`, `InvalidInput`."""
        query = {"path": None if path is None else str(path)}
        return self._ask("GET", f"{_ROOT}/folders", FolderListing, query=query)
