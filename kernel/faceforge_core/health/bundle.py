"""What helps somebody else to help: facts about this Core in one ZIP, without secrets and without the user's files."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
import tempfile
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import importlib_metadata
from pydantic import BaseModel
from sqlalchemy import text

from faceforge_core.db.statements import prepare
from faceforge_core.log_lines import without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from faceforge_core.config import CoreConfig
    from faceforge_core.db.engine import Database
    from faceforge_core.home import Home
    from faceforge_sdk.models import HealthFinding, SystemInfo
    from faceforge_sdk.protocols import Plugins

LOG_BYTES: Final = 4 * 1024 * 1024
FAILED_JOBS: Final = 100
_README: Final = """\
Facts about one FaceForge Core, for whoever looks into a problem with it.

about.json      versions of Core, Python, the system and the libraries; where the home lies
health.json     what `faceforge doctor` says
config.json     core.json; secrets, and what Core does not know, are left out
plugins.json    the plugins, their state and their errors; of their configuration only which keys are set
database.json   how many rows there are of each kind, and how SQLite sees the file
jobs.json       the latest jobs that failed, with their errors
logs/           the end of Core's log

There are no tokens, keys, names of entities or files' contents in it. The log, the errors of jobs and the
paths of the home may name files and folders of yours: look through them before you give this to somebody.
"""
_DISTRIBUTION: Final = "faceforge-core"
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_TABLES = prepare(
    text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
)
_FAILED = prepare(
    text(
        "SELECT job_type, created_at, started_at, finished_at, error_json FROM jobs "
        "WHERE status = 'failed' ORDER BY created_at DESC LIMIT :limit"
    )
)
_PRAGMAS: Final = ("user_version", "page_count", "page_size", "freelist_count", "journal_mode", "encoding")


class SupportBundle:
    """Collects what each part says of itself. A part that fails leaves its error in its place."""

    def __init__(
        self,
        *,
        home: Home,
        database: Database,
        config: Callable[[], CoreConfig],
        info: Callable[[], SystemInfo],
        findings: Callable[[], Sequence[HealthFinding]],
        plugins: Callable[[], Plugins],
        secrets: Callable[[], Iterable[str]],
    ) -> None:
        self._home = home
        self._database = database
        self._config = config
        self._info = info
        self._findings = findings
        self._plugins = plugins
        self._secrets = secrets

    def make(self) -> IO[bytes]:
        """The ZIP as an open file that nobody else sees, at its beginning. Close it."""
        parts: dict[str, Callable[[], object]] = {
            "about.json": self._about,
            "health.json": lambda: [finding.model_dump() for finding in self._findings()],
            "config.json": lambda: known_keys(self._config()),
            "plugins.json": self._about_plugins,
            "database.json": self._about_database,
            "jobs.json": self._failed_jobs,
        }
        with ExitStack() as opened:
            file = opened.enter_context(tempfile.TemporaryFile(dir=self._home.tmp_dir))
            with ZipFile(file, "w", ZIP_DEFLATED) as archive:
                archive.writestr("README.txt", _README)
                for name, part in parts.items():
                    archive.writestr(name, self._without_secrets(json.dumps(_said(part), indent=2, default=str)))
                for name, lines in self._logs():
                    archive.writestr(f"logs/{name}", self._without_secrets(lines))
            file.seek(0)
            opened.pop_all()
        return file

    def _without_secrets(self, content: str) -> str:
        return without(self._secrets(), content)

    def _about(self) -> dict[str, Any]:
        usage = shutil.disk_usage(self._home.root)
        return {
            **self._info().model_dump(),
            "python": sys.version,
            "executable": sys.executable,
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "disk": {"total_bytes": usage.total, "free_bytes": usage.free},
            "libraries": dict(_libraries()),
        }

    def _about_plugins(self) -> dict[str, Any]:
        rows = self._plugins().list()
        items = [
            {**row.model_dump(exclude={"config", "config_schema"}), "config_keys": sorted(row.config)}
            for row in rows.items
        ]
        return {"items": items, "ignored": [one.model_dump() for one in rows.ignored]}

    def _about_database(self) -> dict[str, Any]:
        with self._database.read() as reader:
            tables = [str(row[0]) for row in reader.all(_TABLES)]
            pragmas = {name: reader.value(prepare(text(f"PRAGMA {name}"))) for name in _PRAGMAS}
            rows = {name: reader.value(prepare(text(f'SELECT count(*) FROM "{name}"'))) for name in tables}  # noqa: S608  # names of tables that are there
        return {"bytes": self._database.path.stat().st_size, **pragmas, "rows": rows}

    def _failed_jobs(self) -> list[dict[str, Any]]:
        with self._database.read() as reader:
            names = ("job_type", "created_at", "started_at", "finished_at", "error")
            return [dict(zip(names, row, strict=True)) for row in reader.all(_FAILED, limit=FAILED_JOBS)]

    def _logs(self) -> Iterator[tuple[str, str]]:
        """The newest first, as much of each as there is room for."""
        left = LOG_BYTES
        for path in sorted(self._home.logs_dir.glob("core.log*"), key=lambda path: (len(path.name), path.name)):
            if left <= 0 or not path.is_file():
                return
            with path.open("rb") as log:
                log.seek(max(0, path.stat().st_size - left))
                content = log.read(left)
            left -= len(content)
            yield path.name, content.decode("utf-8", "replace")


def known_keys(section: BaseModel) -> dict[str, Any]:
    """A section of core.json: what stands in it, but secrets and what Core does not know only by name."""
    shown: dict[str, Any] = {}
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            shown[name] = known_keys(value)
        elif not field.repr:
            shown[name] = "(set)" if value else None
        else:
            shown[name] = value
    if section.model_extra:
        shown["(unknown keys)"] = sorted(section.model_extra)
    return shown


def _said(part: Callable[[], object]) -> object:
    try:
        return part()
    except Exception as error:  # noqa: BLE001 - the bundle is for the case that something does not work
        return {"failed": f"{type(error).__name__}: {error}"}


def _libraries() -> Iterator[tuple[str, str]]:
    """What Core asks for, in the versions that are there."""
    for requirement in importlib_metadata.requires(_DISTRIBUTION) or ():
        if "extra ==" in requirement or (name := _NAME.match(requirement)) is None:
            continue
        try:
            yield name[0], importlib_metadata.version(name[0])
        except importlib_metadata.PackageNotFoundError:
            yield name[0], "not installed"
