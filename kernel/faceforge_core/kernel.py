"""One home brought to life, and put to rest again."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING
from uuid import uuid4

from fastapi import FastAPI

from faceforge_core.assembly import Assembly, Foundations
from faceforge_core.auth import InstallToken
from faceforge_core.bell import Bell
from faceforge_core.config import ConfigStore
from faceforge_core.db import counters, identity, search_index
from faceforge_core.db.driver import sqlite_warning
from faceforge_core.db.engine import Database
from faceforge_core.db.migrate import migrate
from faceforge_core.home import Home, HomeMarker, check_markers, read_marker, write_marker
from faceforge_core.logs import configure_logging
from faceforge_core.plugins.generation import Generation, compose
from faceforge_core.refusals import StartRefused
from faceforge_core.web.live import LiveRoutes
from faceforge_core.web.pages import PageSet
from faceforge_core.web.request_watch import RequestCounts
from faceforge_core.web.routes import build_app
from faceforge_sdk import NavItem, PluginContext, Router
from faceforge_sdk.errors import FaceForgeError
from faceforge_sdk.models import JobQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self, TextIO

    from faceforge_core.jobs.service import JobService
    from faceforge_core.lock import HomeLock
    from faceforge_core.plugins.service import PluginService
    from faceforge_core.web.sessions import SessionStore

_log = logging.getLogger(__name__)


class Kernel:
    """Everything one Core consists of, for one home. Nothing is shared with another kernel in the same process.

    `start` takes the home's lock, upgrades what is old, and activates the plugins; then `live` serves. `close` undoes
    it in reverse order and may be called at any time, twice too. Both block, and belong outside of an event loop.
    """

    def __init__(self, root: Path, *, environ: Mapping[str, str] | None = None, console: TextIO | None = None) -> None:
        self.environ = os.environ if environ is None else environ
        self.config = ConfigStore(Home.at(root).core_json)
        self.home = Home.at(root)
        self.live = LiveRoutes(FastAPI(openapi_url=None, docs_url=None, redoc_url=None))
        self.token = InstallToken(lambda: self.config.current.auth.install_token)
        self.requests = RequestCounts()
        self.lock: HomeLock
        self.sessions: SessionStore
        self.plugins: PluginService
        self.jobs: JobService
        self.services: PluginContext
        self._console = console
        self._warnings: list[str] = []
        self._plugin_secrets: Callable[[], Sequence[str]] = tuple
        self._closing = ExitStack()
        self._parts: Assembly
        self._generation = compose(0, ())
        self._news, self._job_news = Bell(), Bell()
        self._running = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def safe_mode(self) -> bool:
        """Whether only built-ins are started (``FACEFORGE_SAFE_MODE``)."""
        return self.environ.get("FACEFORGE_SAFE_MODE", "").strip().lower() not in {"", "0", "false", "no"}

    def start(self, *, run_jobs: bool = True) -> None:
        """Bring the home to life. Raises `StartRefused`, with everything let go again.

        Without `run_jobs` what is queued waits for the next start: for a command that is over in a moment.
        """
        try:
            self._take_home()
            self._assemble(self._open_database())
            self._start_plugins()
            self._begin_work(run_jobs=run_jobs)
        except (FaceForgeError, OSError) as exc:  # a disk that fills up or goes away at just this moment
            self.close()
            raise StartRefused(f"FaceForge Core can't start on {self.home.root}: {exc}") from exc
        except BaseException:
            self.close()
            raise

    def idle(self) -> bool:
        """Whether nothing is under way: every event is handled, and no job runs or could run.

        What plugins do on threads of their own is not seen.
        """
        before = self.services.events.last()
        if not self._parts.dispatcher.caught_up():
            return False
        running = self.jobs.list(JobQuery(status="running", limit=1, total="none")).items
        queued = self.jobs.list(JobQuery(status="queued", limit=200, total="none")).items
        if running or any(job.waiting_reason is None for job in queued):
            return False
        return self.services.events.last() == before  # jobs that begin or end meanwhile say so

    def end_streams(self) -> None:
        """End the answers that go on as long as their clients listen; not for a signal handler (see `Bell`)."""
        self._news.silence()
        self._job_news.silence()

    def close(self) -> None:
        """Stop work, leave every plugin, close the database, let go of the home."""
        self._running.clear()
        self.end_streams()
        self._closing.close()

    def warn(self, sentence: str) -> None:
        """Tell the owner: in the log, on the console, and under ``warnings`` of the system's information."""
        _log.warning("%s", sentence)
        self._warnings.append(sentence)

    # --- The home

    def _take_home(self) -> None:
        config = self.config.load()
        self.home = Home.at(self.home.root, config.paths.overrides())
        self.lock = self.home.take()
        self._closing.callback(self.lock.release)
        log = configure_logging(self.home, config.logging, self._secrets, console=self._console)
        self._closing.callback(log.close)
        self._closing.enter_context(log.own())
        self._warnings += self.config.ensure_token()
        if (warning := sqlite_warning()) is not None:
            self._warnings.append(warning)

    def _secrets(self) -> Sequence[str]:
        return *self.config.current.secrets(), *self._plugin_secrets()

    def _open_database(self) -> Database:
        report = migrate(self.home.database, self.home.backups_dir)
        if report.backup is not None:
            _log.info(
                "The database was upgraded from %s to %s; a copy of the old one is %s.",
                report.from_version,
                report.to_version,
                report.backup,
            )
        database = Database(self.home.database)
        self._closing.callback(database.close)
        self._mark_home(database)
        search_index.resume(database)
        return database

    def _mark_home(self, database: Database) -> None:
        """Refuse a home whose files are not there; mark one that is new to us."""
        uuid = identity.home_uuid(database)
        with database.read() as reader:
            has_assets = counters.current(reader, counters.ASSETS) > 0
        check_markers(self.home, uuid, has_assets=has_assets)
        marker = HomeMarker(uuid or str(uuid4()))
        for folder in (self.home.root, self.home.assets_dir):
            if read_marker(folder) != marker:
                write_marker(folder, marker)
        if uuid is None:  # last: from now on the database demands the markers
            identity.set_home_uuid(database, marker.uuid)

    # --- The plugins and the work

    def _assemble(self, database: Database) -> None:
        parts = self._parts = Assembly(
            Foundations(
                home=self.home,
                database=database,
                config=self.config,
                token=self.token,
                requests=self.requests,
                news=self._news,
                job_news=self._job_news,
                generation=lambda: self._generation,
                serve=self._serve,
                warnings=lambda: self._warnings,
                safe_mode=self.safe_mode,
                secrets=self._secrets,
            )
        )
        self._closing.callback(parts.tables.close)
        self.sessions, self.plugins = parts.sessions, parts.plugins
        self._plugin_secrets = parts.plugins.secrets
        self.jobs, self.services = parts.jobs, parts.services

    def _start_plugins(self) -> None:
        self._parts.storage.clear_staging()
        self._closing.callback(self._parts.switch.close)
        self._parts.switch.start()

    def _begin_work(self, *, run_jobs: bool) -> None:
        self._running.set()
        self._closing.callback(self._parts.dispatcher.stop)
        self._parts.dispatcher.start()
        if not run_jobs:
            return
        self._closing.callback(self._parts.runner.stop)
        self._parts.runner.start()
        if self._parts.storage.needs_adoption():
            self.jobs.enqueue("storage.adopt", {}, dedupe_key="storage.adopt")

    def _serve(self, generation: Generation) -> None:
        """Make `generation` what answers requests, in one assignment; raises before that if it can't be built."""
        static = generation.static_folders
        pages = PageSet(
            generation.template_folders,
            static,
            [owned.value for owned in generation.all(NavItem)],
            generation.locale_folders,
        )
        self.live.app = build_app(generation.all(Router), static, pages=pages)
        self._generation = generation
        if self._running.is_set():
            self._parts.dispatcher.handlers_changed()
            self._parts.runner.handlers_changed()
