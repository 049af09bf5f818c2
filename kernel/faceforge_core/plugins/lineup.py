"""The plugins that run, and the generation they make up: put in, replaced and taken out, each by one swap.

Nobody is asked here whether a plugin should run, and nothing is remembered of those that don't. Whoever calls sees to
it that there is one change at a time.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING

from faceforge_core.plugins.contributed import Isolation, failure_of
from faceforge_core.plugins.generation import Activation, claim_names, compose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from faceforge_core.plugins.discovery import Found
    from faceforge_core.plugins.loader import Loader
    from faceforge_core.plugins.starting import Starter, Surroundings

DRAIN_SECONDS = 10.0
LEAVE_SECONDS = 10.0

logger = logging.getLogger(__name__)


class Lineup:
    """Who runs. `give_up` (a plugin's id, a summary) is called about one whose calls keep failing."""

    def __init__(
        self, starter: Starter, loader: Loader, surroundings: Surroundings, give_up: Callable[[str, str], None]
    ) -> None:
        self.generation = compose(0, ())
        self._starter = starter
        self._loader = loader
        self._around = surroundings
        self._give_up = give_up
        self._active: dict[str, Activation] = {}  # in the order of activation
        self._found: dict[str, Found] = {}
        self._isolations: dict[str, Isolation] = {}

    # --- What is

    @property
    def active(self) -> Mapping[str, Activation]:
        """Those that run, by their ids, in the order of activation."""
        return self._active

    def running(self, plugin_id: str) -> Found | None:
        """The manifest an active plugin was started from; its folder may be gone since."""
        return self._found.get(plugin_id) if plugin_id in self._active else None

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

    # --- In

    def activate(self, found: Found) -> Activation:
        """Start a plugin without serving it yet; the names it claims are its alone. Raises what is wrong with it."""
        one = self._starter.start(found)
        plugin_id = found.plugin_id
        others = [other for other in self._active.values() if other.plugin_id != plugin_id]
        try:
            claim_names([*others, one])
        except BaseException:
            _leave(one)
            raise
        self._active[plugin_id] = one
        self._found[plugin_id] = found
        self.isolation(plugin_id).trust_again()
        return one

    def replace(self, found: Found) -> None:
        """Start a plugin and serve it in the place of its former self, which goes on if that fails."""
        old = self._active.get(found.plugin_id)
        new = self.activate(found)
        try:
            self._add(new)
        except BaseException:
            _leave(new)
            if old is not None:
                self._active[found.plugin_id] = old
            raise
        if old is not None:
            _leave(old)

    def serve(self, attempt: Callable[[Found, Callable[[], None]], bool]) -> None:
        """Serve all that were activated, by one swap.

        If that fails they are served one after the other, each by an `attempt`, to find out whose fault it is; those
        whose attempt comes to nothing are out.
        """
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
                if not attempt(self._found[one.plugin_id], partial(self._add, one)):
                    _leave(one)
                waiting.pop(0)
        finally:
            for one in reversed(waiting):
                _leave(one)

    def _add(self, one: Activation) -> None:
        """Make `one` part of the current generation, or raise and leave the old one serving."""
        others = {plugin_id: other for plugin_id, other in self._active.items() if plugin_id != one.plugin_id}
        try:
            self._swap([*others.values(), one])
        except BaseException:
            self._active = others
            raise
        self._active = {**others, one.plugin_id: one}

    def _swap(self, active: Iterable[Activation]) -> None:
        generation = compose(self.generation.number + 1, active)
        self._around.on_swap(generation)
        self.generation = generation

    # --- Out

    def take_out(self, plugin_id: str) -> bool:
        """Swap a plugin out, drain its jobs, leave its lifespan; returns whether all of it is freed by that."""
        one = self._active.get(plugin_id)
        if one is None:
            return True
        others = [other for other in self._active.values() if other is not one]
        if any(served is one for served in self.generation.active):
            self._swap(others)
        self._active = {other.plugin_id: other for other in others}
        drained = self._around.drain(plugin_id, DRAIN_SECONDS)
        left = _leave(one)
        stuck = self._loader.holds_extensions(plugin_id)
        self._loader.forget(plugin_id)
        return drained and left and not stuck

    def close(self, deadline: float) -> None:
        """Leave every lifespan, the last entered first; failures are logged. The generation stays as it is."""
        for one in reversed([*self._active.values()]):
            _leave(one, max(0.1, deadline - time.monotonic()))
        self._active = {}
        self._loader.close()


def _leave(one: Activation, seconds: float = LEAVE_SECONDS) -> bool:
    """Leave the lifespan, on a thread that is not waited for longer than the given time."""
    if one.lifespan is None:
        return True
    error = failure_of(f"leave {one.plugin_id}", one.lifespan.close, seconds)
    if error is not None:
        logger.error("The plugin %s could not be stopped properly.", one.plugin_id, exc_info=error)
    return error is None
