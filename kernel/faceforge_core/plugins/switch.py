"""Switches plugins on and off as the owner wishes, while Core runs: one change at a time, each a new generation.

Everything here blocks and runs in the thread that calls it, never on the event loop. A plugin's own import and hooks
are waited for: one that hangs there holds up further switching (not requests) for `starting.START_SECONDS`, and is
skipped at the next start, because its marker is still there.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from faceforge_core.plugins.lineup import Lineup
from faceforge_core.plugins.loader import Loader
from faceforge_core.plugins.starting import CRASHED, CannotRun, Starter, StartHangs
from faceforge_core.plugins.status import Status
from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import Conflict, InvalidInput, NotFound
from faceforge_sdk.models import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from faceforge_core.plugins.configuration import Configurations
    from faceforge_core.plugins.contributed import Isolation
    from faceforge_core.plugins.discovery import Discovery, Findings, Found
    from faceforge_core.plugins.generation import Generation
    from faceforge_core.plugins.markers import Markers
    from faceforge_core.plugins.records import Records
    from faceforge_core.plugins.starting import Surroundings

CLOSE_SECONDS = 4.0
"""For all lifespans together: who stops Core wants it to stop."""

logger = logging.getLogger(__name__)


class Switch:
    """Keeps the owner's wishes, and knows what became of each. Call `start` once, `close` at the end."""

    def __init__(
        self,
        discovery: Discovery,
        records: Records,
        configurations: Configurations,
        markers: Markers,
        surroundings: Surroundings,
    ) -> None:
        self._discovery = discovery
        self._records = records
        self._configurations = configurations
        self._markers = markers
        self._around = surroundings
        self._loader = Loader()
        starter = Starter(self._loader, records, configurations, markers, surroundings)
        self._lineup = Lineup(starter, self._loader, surroundings, self._give_up)
        self._lock = threading.RLock()
        self._statuses: dict[str, Status] = {}
        self._takedowns: list[threading.Thread] = []

    # --- What is

    @property
    def generation(self) -> Generation:
        """What is served at the moment."""
        return self._lineup.generation

    def look(self) -> Findings:
        """Look for plugins again, and remember the new ones."""
        findings = self._discovery.look()
        self._records.remember(findings.found.values())
        return findings

    def running(self, plugin_id: str) -> Found | None:
        """The manifest an active plugin was started from; its folder may be gone since."""
        return self._lineup.running(plugin_id)

    def find(self, plugin_id: str) -> Found:
        """Raises `NotFound` for what is not there (any more) and does not run."""
        found = self.look().found.get(plugin_id) or self.running(plugin_id)
        if found is None:
            raise NotFound(f"There is no plugin {plugin_id!r}.")
        return found

    def status(self, plugin_id: str) -> Status:
        """What became of the wish; ``disabled`` for what nobody ever wished."""
        return self._statuses.get(plugin_id, Status())

    def contribution_counts(self, plugin_id: str) -> dict[str, int]:
        """How many of each kind the plugin contributes right now."""
        return self._lineup.contribution_counts(plugin_id)

    def isolation(self, plugin_id: str) -> Isolation:
        """What the plugin's calls run in; the same object as long as the kernel lives."""
        return self._lineup.isolation(plugin_id)

    # --- From start to close

    def start(self) -> None:
        """Activate what is wished, built-ins first, and compose one generation of it all.

        Raises `StartRefused`, with nothing left open, only when an essential built-in can't be activated; every other
        failure becomes that plugin's error.
        """
        with self._lock:
            try:
                for found in self.look().found.values():
                    if self._is_wished(found):
                        self._try(found, partial(self._start_one, found))
                self._lineup.serve(self._try)
            except BaseException:
                self.close()
                raise

    def _is_wished(self, found: Found) -> bool:
        return found.essential or self._records.of(found).enabled

    def _start_one(self, found: Found) -> None:
        if self._markers.left(found.plugin_id):
            raise CannotRun(CRASHED)
        self._lineup.activate(found)

    def close(self) -> None:
        """Leave every lifespan, the last entered first; failures are logged. The generation stays as it is.

        A plugin that hangs while it is switched is not waited for; its marker stays, so the next start skips it.
        """
        deadline = time.monotonic() + CLOSE_SECONDS
        for thread in self._takedowns:
            thread.join(max(0.0, deadline - time.monotonic()))
        mine = self._lock.acquire(timeout=max(0.1, deadline - time.monotonic()))
        if not mine:
            logger.error("A plugin is still being switched, and nobody waits for it any more.")
        try:
            self._lineup.close(deadline)
        finally:
            if mine:
                self._lock.release()

    # --- The user's wishes

    def enable(self, plugin_id: str) -> Found:
        """Keep the wish and try to activate; the status tells what became of it. Raises `NotFound`."""
        with self._lock:
            found = self.find(plugin_id)
            self._records.wish(found, enabled=True)
            if self.status(plugin_id).state != "active":
                self._markers.end(plugin_id)
                self._bring_up(found)
                if self.status(plugin_id).state == "active":
                    self._announce("plugin.enabled", plugin_id)
            return found

    def disable(self, plugin_id: str) -> Found:
        """Take a plugin out, let its jobs stop, leave its lifespan.

        Raises `NotFound`, and `Conflict` for an essential built-in.
        """
        with self._lock:
            found = self.find(plugin_id)
            if found.essential:
                raise Conflict(f"{found.manifest.name} is essential and can't be disabled.")
            was = self.status(plugin_id).state
            self._records.wish(found, enabled=False)
            self._markers.end(plugin_id)
            if was == "active":
                self._statuses[plugin_id] = replace(self.status(plugin_id), state="stopping")
            self._statuses[plugin_id] = Status(restart_required=self._take_out(plugin_id))
            if was != "disabled":
                self._announce("plugin.disabled", plugin_id)
            return found

    def configure(self, plugin_id: str, config: Mapping[str, Any]) -> Found:
        """Keep a configuration, and activate an enabled plugin anew with it.

        A plugin never goes on under a configuration that was replaced: if it can't be activated with the new one, it
        is out and its state is ``error``. An essential one can't be out: it goes on with the old configuration, which
        is kept. Raises `NotFound`, `InvalidInput`.
        """
        with self._lock:
            found = self.find(plugin_id)
            old = self._configurations.of(found)
            self._configurations.keep(found, self._configurations.completed(found, config))
            if not self._is_wished(found):
                return found
            if not found.essential:
                self._markers.end(plugin_id)
                self._bring_up(found)
                return found
            try:
                self._lineup.replace(found)
            except Exception as exc:
                self._configurations.keep(found, old)
                raise InvalidInput(
                    f"{found.manifest.name} can't run with this configuration: {exc}",
                    details={"plugin_id": plugin_id, "errors": []},
                ) from exc
            return found

    # --- Their files

    def alone(self) -> AbstractContextManager[object]:
        """Hold up all switching meanwhile, to change what a plugin is made of."""
        return self._lock

    def renew(self, plugin_id: str) -> Found:
        """Activate an enabled plugin anew, from its files as they are now. Raises `NotFound`."""
        with self._lock:
            found = self.find(plugin_id)
            if self._is_wished(found):
                self._markers.end(plugin_id)
                self._bring_up(found)
            return found

    # --- One plugin

    def _bring_up(self, found: Found) -> None:
        """Activate and swap in; a previous activation goes first, unless it holds nothing open."""
        old = self._lineup.active.get(found.plugin_id)
        if old is not None and old.lifespan is not None:
            self._put_aside(found.plugin_id)
        if not self._try(found, partial(self._lineup.replace, found)):
            self._put_aside(found.plugin_id)

    def _put_aside(self, plugin_id: str) -> None:
        """Take a plugin out, and have its status, whatever it is, say whether a restart is needed."""
        restart = self._take_out(plugin_id)
        self._statuses[plugin_id] = replace(self.status(plugin_id), restart_required=restart)

    def _take_out(self, plugin_id: str) -> bool:
        """Take a plugin out if it runs; returns whether only a restart frees everything of it."""
        freed = self._lineup.take_out(plugin_id)
        return not freed or self.status(plugin_id).restart_required

    def _try(self, found: Found, attempt: Callable[[], None]) -> bool:
        """Run one attempt to activate: whatever it raises, but Ctrl-C, becomes the plugin's status."""
        plugin_id = found.plugin_id
        restart = self.status(plugin_id).restart_required
        try:
            attempt()
        except KeyboardInterrupt:
            raise
        except BaseException as exc:  # a plugin that calls sys.exit() is a plugin with an error
            if found.essential:
                raise StartRefused(f"The built-in plugin {plugin_id} can't be started: {exc}") from exc
            self._loader.forget(plugin_id)
            self._failed(found, exc, restart)
            return False
        self._statuses[plugin_id] = Status("active", restart_required=restart)
        return True

    def _failed(self, found: Found, exc: BaseException, restart: bool) -> None:
        plugin_id = found.plugin_id
        status = Status.after(exc, restart_required=restart or isinstance(exc, StartHangs))
        self._statuses[plugin_id] = status
        if isinstance(exc, CannotRun):
            logger.warning("The plugin %s is not started: %s", plugin_id, exc)
        else:
            logger.error("The plugin %s could not be activated.", plugin_id, exc_info=exc)
        if status.state == "error" and status.error is not None:
            self._announce("plugin.failed", plugin_id, {"summary": status.error.summary})

    # --- One that fails

    def _give_up(self, plugin_id: str, summary: str) -> None:
        """Take down a plugin whose calls keep failing, from a thread of its own: the caller may be a request."""
        failing, found = self._lineup.active.get(plugin_id), self._lineup.running(plugin_id)
        if failing is None or found is None or found.essential:
            logger.error("The plugin %s keeps failing: %s", plugin_id, summary)
            return
        logger.error("The plugin %s is taken out: %s", plugin_id, summary)
        status = Status("error", PluginError(summary=summary), self.status(plugin_id).restart_required)
        self._statuses[plugin_id] = status

        def take_down() -> None:
            with self._lock:
                if self._lineup.active.get(plugin_id) is failing:
                    self._statuses[plugin_id] = Status("error", status.error, self._take_out(plugin_id))
                    self._announce("plugin.failed", plugin_id, {"summary": summary})
                elif self._statuses.get(plugin_id) is status:  # it was switched between the lines above
                    state: Literal["active", "disabled"] = "active" if plugin_id in self._lineup.active else "disabled"
                    self._statuses[plugin_id] = replace(status, state=state, error=None)

        thread = threading.Thread(target=take_down, name=f"take down {plugin_id}", daemon=True)
        self._takedowns = [*(one for one in self._takedowns if one.is_alive()), thread]
        thread.start()

    def _announce(self, event_type: str, plugin_id: str, payload: Mapping[str, Any] | None = None) -> None:
        try:
            self._around.announce(event_type, plugin_id, payload or {})
        except Exception:
            logger.exception("The event %s of the plugin %s could not be told.", event_type, plugin_id)
