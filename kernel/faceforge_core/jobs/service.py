"""Durable work, as plugins ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from faceforge_core.catalog import stored_json
from faceforge_sdk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faceforge_core.bell import Bell
    from faceforge_core.jobs.queue import JobQueue
    from faceforge_core.jobs.runner import JobRunner
    from faceforge_core.owned import Owned
    from faceforge_sdk.contributions import JobHandler
    from faceforge_sdk.models import Job


class JobService:
    """The SDK's `Jobs`."""

    def __init__(
        self,
        queue: JobQueue,
        runner: JobRunner,
        handlers: Callable[[], Sequence[Owned[JobHandler[Any]]]],
        bell: Bell,
    ) -> None:
        self._bell = bell
        self._queue = queue
        self._runner = runner
        self._handlers = handlers

    def enqueue(self, job_type: str, payload: Mapping[str, Any], *, dedupe_key: str | None = None) -> Job:
        """Queue a job; it is kept as it was given, keys that its model does not know too."""
        handler = next((owned.value for owned in self._handlers() if owned.value.job_type == job_type), None)
        if handler is None:
            raise InvalidInput(f"No enabled plugin runs jobs of the type {job_type!r}.")
        return self._queue.add(job_type, _accepted(handler, payload), dedupe_key, self._runner.wake)

    def get(self, job_id: str) -> Job:
        """Raises `NotFound`."""
        return self._queue.get(job_id)

    def cancel(self, job_id: str) -> tuple[bool, Job]:
        """Ask a job to stop at its next safe point. False if it had ended already. Raises `NotFound`."""
        requested, job = self._queue.cancel(job_id)
        self._runner.cancel(job_id)
        return requested, job


def _accepted(handler: JobHandler[Any], payload: Mapping[str, Any]) -> str:
    try:
        handler.input_model.model_validate(payload)
        text = stored_json.dump(dict(payload))
        text.encode()
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        raise InvalidInput(f"The input of a {handler.job_type} job is not valid.", details=details) from error
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"The input of a {handler.job_type} job is no JSON: {error}") from error
    return text
