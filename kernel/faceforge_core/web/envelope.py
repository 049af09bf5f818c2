"""What goes wrong, translated once: errors to a status, a code and the envelope around every JSON error."""

from __future__ import annotations

import errno
import json
import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from faceforge_core.web.allowed_methods import allowed_methods
from faceforge_core.web.error_pages import error_page, wants_page
from faceforge_sdk import errors
from faceforge_sdk.errors import Busy, FaceForgeError
from faceforge_sdk.problems import first_of, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from starlette.requests import Request
    from starlette.types import Scope

    from faceforge_core.web.pages import PageSet

logger = logging.getLogger(__name__)

STATUS: Final[Mapping[type[FaceForgeError], tuple[int, str]]] = {
    errors.InvalidInput: (422, "validation_error"),
    errors.Unauthorized: (401, "unauthorized"),
    errors.Forbidden: (403, "forbidden"),
    errors.NotFound: (404, "not_found"),
    errors.Conflict: (409, "conflict"),
    errors.PreconditionFailed: (412, "precondition_failed"),
    errors.PayloadTooLarge: (413, "payload_too_large"),
    errors.UnsupportedMediaType: (415, "unsupported_media_type"),
    errors.RangeNotSatisfiable: (416, "range_not_satisfiable"),
    errors.TooManyRequests: (429, "rate_limited"),
    errors.RetryLater: (503, "busy"),
    errors.Busy: (503, "busy"),
    errors.StorageUnavailable: (503, "storage_unavailable"),
    errors.InsufficientStorage: (507, "insufficient_storage"),
    errors.IntegrityError: (500, "integrity_error"),
    errors.ContributionFailed: (500, "internal_error"),
    errors.StatementRefused: (500, "internal_error"),
    FaceForgeError: (500, "internal_error"),
}
"""The one table from class of error to HTTP status and ``error.code``; a subclass is its nearest parent here."""

_CODES: Final = {status: code for kind, (status, code) in STATUS.items() if kind is not errors.StorageUnavailable}
_SENTENCES: Final = {
    400: "The request can't be understood.",
    401: "This needs the install token.",
    403: "This request is not allowed.",
    404: "There is nothing at this address.",
    405: "This address does not know this method.",
    413: "The body is larger than allowed.",
    415: "The body has a content type that this address does not read.",
    500: "Something went wrong inside FaceForge; its log knows more.",
}
_STARVED = frozenset({errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_NO_THREAD = "can't start new thread"
"""So Python tells of a thread for which there is no memory, in a plain RuntimeError."""

_MAX_PROBLEMS = 100
_MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as the client gets it; `message` is a sentence for people, `headers` come on top of the usual ones."""

    status: int
    code: str
    message: str
    details: object = None
    headers: tuple[tuple[str, str], ...] = ()


FAILURE_LOGGED: Final = "faceforge.failure_logged"
"""Scope key: the exception that comes out of the app is in the log already."""

INTERNAL_ERROR: Final = Refusal(500, "internal_error", _SENTENCES[500])


def code_for(status: int) -> str:
    """The ``error.code`` of a bare status."""
    known = _CODES.get(status)
    if known is not None and status != HTTPStatus.INTERNAL_SERVER_ERROR:
        return known
    return "client_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"


def refusal_of(error: FaceForgeError) -> Refusal:
    """How the client hears of `error`."""
    status, code = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return Refusal(status, code, str(error), error.details, tuple(_headers(error)))


def _headers(error: FaceForgeError) -> list[tuple[str, str]]:
    match error:
        case errors.RangeNotSatisfiable(size=size):
            return [("Content-Range", f"bytes */{size}"), ("Accept-Ranges", "bytes")]
        case errors.RetryLater():
            return [("Retry-After", str(error.retry_after))]
        case errors.Unauthorized():
            return [("WWW-Authenticate", "Bearer")]
        case _:
            return []


def error_response(scope: Scope, refusal: Refusal, pages: PageSet | None = None) -> Response:
    """The answer that says what went wrong: a page for a browser that asked for one under ``/ui``, else the envelope.

    `pages` defaults to those of the generation that serves the request.
    """
    if wants_page(scope):
        return error_page(scope, refusal.status, refusal.message, dict(refusal.headers), pages)
    return envelope_response(refusal)


def envelope_response(refusal: Refusal) -> Response:
    """The envelope around an error, whoever asks."""
    body = json_bytes(
        {
            "ok": False,
            "data": None,
            "error": {"code": refusal.code, "message": refusal.message, "details": refusal.details},
        }
    )
    return Response(body, refusal.status, dict(refusal.headers), media_type="application/json")


def json_bytes(value: object) -> bytes:
    """JSON of anything: what JSON can't hold becomes text, and nothing makes this raise."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str, separators=(",", ":")).encode()
    except ValueError:  # NaN, a lone surrogate, a ring
        return json.dumps(_plain(value), separators=(",", ":")).encode()


def _plain(value: object, depth: int = 0) -> object:
    if depth > 64:
        return "…"
    if isinstance(value, dict):
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1) for item in value]
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def validation_refusal(problems: Sequence[Mapping[str, Any]]) -> Refusal:
    """A request that does not fit its model; `details` lists where and why, never the value that was sent."""
    details = [_problem(problem) for problem in problems[:_MAX_PROBLEMS]]
    message = "The request is not valid."
    if details:
        message = f"The request is not valid: {first_of(details)}."
    return Refusal(422, "validation_error", message, details)


