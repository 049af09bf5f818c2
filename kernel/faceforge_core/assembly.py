"""The composition root: the services of one Core, made over an open database and tied together; none is started."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from faceforge_core.backup.service import BackupService
from faceforge_core.catalog.composition import Catalog
from faceforge_core.catalog.field_types import FieldTypes
from faceforge_core.db.plugin_steps import PluginSteps
from faceforge_core.db.plugin_tables import PluginTables
from faceforge_core.events import EventDispatcher, EventLog, EventService
from faceforge_core.jobs.queue import JobQueue
from faceforge_core.jobs.runner import JobRunner
from faceforge_core.jobs.service import JobService
from faceforge_core.plugins.composition import compose_plugins
from faceforge_core.plugins.contexts import Contexts
from faceforge_core.plugins.contributed import GuardedContribution
from faceforge_core.ports import network_of
from faceforge_core.storage.service import StorageService
from faceforge_core.storage.trash import TrashService
from faceforge_core.system import Sources, SystemService
from faceforge_core.web.sessions import SessionStore
from faceforge_sdk import EventHandler, FieldType, HealthCheck, JobHandler, StorageRule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_core.auth import InstallToken
    from faceforge_core.bell import Bell
    from faceforge_core.config import ConfigStore
    from faceforge_core.db.engine import Database
    from faceforge_core.home import Home
    from faceforge_core.owned import Owned
    from faceforge_core.plugins.generation import Generation
    from faceforge_core.web.request_watch import RequestCounts
    from faceforge_sdk.protocols import Network, UploadFacts

R = TypeVar("R")

RULE_SECONDS = 2.0
CHECK_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundations:
    """What the services stand on. `generation` is the plugins' at the moment, `serve` makes another that."""

    home: Home
    database: Database
    config: ConfigStore
    token: InstallToken
    requests: RequestCounts
    news: Bell
    job_news: Bell
    generation: Callable[[], Generation]
    serve: Callable[[Generation], None]
    warnings: Callable[[], Sequence[str]]
    secrets: Callable[[], Sequence[str]]
    safe_mode: bool


class Assembly:
    """The services, by their names. Whoever made them starts and stops those that work by themselves."""

    def __init__(self, foundations: Foundations) -> None:
        self._on = on = foundations
        database = on.database
        self._events = EventLog(database)
        types = FieldTypes(lambda: on.generation().all(FieldType), self._ask_field_type)
        self._catalog = Catalog(database, self._events, types)
        self.storage = self._make_storage()
        self._trash = TrashService(database, self._events, self.storage, lambda: on.config.current, on.home.assets_dir)
        queue = JobQueue(database, self._events, lambda: on.config.current.limits.queued_jobs, on.job_news)
        self.runner = JobRunner(database, queue, self._job_handlers, on.config.current.jobs.workers)
        self.jobs = JobService(database, queue, self.runner, self._job_handlers, on.job_news)
        self.sessions = SessionStore(
            database, on.token, lambda: on.config.current.limits.logins_per_minute, on.config.rotate_token
        )
        self.dispatcher = EventDispatcher(database, self._events, lambda: on.generation().all(EventHandler))
        self.tables = PluginTables(database)
        contexts = self._make_contexts()
        self.switch, self.plugins = compose_plugins(
            home=on.home,
            database=database,
            config=on.config,
            events=self._events,
            steps=PluginSteps(database),
            plugin_data=self._catalog.plugin_data,
            context=contexts.of,
            on_swap=on.serve,
            drain=self.runner.drain,
            safe_mode=on.safe_mode,
        )
        self.services = contexts.of("faceforge.kernel", {})

    def _make_storage(self) -> StorageService:
        on = self._on
        return StorageService(
            database=on.database,
            events=self._events,
            assets=self._catalog.files,
            imports=self._catalog.imports,
            staging_dir=on.home.staging_dir,
            tmp_dir=on.home.tmp_dir,
            config=lambda: on.config.current,
            providers=lambda: on.generation().storage_providers,
            rules=lambda: on.generation().all(StorageRule),
            ask=self._ask_rule,
        )

    def _make_contexts(self) -> Contexts:
        on = self._on
        return Contexts(
            home=on.home,
            catalog=self._catalog,
            tables=self.tables,
            trash=self._trash,
            storage=self.storage,
            backups=BackupService(
                home=on.home,
                database=on.database,
                config=lambda: on.config.current,
                get_asset=self._catalog.files.get_any,
                open_bytes=self.storage.open,
            ),
            jobs=self.jobs,
            events=EventService(self._events, on.database, on.news),
            plugins=lambda: self.plugins,
            sessions=self.sessions,
            system=self._make_system(),
        )

    def _make_system(self) -> SystemService:
        on = self._on
        sources = Sources(
            home=on.home,
            database=on.database,
            config=lambda: on.config.current,
            plugins=lambda: self.plugins,
            secrets=on.secrets,
            trash=self._trash,
            checks=lambda: on.generation().all(HealthCheck),
            isolation=lambda plugin_id: self.switch.isolation(plugin_id),  # noqa: PLW0108  # it is made later
            storage=self.storage.available,
            workers=lambda: self.runner.works,
            lags=self.dispatcher.lags,
            requests=on.requests.metrics,
        )

        def warnings() -> Sequence[str]:
            return [*on.warnings(), *self.storage.warnings()]

        return SystemService(sources, network=self._network, warnings=warnings, safe_mode=on.safe_mode)

    def _network(self) -> Network:
        network = self._on.config.current.network
        return network_of(self._on.home.root, network.bind_host, network.seaweed_s3_port)

    # --- What plugins are asked

    def _job_handlers(self) -> Sequence[Owned[JobHandler[Any]]]:
        return self._on.generation().all(JobHandler)

    def _ask_rule(self, rule: Owned[StorageRule], facts: UploadFacts) -> str | None:
        return self._ask(rule, partial(rule.value.choose, facts), RULE_SECONDS)

    def _ask_field_type(self, field_type: Owned[FieldType], check: Callable[[], R]) -> R:
        return self._ask(field_type, check, CHECK_SECONDS)

    def _ask(self, owned: Owned[Any], work: Callable[[], R], seconds: float) -> R:
        """Call into what a plugin contributed: our own at once, another's on a thread of its own, for so long."""
        if owned.builtin:
            return work()
        return GuardedContribution(owned, self.switch.isolation(owned.plugin_id)).call(work, seconds=seconds)
