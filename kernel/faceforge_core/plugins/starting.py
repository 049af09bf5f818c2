"""Starts one plugin: decides whether it may run, loads its code, activates it. Nothing is swapped here."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from faceforge_core.plugins import compat, configuration
from faceforge_core.plugins.activation import activate
from faceforge_core.plugins.contributed import failure_of
from faceforge_core.plugins.generation import Activation, Generation
from faceforge_sdk import API_VERSION
from faceforge_sdk.errors import FaceForgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from faceforge_core.owned import Owned
    from faceforge_core.plugins.configuration import Configurations
    from faceforge_core.plugins.discovery import Found
    from faceforge_core.plugins.loader import Loader
    from faceforge_core.plugins.markers import Markers
    from faceforge_core.plugins.records import Records
    from faceforge_sdk.context import PluginContext
    from faceforge_sdk.contributions import Router

SAFE_MODE = "Core runs in safe mode: only what came with it is started."
CRASHED = (
    "Core ended while this plugin was being started, or it never came to an end of that, so it is skipped. "
    "Enable it to try again."
)
NO_CONSENT = (
    "This plugin was enabled when it had no code, or under a version of Core that ran none. "
    "Enable it again to run its code."
)


START_SECONDS = 120.0
"""For a stranger's code to be imported, to enter its lifespan and to answer its hooks."""


class CannotRun(FaceForgeError):
    """A plugin is not started, for a reason that needs no traceback."""


class StartHangs(FaceForgeError):
    """A plugin's code does not come to an end; the thread it runs on is lost until Core is restarted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the kernel lends to the switch.

    `context` makes a plugin's context from its id and configuration. `migrate` runs those of a plugin's steps (its id,
    their folder) that have not run. `try_router` raises what is wrong with one
    plugin's routes. `on_swap` makes a generation the current one: it raises before it changes anything. `drain` asks
    a plugin's running jobs to stop and says whether they did within the seconds. `announce` tells of an event (type,
    plugin id, payload).
    """

    context: Callable[[str, Mapping[str, Any]], PluginContext]
    migrate: Callable[[str, Path], None]
    try_router: Callable[[Owned[Router]], None]
    on_swap: Callable[[Generation], None]
    drain: Callable[[str, float], bool]
    announce: Callable[[str, str, Mapping[str, Any]], None]
    core_version: str
    safe_mode: bool = False


class Starter:
    """Makes an `Activation` of a found plugin while the caller waits."""

    def __init__(
        self,
        loader: Loader,
        records: Records,
        configurations: Configurations,
        markers: Markers,
        surroundings: Surroundings,
    ) -> None:
        self._loader = loader
        self._records = records
        self._configurations = configurations
        self._markers = markers
        self._around = surroundings

    def start(self, found: Found) -> Activation:
        """Activate. Raises `CannotRun` for a reason that lies outside its code, `InvalidInput` for its configuration,
        and whatever its code raises; nothing of it is open then.
        """
        self._check_may_run(found)
        config = self._configurations.of(found)
        if found.source != "builtin":  # a built-in's is part of core.json, which was checked as a whole
            configuration.check(found, config)
        if found.entry_point is None:
            return Activation(found.plugin_id, found.folder)
        return self._run_code(found, config)

    def _run_code(self, found: Found, config: Mapping[str, Any]) -> Activation:
        if found.source == "builtin":
            return self._load_and_activate(found, config)
        self._markers.begin(found.plugin_id)
        try:
            one = self._in_time(found, config)
        except (KeyboardInterrupt, StartHangs):
            raise  # the first perhaps because it hung: the marker stays, and the next start skips it
        except BaseException:
            self._markers.end(found.plugin_id)
            raise
        self._markers.end(found.plugin_id)
        return one

    def _in_time(self, found: Found, config: Mapping[str, Any]) -> Activation:
        attempt = _Attempt(partial(self._load_and_activate, found, config))
        error = failure_of(f"start {found.plugin_id}", attempt, START_SECONDS)
        one = attempt.wait_no_longer()
        if one is not None:
            return one
        if error is None or not attempt.ended:
            raise StartHangs(f"It did not come to an end of starting within {START_SECONDS:g} s.")
        raise error

    def _load_and_activate(self, found: Found, config: Mapping[str, Any]) -> Activation:
        entry_point = found.entry_point or ""
        if found.package is not None:
            plugin = self._loader.load_package(found.package, entry_point)
        else:
            plugin = self._loader.load_folder(found.plugin_id, found.folder, entry_point)
        around = self._around
        ctx = around.context(found.plugin_id, config)
        return activate(plugin, ctx, found.folder, around.try_router, around.migrate)

    def _check_may_run(self, found: Found) -> None:
        if found.source == "builtin":
            return
        manifest = found.manifest
        if self._around.safe_mode:
            raise CannotRun(SAFE_MODE)
        if found.entry_point is not None and not self._records.of(found).code_consent:
            raise CannotRun(NO_CONSENT)
        if found.entry_point is not None and manifest.api_version not in range(1, API_VERSION + 1):
            raise CannotRun(
                f"It is written for version {manifest.api_version} of the SDK; this Core has {API_VERSION}."
            )
        if manifest.core_compat is not None and not compat.allows(manifest.core_compat, self._around.core_version):
            raise CannotRun(f"It works with Core {manifest.core_compat}; this is {self._around.core_version}.")


class _Attempt:
    """An activation on a thread of its own; one that succeeds when nobody waits for it any more is left at once."""

    def __init__(self, activation: Callable[[], Activation]) -> None:
        self.ended = False
        self._activation = activation
        self._lock = threading.Lock()
        self._waited_for = True
        self._result: Activation | None = None

    def __call__(self) -> None:
        try:
            one = self._activation()
        finally:
            self.ended = True
        with self._lock:
            if self._waited_for:
                self._result = one
                return
        if one.lifespan is not None:
            one.lifespan.close()

    def wait_no_longer(self) -> Activation | None:
        """What it became, if that is known by now."""
        with self._lock:
            self._waited_for = False
            return self._result
