"""Every error that crosses a border of FaceForge, as one tree.

A service raises one of these, a plugin may raise any of them, and the kernel turns each into one HTTP status and
``error.code`` (the table is `faceforge_core.web.envelope.STATUS`)::

    FaceForgeError
    ├── InvalidInput            422 validation_error
    ├── Unauthorized            401 unauthorized
    ├── Forbidden               403 forbidden
    ├── NotFound                404 not_found
    ├── Conflict                409 conflict
    ├── PreconditionFailed      412 precondition_failed
    ├── PayloadTooLarge         413 payload_too_large
    ├── UnsupportedMediaType    415 unsupported_media_type
    ├── RangeNotSatisfiable     416 range_not_satisfiable
    ├── RetryLater              503 busy
    │   ├── TooManyRequests     429 rate_limited
    │   ├── Busy                503 busy
    │   └── StorageUnavailable  503 storage_unavailable
    ├── InsufficientStorage     507 insufficient_storage
    ├── IntegrityError          500 integrity_error
    ├── ContributionFailed      500 internal_error
    └── StatementRefused        500 internal_error

`JobCancelled` stands beside the tree: it is how a job's handler stops when asked to, and no error.

::

    try:
        entity = ctx.entities.get(entity_id)
    except NotFound:
        ...  # never existed, or lies in the trash
    except FaceForgeError as exc:
        ctx.log.warning("%s", exc)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The answer that an error came as: to which request (``GET http://…``), with which status and ``error.code``.

    `request_id` is what the answer calls the request in ``X-Request-ID``, where somebody on the way named it.
    """

    request: str
    status: int
    code: str
    request_id: str | None = None


class FaceForgeError(Exception):
    """Base of all. ``str(error)`` is a sentence for people; `details` is JSON-ready and reaches the client as it is.

    `answer` tells where it came from, if `faceforge_sdk.client` got it from a Core.
    """

    answer: HttpAnswer | None = None

    def __init__(self, message: str, *, details: object = None) -> None:
        super().__init__(message)
        self.details = details


class InvalidInput(FaceForgeError):
    """The request is understood and its content is refused; nothing was stored."""


class Unauthorized(FaceForgeError):
    """No credential, or one that is not valid."""


class Forbidden(FaceForgeError):
    """The credential does not matter: this request is refused by a rule (host, cross-site, protected resource)."""


class NotFound(FaceForgeError):
    """Nothing live has this id."""


class Conflict(FaceForgeError):
    """The wish contradicts what is stored, for example a key that is taken."""


class PreconditionFailed(FaceForgeError):
    """``If-Match`` named a version that is no longer the current one; read again and decide."""


class PayloadTooLarge(FaceForgeError):
    """The body exceeds the limit that `core.json` sets for it."""


class UnsupportedMediaType(FaceForgeError):
    """The body's content type is none that this operation reads."""


class RangeNotSatisfiable(FaceForgeError):
    """The one requested byte range lies outside the `size` bytes there are."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The requested range lies outside the file's {size} bytes.")
        self.size = size


class RetryLater(FaceForgeError):
    """Base of the errors that pass by themselves; `retry_after` is in whole seconds."""

    def __init__(self, message: str, *, retry_after: int = 1, details: object = None) -> None:
        super().__init__(message, details=details)
        self.retry_after = retry_after


class TooManyRequests(RetryLater):
    """A rate or queue limit is reached."""


class Busy(RetryLater):
    """The database is locked by another program, or too many requests are under way."""


class StorageUnavailable(RetryLater):
    """The place that holds the bytes does not answer; metadata stays readable."""


class InsufficientStorage(FaceForgeError):
    """The volume is full, or would fall below the reserve; nothing was stored."""


class IntegrityError(FaceForgeError):
    """Stored bytes are missing, short or altered. `details` says which asset and why."""


class ContributionFailed(FaceForgeError):
    """A call into something that a plugin contributed did not end well; `plugin_id` says whose it was."""

    def __init__(self, plugin_id: str, message: str) -> None:
        super().__init__(message)
        self.plugin_id = plugin_id


class StatementRefused(FaceForgeError):
    """SQL of a plugin's for its own tables that is not run: it reaches for other tables, is wrong, or takes too long.

    The message names the statement, and the file and line of a migration's.
    """


class JobCancelled(Exception):
    """Raised by `JobContext.check_cancelled`; a handler lets it pass."""
