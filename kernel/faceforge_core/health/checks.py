"""What Core itself knows of its health: versions, home, database, token, plugins, trash, the clock."""

from __future__ import annotations

import platform
import tempfile
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import text

from faceforge_core import __version__
from faceforge_core.auth import WEAK_BELOW, is_weak
from faceforge_core.db import seen_days
from faceforge_core.db.driver import SAFE_VERSION, sqlite3, sqlite_warning
from faceforge_core.db.statements import prepare
from faceforge_sdk.contributions import HealthCheck, HealthReport
from faceforge_sdk.texts import to_translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_core.config import CoreConfig
    from faceforge_core.db.engine import Database
    from faceforge_core.home import Home
    from faceforge_sdk.protocols import Plugins, Trash

_QUICK_CHECK = prepare(text("PRAGMA quick_check(20)"))
_ONE = prepare(text("SELECT 1"))
_LONG_OFF = timedelta(days=60)
"""Computers are switched off for shorter times every summer."""


class OwnChecks:
    """The kernel's checks, over what it has open."""

    def __init__(
        self,
        *,
        home: Home,
        database: Database,
        config: Callable[[], CoreConfig],
        warnings: Callable[[], Sequence[str]],
        plugins: Callable[[], Plugins],
        trash: Trash,
    ) -> None:
        self._home = home
        self._database = database
        self._config = config
        self._warnings = warnings
        self._plugins = plugins
        self._trash = trash

    def quick(self) -> Sequence[HealthCheck]:
        """Those that answer at once."""
        return (
            HealthCheck("core", self.core),
            HealthCheck("home", self.writable),
            HealthCheck("database", self.database),
            HealthCheck("sqlite", sqlite),
            HealthCheck("token", self.token),
            HealthCheck("plugins", self.plugins),
            HealthCheck("trash", self.trash),
            HealthCheck("clock", partial(clock, self._database)),
        )

    def deep(self) -> Sequence[HealthCheck]:
        """Those that read all of the database."""
        return (HealthCheck("database-pages", self.pages),)

    def core(self) -> HealthReport:
        facts = {"core": __version__, "python": platform.python_version(), "system": platform.platform()}
        said = [warning for warning in self._warnings() if warning != sqlite_warning()]
        if not said:
            return HealthReport("ok", to_translate("FaceForge Core %(core)s on Python %(python)s."), None, facts, facts)
        summary = to_translate("FaceForge Core %(core)s on Python %(python)s. %(warnings)s")
        return HealthReport("warning", summary, None, facts, {**facts, "warnings": " ".join(said)})

    def writable(self) -> HealthReport:
        facts = {"home": str(self._home.root)}
        try:
            for folder in (self._home.config_dir, self._home.staging_dir, self._home.logs_dir, self._home.db_dir):
                with tempfile.TemporaryFile(dir=folder) as file:
                    file.write(b"\0")
        except OSError as error:
            return HealthReport(
                "error",
                to_translate("The home can't be written to: %(reason)s, in %(folder)s."),
                to_translate("See that the disk is mounted, has room, and belongs to you."),
                facts,
                {"reason": error.strerror or str(error), "folder": str(folder)},
            )
        return HealthReport("ok", to_translate("The home %(home)s can be written to."), None, facts, facts)

    def database(self) -> HealthReport:
        with self._database.read() as reader:
            reader.value(_ONE)
        size = self._home.database.stat().st_size
        facts = {"path": str(self._home.database), "bytes": str(size)}
        summary = to_translate("The database answers; it has %(size)s MB.")
        return HealthReport("ok", summary, None, facts, {"size": f"{size / 1e6:.1f}"})

    def pages(self) -> HealthReport:
        with self._database.read() as reader:
            wrong = [str(row[0]) for row in reader.all(_QUICK_CHECK) if row[0] != "ok"]
        if not wrong:
            return HealthReport("ok", to_translate("Every page of the database is as it should be."))
        return HealthReport(
            "error",
            to_translate("SQLite finds the database damaged: %(damage)s"),
            to_translate("Stop Core and restore a backup."),
            values={"damage": "; ".join(wrong)[:1000]},
        )

    def token(self) -> HealthReport:
        if is_weak(self._config().auth.install_token or ""):
            return HealthReport(
                "warning",
                to_translate("The install token is shorter than %(length)s characters and can be guessed."),
                to_translate("`faceforge token rotate` makes a new one."),
                values={"length": str(WEAK_BELOW)},
            )
        return HealthReport("ok", to_translate("The install token is long enough."))

    def plugins(self) -> HealthReport:
        rows = self._plugins().list().items
        facts = {"active": str(sum(row.state == "active" for row in rows)), "known": str(len(rows))}
        broken = [
            f"{row.name} ({row.error.summary if row.error else 'no reason is known'})"
            for row in rows
            if row.state == "error"
        ]
        if not broken:
            return HealthReport("ok", to_translate("Active plugins: %(active)s."), None, facts, facts)
        return HealthReport(
            "warning",
            to_translate("Plugins do not work: %(broken)s"),
            to_translate("Disable them, or put them right."),
            facts,
            {"broken": "; ".join(broken)[:2000]},
        )

    def trash(self) -> HealthReport:
        summary = self._trash.summary()
        counts = {kind: count for kind, count in summary.model_dump(exclude={"keep_days"}).items() if count}
        facts = {kind: str(count) for kind, count in counts.items()}
        values = {"count": str(sum(counts.values())), "days": str(summary.keep_days)}
        if not counts:
            return HealthReport("ok", to_translate("The trash is empty."))
        if summary.keep_days is None:
            return HealthReport(
                "ok", to_translate("Things in the trash: %(count)s, kept for ever."), None, facts, values
            )
        kept = to_translate("Things in the trash: %(count)s, each kept for %(days)s days.")
        return HealthReport("ok", kept, None, facts, values)


def clock(database: Database) -> HealthReport:
    """Whether the clock leapt, so that nothing is removed for being old."""
    with database.read() as reader:
        leap = seen_days.unconfirmed(reader)
    if leap is None:
        return HealthReport("ok", to_translate("The clock goes on as it should."))
    return HealthReport(
        "warning" if leap.arrived - leap.left > _LONG_OFF else "ok",
        to_translate(
            "Between two days on which Core ran, the clock went from %(left)s to %(arrived)s. Nothing is removed for "
            "being old until Core has run on %(days)s more days."
        ),
        to_translate(
            "See that this computer shows the right date. If it was only switched off, there is nothing to do."
        ),
        values={"left": str(leap.left), "arrived": str(leap.arrived), "days": str(leap.days_to_run)},
    )


def sqlite() -> HealthReport:
    """Whether SQLite has the known fault."""
    facts = {"sqlite": sqlite3.sqlite_version}
    if sqlite_warning() is None:
        return HealthReport(
            "ok", to_translate("SQLite %(sqlite)s has no fault that Core knows of."), None, facts, facts
        )
    return HealthReport(
        "warning",
        to_translate(
            "SQLite %(sqlite)s has a rare fault that can damage a database under load, mended in %(mended)s. FaceForge "
            "Core avoids what triggers it."
        ),
        to_translate("Install the package pysqlite3, or a newer Python."),
        facts,
        {**facts, "mended": ".".join(map(str, SAFE_VERSION))},
    )
