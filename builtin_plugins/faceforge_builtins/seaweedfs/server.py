"""The server while the plugin is active: a thread that starts `weed`, asks whether it answers, and starts it again."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk.texts import to_translate

from .health import HealthCheck
from .identity import Keys, ensure_keys, read_keys
from .leftover import end_leftover, forget, note
from .output import keep_output
from .process import WeedProcess, busy_port

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator
    from pathlib import Path

    from .plan import Plan

_JOIN_SECONDS = 3.5
TROUBLE = to_translate("SeaweedFS does not run: %(reason)s. New files go to the home meanwhile; it is tried again.")


@dataclass(frozen=True, slots=True)
class Timing:
    """In seconds. After each failure the pause doubles, from `first_pause` to `longest_pause`."""

    first_pause: float = 1.0
    longest_pause: float = 60.0
    look_every: float = 0.3
    check_every: float = 10.0
    give_up_starting: float = 120.0


class ManagedServer:
    """Runs `weed` by a `Plan`. Whatever goes wrong is logged once, tried again later, and never raised."""

    def __init__(self, plan: Plan, log: logging.Logger, timing: Timing | None = None) -> None:
        self.plan = plan
        self.keys: Keys
        self._log = log
        self._timing = timing or Timing()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: WeedProcess | None = None
        self._ready = False
        self._said: str | None = None
        self._is_new = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Meanwhile; returns at once. Raises OSError where the keys can't be kept."""
        self._is_new = read_keys(self.plan.identity_file) is None
        self.keys = ensure_keys(self.plan.identity_file)
        # In a copy of the context, so that what it logs belongs to the same Core.
        thread = threading.Thread(
            target=copy_context().run, args=(self._supervise,), name="faceforge-seaweedfs", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            with self._lock:
                process = self._process
            if process is not None:
                process.end()
            thread.join(_JOIN_SECONDS)

    def is_ready(self) -> bool:
        """Whether it answered when it was asked last."""
        return self._ready

    @property
    def trouble(self) -> str | None:
        """The last thing that went wrong, for `TROUBLE`; None since it answered."""
        return self._said

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        process = self._process
        return None if process is None else process.pid

    def _supervise(self) -> None:
        pause = self._timing.first_pause
        while not self._stopping.is_set():
            answered, reason = self._run_once()
            if self._stopping.is_set():
                return
            if answered:
                pause = self._timing.first_pause
            self._say(reason)
            self._stopping.wait(pause)
            pause = min(2 * pause, self._timing.longest_pause)

    def _run_once(self) -> tuple[bool, str]:
        """Run until it ends; whether it ever answered, and why it does not run."""
        binary = self.plan.binary()
        if binary is None:
            return False, f"there is no program `weed` in {self.plan.tools_dir}"
        if not self._is_new and not self.plan.data_dir.is_dir():
            return False, f"its folder {self.plan.data_dir} is gone; is a disk not mounted? Make it to begin anew"
        end_leftover(self.plan, self._log)
        port = busy_port(self.plan)
        if port is not None:
            return False, f"port {port} is in use by another program"
        try:
            process = self._start(binary)
        except OSError as error:
            return False, f"it can't be started ({error.strerror or error})"
        if process is None:
            return False, "Core is closing"
        try:
            return self._watch(process)
        finally:
            self._ready = False
            process.end()
            self._process = None
            forget(self.plan)

    def _start(self, binary: Path) -> WeedProcess | None:
        if self._is_new:
            self.plan.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._is_new = False
        with self._lock:
            if self._stopping.is_set():
                return None
            process = self._process = WeedProcess(self.plan, binary)
        note(self.plan, process.pid)
        hidden = (self.keys.secret_key, self.keys.access_key)
        threading.Thread(
            target=_pump, args=(process, self.plan.log_file, hidden), name="faceforge-seaweedfs-log", daemon=True
        ).start()
        return process

    def _watch(self, process: WeedProcess) -> tuple[bool, str]:
        check = HealthCheck(self.plan.url, self.keys.access_key, self.keys.secret_key)
        answered, due = False, 0.0
        give_up = time.monotonic() + self._timing.give_up_starting
        try:
            while not self._stopping.wait(self._timing.look_every):
                code = process.exit_code()
                if code is not None:
                    return answered, f"it ended with {code}; see {self.plan.log_file}"
                if time.monotonic() >= due:
                    self._note_health(check.passes())
                    answered = answered or self._ready
                    due = time.monotonic() + (self._timing.check_every if self._ready else 0.0)
                if not answered and time.monotonic() > give_up:
                    return False, f"it does not answer after {self._timing.give_up_starting:g} s"
        finally:
            check.close()
        return answered, "Core is closing"

    def _note_health(self, healthy: bool) -> None:
        if healthy and not self._ready:
            self._log.info("SeaweedFS answers at %s.", self.plan.url)
            self._said = None
        elif self._ready and not healthy:
            self._say("it does not answer any more")
        self._ready = healthy

    def _say(self, reason: str) -> None:
        if reason != self._said:
            self._log.warning("%s", TROUBLE % {"reason": reason})
            self._said = reason


def _pump(process: WeedProcess, path: Path, hidden: tuple[str, ...]) -> None:
    with suppress(OSError, ValueError), process.lines as lines:
        keep_output(lines, path, hidden)
