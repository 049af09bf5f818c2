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
from faceforge_core.db.driver import sqlite3, sqlite_warning
from faceforge_core.db.statements import prepare
from faceforge_sdk.contributions import HealthCheck, HealthReport

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
        summary = f"FaceForge Core {__version__} on Python {facts['python']}."
        said = [warning for warning in self._warnings() if warning != sqlite_warning()]
        if not said:
            return HealthReport("ok", summary, facts=facts)
        return HealthReport("warning", f"{summary} {' '.join(said)}", facts=facts)

    def writable(self) -> HealthReport:
        facts = {"home": str(self._home.root)}
        try:
            for folder in (self._home.config_dir, self._home.staging_dir, self._home.logs_dir, self._home.db_dir):
                with tempfile.TemporaryFile(dir=folder) as file:
                    file.write(b"\0")
        except OSError as error:
            summary = f"The home can't be written to: {error.strerror or error}, in {folder}."
            return HealthReport("error", summary, "See that the disk is mounted, has room, and belongs to you.", facts)
        return HealthReport("ok", f"The home {self._home.root} can be written to.", facts=facts)

    def database(self) -> HealthReport:
        with self._database.read() as reader:
            reader.value(_ONE)
        size = self._home.database.stat().st_size
        facts = {"path": str(self._home.database), "bytes": str(size)}
        return HealthReport("ok", f"The database answers; it has {size / 1e6:.1f} MB.", facts=facts)

    def pages(self) -> HealthReport:
        with self._database.read() as reader:
            wrong = [str(row[0]) for row in reader.all(_QUICK_CHECK) if row[0] != "ok"]
        if not wrong:
            return HealthReport("ok", "Every page of the database is as it should be.")
        return HealthReport(
            "error", f"SQLite finds the database damaged: {'; '.join(wrong)[:1000]}", "Stop Core and restore a backup."
        )

    def token(self) -> HealthReport:
        if is_weak(self._config().auth.install_token or ""):
            return HealthReport(
                "warning",
                f"The install token is shorter than {WEAK_BELOW} characters and can be guessed.",
                "`faceforge token rotate` makes a new one.",
            )
        return HealthReport("ok", "The install token is long enough.")

    def plugins(self) -> HealthReport:
        rows = self._plugins().list().items
        active = sum(row.state == "active" for row in rows)
        facts = {"active": str(active), "known": str(len(rows))}
        broken = [
            f"{row.name} ({row.error.summary if row.error else 'no reason is known'})"
            for row in rows
            if row.state == "error"
        ]
        if not broken:
            return HealthReport("ok", f"{active} plugins are active.", facts=facts)
        return HealthReport(
            "warning", f"Plugins do not work: {'; '.join(broken)[:2000]}", "Disable them, or put them right.", facts
        )

    def trash(self) -> HealthReport:
        summary = self._trash.summary()
        counts = {kind: count for kind, count in summary.model_dump(exclude={"keep_days"}).items() if count}
        facts = {kind: str(count) for kind, count in counts.items()}
        if not counts:
            return HealthReport("ok", "The trash is empty.")
        lies = ", ".join(f"{count} {kind.replace('_', '-')}" for kind, count in counts.items())
        end = "for ever" if summary.keep_days is None else f"for {summary.keep_days} days"
        return HealthReport("ok", f"In the trash: {lies}; kept {end}.", facts=facts)


def clock(database: Database) -> HealthReport:
    """Whether the clock leapt, so that nothing is removed for being old."""
    with database.read() as reader:
        leap = seen_days.unconfirmed(reader)
    if leap is None:
        return HealthReport("ok", "The clock goes on as it should.")
    return HealthReport(
        "warning" if leap.arrived - leap.left > _LONG_OFF else "ok",
        f"Between two days on which Core ran, the clock went from {leap.left} to {leap.arrived}. Until Core has run "
        f"on {leap.days_to_run} more days, nothing is removed for being old.",
        "See that this computer shows the right date. If it was only switched off, there is nothing to do.",
    )


def sqlite() -> HealthReport:
    """Whether SQLite has the known fault."""
    facts = {"sqlite": sqlite3.sqlite_version}
    warning = sqlite_warning()
    if warning is None:
        return HealthReport("ok", f"SQLite {sqlite3.sqlite_version} has no fault that Core knows of.", facts=facts)
    return HealthReport("warning", warning, "Install the package pysqlite3, or a newer Python.", facts)