def _problem(problem: Mapping[str, Any]) -> dict[str, Any]:
    steps = [step if isinstance(step, int) else str(step)[:_MAX_TEXT] for step in problem.get("loc", ())]
    return {
        "type": str(problem.get("type", "value_error")),
        "loc": steps[:_MAX_PROBLEMS],
        "msg": words_of(problem)[:_MAX_TEXT],
    }


async def _on_faceforge_error(request: Request, error: FaceForgeError) -> Response:
    refusal = refusal_of(error)
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        told_in_full = isinstance(error, (Busy, errors.InsufficientStorage))  # a log on the full disk is to last
        cause = None if told_in_full else error
        logger.error("%s %s: %s", request.method, request.scope["path"], error, exc_info=cause)
    return error_response(request.scope, refusal)


async def _on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    return error_response(request.scope, validation_refusal(error.errors()))


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    status = error.status_code
    if status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.NOT_MODIFIED:
        return Response(status_code=status, headers=headers)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(allowed_methods(request.app.routes, request.scope))
    if status == HTTPStatus.UNAUTHORIZED:
        headers.setdefault("WWW-Authenticate", "Bearer")
    text, details = (error.detail, None) if isinstance(error.detail, str) else (None, error.detail)
    refusal = Refusal(status, code_for(status), _sentence(status, text), details, tuple(headers.items()))
    return error_response(request.scope, refusal)


def _sentence(status: int, detail: str | None) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = f"Status {status}"
    if detail and detail != phrase:
        return detail
    return _SENTENCES.get(status, f"{phrase}.")


async def on_anything_else(request: Request, error: Exception) -> Response:
    """Answer for what nobody expected: in the log, and told to nobody."""
    logger.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
    request.scope[FAILURE_LOGGED] = True
    return error_response(request.scope, failure_refusal(error))


def failure_refusal(error: BaseException) -> Refusal:
    """What to say of a failure of our own: that memory, threads or files are short at the moment, or nothing."""
    starved = (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno in _STARVED)
        or (isinstance(error, RuntimeError) and str(error) == _NO_THREAD)
    )
    return (
        refusal_of(Busy("Core got too little memory, or too few threads and files.", retry_after=5))
        if starved
        else INTERNAL_ERROR
    )


def exception_handlers() -> dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]:
    """What an app of ours does with each kind of exception."""
    return {
        FaceForgeError: _on_faceforge_error,
        RequestValidationError: _on_invalid_request,
        HTTPException: _on_http_exception,
        Exception: on_anything_else,
    }
