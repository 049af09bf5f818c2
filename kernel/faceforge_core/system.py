"""The `System` service of the SDK: the running Core, described without secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from faceforge_core import __version__
from faceforge_core.health.bundle import SupportBundle
from faceforge_core.health.checks import OwnChecks
from faceforge_core.health.metrics import HouseMetrics
from faceforge_core.health.readiness import ReadinessService, database_reads, database_writes, home_is_there
from faceforge_core.health.service import HealthService
from faceforge_core.storage.providers import FALLBACK
from faceforge_sdk import API_VERSION
from faceforge_sdk.models import SystemInfo, SystemPaths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faceforge_core.config import CoreConfig
    from faceforge_core.db.engine import Database
    from faceforge_core.home import Home
    from faceforge_core.owned import Owned
    from faceforge_core.plugins.contributed import Isolation
    from faceforge_sdk import HealthCheck
    from faceforge_sdk.metrics import Metric
    from faceforge_sdk.models import HealthFinding, Readiness
    from faceforge_sdk.protocols import Network, Plugins, Texts, Trash


class WhereaboutsService:
    """Where a home and its Core are, started or not; `network` and `warnings` are asked each time."""

    def __init__(
        self,
        home: Home,
        *,
        network: Callable[[], Network],
        warnings: Callable[[], Sequence[str]],
        safe_mode: bool = False,
    ) -> None:
        self._home = home
        self._safe_mode = safe_mode
        self._network = network
        self._warnings = warnings

    def network(self) -> Network:
        return self._network()

    def info(self) -> SystemInfo:
        home = self._home
        return SystemInfo(
            version=__version__,
            faceforge_home=str(home.root),
            paths=SystemPaths(
                db_dir=str(home.db_dir),
                s3_dir=str(home.s3_dir),
                assets_dir=str(home.assets_dir),
                logs_dir=str(home.logs_dir),
                config_dir=str(home.config_dir),
                plugins_dir=str(home.plugins_dir),
                tmp_dir=str(home.tmp_dir),
            ),
            api_version=API_VERSION,
            safe_mode=self._safe_mode,
            warnings=list(self._warnings()),
        )


@dataclass(frozen=True, slots=True)
class Sources:
    """Whom a started kernel asks about itself. What is a function is asked each time."""

    home: Home
    database: Database
    config: Callable[[], CoreConfig]
    plugins: Callable[[], Plugins]
    secrets: Callable[[], Sequence[str]]
    """What must appear in no log and no answer."""
    trash: Trash
    checks: Callable[[], Sequence[Owned[HealthCheck]]]
    isolation: Callable[[str], Isolation]
    storage: Callable[[], Mapping[str, bool]]
    """Each place for files, and whether it can be used."""
    workers: Callable[[], bool]
    """Whether those who run jobs live."""
    lags: Callable[[], Mapping[str, int]]
    """How many events each handler is behind."""
    requests: Callable[[], Sequence[Metric]]


class SystemService(WhereaboutsService):
    """What plugins and clients may know of a running Core."""

    def __init__(
        self,
        sources: Sources,
        *,
        network: Callable[[], Network],
        warnings: Callable[[], Sequence[str]],
        safe_mode: bool,
    ) -> None:
        super().__init__(sources.home, network=network, warnings=warnings, safe_mode=safe_mode)
        home, database, storage = sources.home, sources.database, sources.storage
        own = OwnChecks(
            home=home,
            database=database,
            config=sources.config,
            warnings=warnings,
            plugins=sources.plugins,
            trash=sources.trash,
        )
        self._health = HealthService(own.quick(), own.deep(), sources.checks, sources.isolation)
        self._readiness = ReadinessService(
            {
                "home": lambda: home_is_there(home),
                "database_reads": lambda: database_reads(database),
                "database_writes": lambda: database_writes(database, home.db_dir),
                "storage": lambda: storage().get(FALLBACK, False),
                "jobs": sources.workers,
            }
        )
        self._metrics = HouseMetrics(
            database=database, plugins=sources.plugins, storage=storage, lags=sources.lags, requests=sources.requests
        )
        self._bundle = SupportBundle(
            home=home,
            database=database,
            config=sources.config,
            info=self.info,
            findings=self._health.findings,
            plugins=sources.plugins,
            secrets=sources.secrets,
        )

    def health(self, *, deep: bool = False, texts: Texts | None = None) -> Sequence[HealthFinding]:
        return self._health.findings(deep=deep, texts=texts)

    def readiness(self) -> Readiness:
        return self._readiness.now()

    def metrics(self) -> Sequence[Metric]:
        return self._metrics.read()

    def support_bundle(self) -> IO[bytes]:
        return self._bundle.make()
