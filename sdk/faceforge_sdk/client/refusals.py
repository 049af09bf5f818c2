"""Answers that are refusals, as the errors that Core raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from faceforge_sdk import errors
from faceforge_sdk.errors import FaceForgeError, HttpAnswer, RangeNotSatisfiable, RetryLater
from faceforge_sdk.models import ErrorEnvelope

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

    from faceforge_sdk.models import ErrorBody

CLASSES: Final[Mapping[str, type[FaceForgeError]]] = {
    "validation_error": errors.InvalidInput,
    "unauthorized": errors.Unauthorized,
    "forbidden": errors.Forbidden,
    "not_found": errors.NotFound,
    "conflict": errors.Conflict,
    "precondition_failed": errors.PreconditionFailed,
    "payload_too_large": errors.PayloadTooLarge,
    "unsupported_media_type": errors.UnsupportedMediaType,
    "range_not_satisfiable": errors.RangeNotSatisfiable,
    "rate_limited": errors.TooManyRequests,
    "busy": errors.Busy,
    "storage_unavailable": errors.StorageUnavailable,
    "insufficient_storage": errors.InsufficientStorage,
    "integrity_error": errors.IntegrityError,
}
"""The class of each ``error.code``; any other code is a `FaceForgeError`."""


class CoreUnreachable(FaceForgeError):
    """No Core answers at the address, or the connection to it broke; the sentence says what to do."""


def error_of(response: httpx2.Response) -> FaceForgeError:
    """The error that a whole answer tells of; `CoreUnreachable` if it is not one of Core's."""
    request = f"{response.request.method} {response.request.url}"
    try:
        body = ErrorEnvelope.model_validate_json(response.content).error
    except ValidationError:
        return CoreUnreachable(
            f"What answers at {response.request.url.copy_with(path='/', query=None)} is no FaceForge Core: "
            f"it said {response.status_code} to {request}. Check the address and its port."
        )
    error = _made(body, response)
    error.answer = HttpAnswer(request, response.status_code, body.code, response.headers.get("x-request-id"))
    error.add_note(f"{request} was answered with {response.status_code} {body.code}.")
    return error


def retry_after(response: httpx2.Response) -> float | None:
    """For how many seconds a refusal that passes by itself asks to wait; None for all others."""
    said = response.headers.get("retry-after", "")
    return float(said) if response.status_code in {429, 503} and said.isdecimal() else None


def _made(body: ErrorBody, response: httpx2.Response) -> FaceForgeError:
    kind = CLASSES.get(body.code, FaceForgeError)
    if issubclass(kind, RangeNotSatisfiable):
        size = response.headers.get("content-range", "").rpartition("/")[2]
        return RangeNotSatisfiable(int(size) if size.isdecimal() else 0)
    if issubclass(kind, RetryLater):
        pause = retry_after(response)
        return kind(body.message, retry_after=1 if pause is None else int(pause), details=body.details)
    return kind(body.message, details=body.details)
