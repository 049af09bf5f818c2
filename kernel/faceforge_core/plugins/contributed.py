"""Calls into what plugins contributed, so that one that fails or hangs harms nobody else."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from faceforge_core.failures import told
from faceforge_sdk.errors import ContributionFailed, FaceForgeError, JobCancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_core.owned import Owned

T = TypeVar("T")
R = TypeVar("R")

FAILURES_UNTIL_ERROR = 3
MAX_CALLS_AT_ONCE = 16
"""How many threads one plugin's calls may occupy, those included that nobody waits for any more."""

_MOST_WORDS = 300

logger = logging.getLogger(__name__)


class _Call(threading.Thread, Generic[R]):
    """One piece of work on a thread of its own; a daemon, so that one that never ends does not hold the process."""

    def __init__(self, name: str, work: Callable[[], R], at_end: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._at_end = at_end
        self._result: list[R] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._result.append(self._work())
        except BaseException as error:  # noqa: BLE001  # SystemExit and its like are the plugin's failure too
            self.error = error
        finally:
            self._at_end()

    @property
    def result(self) -> R:
        return self._result[0]


def failure_of(name: str, work: Callable[[], object], seconds: float | None) -> BaseException | None:
    """Run `work` on a thread of its own and return what it raised; without `seconds` it may take for ever.

    That is a `TimeoutError` if it has not ended in time; it goes on then, and nobody waits for it.
    """
    call = _Call(name, work, lambda: None)
    call.start()
    call.join(seconds)
    return TimeoutError(f"no end within {seconds:g} s") if call.is_alive() else call.error


class Isolation:
    """What one plugin's calls may cost: it counts failures in a row and the threads that are occupied.

    Kept as long as the kernel lives, through disabling and enabling: calls that hang stay counted.
    """

    def __init__(self, plugin_id: str, give_up: Callable[[str], None]) -> None:
        self.plugin_id = plugin_id
        self._give_up = give_up
        self._slots = threading.BoundedSemaphore(MAX_CALLS_AT_ONCE)
        self._lock = threading.Lock()
        self._failures = 0

    def trust_again(self) -> None:
        """Start counting anew, because the user enabled the plugin anew."""
        with self._lock:
            self._failures = 0

    def call(self, work: Callable[[], R], seconds: float) -> R:
        """See `faceforge_sdk.protocols.Contributed.call`.

        An error of the SDK's tree is an answer (a thumbnailer's `InvalidInput`): the caller gets `ContributionFailed`
        with it as the cause, and it is not counted as a failure of the plugin. `JobCancelled` passes through.
        """
        deadline = time.monotonic() + seconds
        if not self._slots.acquire(timeout=seconds):
            raise self._failed("earlier calls into it have not ended", None)
        call = _Call(f"plugin {self.plugin_id}", work, self._slots.release)
        try:
            call.start()
        except RuntimeError as error:  # no more threads, which is not this plugin's fault
            self._slots.release()
            raise ContributionFailed(self.plugin_id, "No thread could be started.") from error
        call.join(max(0.0, deadline - time.monotonic()))
        if call.is_alive():
            raise self._failed(f"no answer within {seconds:g} s", None)
        if call.error is None:
            self.trust_again()
            return call.result
        if isinstance(call.error, JobCancelled):
            raise call.error
        if isinstance(call.error, FaceForgeError) and not isinstance(call.error, ContributionFailed):
            raise ContributionFailed(self.plugin_id, told(call.error)) from call.error
        raise self._failed(told(call.error, _MOST_WORDS), call.error) from call.error

    def _failed(self, reason: str, error: BaseException | None) -> ContributionFailed:
        message = f"The plugin {self.plugin_id} failed: {reason}."
        with self._lock:
            self._failures += 1
            exhausted = self._failures == FAILURES_UNTIL_ERROR
        logger.warning("%s", message, exc_info=error)
        if exhausted:
            self._give_up(f"{FAILURES_UNTIL_ERROR} calls in a row failed, the last one with: {reason}.")
        return ContributionFailed(self.plugin_id, message)


class GuardedContribution(Generic[T]):
    """A contributed value and the isolation its calls run in (the SDK's `Contributed`)."""

    __slots__ = ("_isolation", "_owned")

    def __init__(self, owned: Owned[T], isolation: Isolation) -> None:
        self._owned = owned
        self._isolation = isolation

    @property
    def plugin_id(self) -> str:
        return self._owned.plugin_id

    @property
    def value(self) -> T:
        return self._owned.value

    def call(self, work: Callable[[], R], *, seconds: float = 5.0) -> R:
        """See `faceforge_sdk.protocols.Contributed.call`."""
        return self._isolation.call(work, seconds)
