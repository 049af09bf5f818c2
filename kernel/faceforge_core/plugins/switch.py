"""Switches plugins on and off while Core runs: one change at a time, each a new generation.

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

from faceforge_core.plugins.contributed import Isolation, failure_of
from faceforge_core.plugins.generation import Activation, claim_names, compose
from faceforge_core.plugins.loader import Loader
from faceforge_core.plugins.starting import CRASHED, CannotRun, Starter, StartHangs, Surroundings
from faceforge_core.plugins.status import Status
from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import Conflict, InvalidInput, NotFound
from faceforge_sdk.models import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from faceforge_core.plugins.configuration import Configurations
    from faceforge_core.plugins.discovery import Discovery, Findings, Found
    from faceforge_core.plugins.markers import Markers
    from faceforge_core.plugins.records import Records

__all__ = ["Status", "Surroundings", "Switch"]

DRAIN_SECONDS = 10.0
LEAVE_SECONDS = 10.0
CLOSE_SECONDS = 4.0
"""For all lifespans together: who stops Core wants it to stop."""

logger = logging.getLogger(__name__)


class Switch:
    """Holds the current `generation` and the status of each plugin. Call `start` once, `close` at the end."""

    def __init__(
        self,
        discovery: Discovery,
        records: Records,
        configurations: Configurations,
        markers: Markers,
        surroundings: Surroundings,
    ) -> None:
        self.generation = compose(0, ())
        self._discovery = discovery
        self._records = records
        self._configurations = configurations
        self._markers = markers
        self._around = surroundings
        self._loader = Loader()
        self._starter = Starter(self._loader, records, configurations, markers, surroundings)
        self._lock = threading.RLock()
        self._active: dict[str, Activation] = {}  # in the order of activation
        self._running: dict[str, Found] = {}
        self._statuses: dict[str, Status] = {}
        self._isolations: dict[str, Isolation] = {}
        self._takedowns: list[threading.Thread] = []

    # --- What is

    def look(self) -> Findings:
        """Look for plugins again, and remember the new ones."""
        findings = self._discovery.look()
        self._records.remember(findings.found.values())
        return findings

    def running(self, plugin_id: str) -> Found | None:
        """The manifest an active plugin was started from; its folder may be gone since."""
        return self._running.get(plugin_id) if plugin_id in self._active else None

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
        one = self._active.get(plugin_id)
        rows = one.contributions.items() if one is not None else ()
        return {kind.__name__: len(values) for kind, values in rows if values}

    def isolation(self, plugin_id: str) -> Isolation:
        """What the plugin's calls run in; the same object as long as the kernel lives."""
        found = self._isolations.get(plugin_id)
        if found is None:
            found = self._isolations.setdefault(
                plugin_id, Isolation(plugin_id, lambda summary: self._give_up(plugin_id, summary))
            )
        return found

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
                self._swap_at_start()
            except BaseException:
                self.close()
                raise

    def _is_wished(self, found: Found) -> bool:
        return found.essential or self._records.of(found).enabled

    def _start_one(self, found: Found) -> None:
        if self._markers.left(found.plugin_id):
            raise CannotRun(CRASHED)
        self._activate(found)

    def _swap_at_start(self) -> None:
        """One swap for all; if that fails, one by one to find out whose fault it is."""
        try:
            self._swap(self._active.values())
        except Exception:
            logger.exception("The plugins can't be put together; trying one by one.")
        else:
            return
        waiting, self._active = list(self._active.values()), {}
        try:
            while waiting:
                one = waiting[0]
                if not self._try(self._running[one.plugin_id], partial(self._add, one)):
                    self._leave(one)
                waiting.pop(0)
        finally:
            for one in reversed(waiting):
                self._leave(one)

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
            for one in reversed([*self._active.values()]):
                self._leave(one, max(0.1, deadline - time.monotonic()))
            self._active = {}
            self._loader.close()
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
            restart = self._take_down(plugin_id)
            self._statuses[plugin_id] = Status(restart_required=restart)
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
                self._replace(found)
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
        plugin_id = found.plugin_id
        old = self._active.get(plugin_id)
        if old is not None and old.lifespan is not None:
            self._note_restart(plugin_id, needed=self._take_down(plugin_id))
        if not self._try(found, partial(self._replace, found)):
            self._note_restart(plugin_id, needed=self._take_down(plugin_id))

    def _note_restart(self, plugin_id: str, *, needed: bool) -> None:
        self._statuses[plugin_id] = replace(self.status(plugin_id), restart_required=needed)

    def _replace(self, found: Found) -> None:
        old = self._active.get(found.plugin_id)
        self._activate(found)
        new = self._active[found.plugin_id]
        try:
            self._add(new)
        except BaseException:
            self._leave(new)
            if old is not None:
                self._active[found.plugin_id] = old
            raise
        if old is not None:
            self._leave(old)

    def _add(self, one: Activation) -> None:
        """Make `one` part of the current generation, or raise and leave the old one serving."""
        others = {plugin_id: other for plugin_id, other in self._active.items() if plugin_id != one.plugin_id}
        try:
            self._swap([*others.values(), one])
        except BaseException:
            self._active = others
            raise
        self._active = {**others, one.plugin_id: one}

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

    def _activate(self, found: Found) -> None:
        """Load and activate, without swapping; the names it claims are its alone."""
        one = self._starter.start(found)
        plugin_id = found.plugin_id
        others = [other for other in self._active.values() if other.plugin_id != plugin_id]
        try:
            claim_names([*others, one])
        except BaseException:
            self._leave(one)
            raise
        self._active[plugin_id] = one
        self._running[plugin_id] = found
        self.isolation(plugin_id).trust_again()

    # --- Taking down

    def _take_down(self, plugin_id: str) -> bool:
        """Swap the plugin out, drain its jobs, leave its lifespan; return whether only a restart frees everything."""
        one = self._active.get(plugin_id)
        restart = self.status(plugin_id).restart_required
        if one is None:
            return restart
        others = [other for other in self._active.values() if other is not one]
        if any(served is one for served in self.generation.active):
            self._swap(others)
        self._active = {other.plugin_id: other for other in others}
        drained = self._around.drain(plugin_id, DRAIN_SECONDS)
        left = self._leave(one)
        stuck = self._loader.holds_extensions(plugin_id)
        self._loader.forget(plugin_id)
        return restart or not drained or not left or stuck

    def _leave(self, one: Activation, seconds: float = LEAVE_SECONDS) -> bool:
        """Leave the lifespan, on a thread that is not waited for longer than the given time."""
        if one.lifespan is None:
            return True
        error = failure_of(f"leave {one.plugin_id}", one.lifespan.close, seconds)
        if error is not None:
            logger.error("The plugin %s could not be stopped properly.", one.plugin_id, exc_info=error)
        return error is None

    def _give_up(self, plugin_id: str, summary: str) -> None:
        """Take down a plugin whose calls keep failing, from a thread of its own: the caller may be a request."""
        failing = self._active.get(plugin_id)
        if failing is None or self._running[plugin_id].essential:
            logger.error("The plugin %s keeps failing: %s", plugin_id, summary)
            return
        logger.error("The plugin %s is taken out: %s", plugin_id, summary)
        status = Status("error", PluginError(summary=summary), self.status(plugin_id).restart_required)
        self._statuses[plugin_id] = status

        def take_down() -> None:
            with self._lock:
                if self._active.get(plugin_id) is failing:
                    restart = self._take_down(plugin_id)
                    self._statuses[plugin_id] = Status("error", status.error, restart)
                    self._announce("plugin.failed", plugin_id, {"summary": summary})
                elif self._statuses.get(plugin_id) is status:  # it was switched between the lines above
                    state: Literal["active", "disabled"] = "active" if plugin_id in self._active else "disabled"
                    self._statuses[plugin_id] = replace(status, state=state, error=None)

        thread = threading.Thread(target=take_down, name=f"take down {plugin_id}", daemon=True)
        self._takedowns = [*(one for one in self._takedowns if one.is_alive()), thread]
        thread.start()

    # --- Composing

    def _swap(self, active: Iterable[Activation]) -> None:
        generation = compose(self.generation.number + 1, active)
        self._around.on_swap(generation)
        self.generation = generation

    def _announce(self, event_type: str, plugin_id: str, payload: Mapping[str, Any] | None = None) -> None:
        try:
            self._around.announce(event_type, plugin_id, payload or {})
        except Exception:
            logger.exception("The event %s of the plugin %s could not be told.", event_type, plugin_id)
