"""Browser sign-ins: revocable, bound to the install token, stored as digests."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from datetime import UTC, datetime
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, insert, or_, select

from faceforge_core.auth import new_session_id, session_digest
from faceforge_core.clock import text_of
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import sessions as table
from faceforge_sdk.errors import TooManyRequests, Unauthorized
from faceforge_sdk.protocols import SignIn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_core.auth import InstallToken
    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.db.statements import Prepared

LIFETIME_SECONDS: Final = 30 * 24 * 3600
_WINDOW_SECONDS: Final = 60.0
_REMEMBERED: Final = 1000
_USER_AGENT_LENGTH: Final = 300

_INSERT: Final = prepare(insert(table))
_FIND: Final = prepare(
    select(table.c.token_fingerprint, table.c.expires_at).where(table.c.session_digest == bindparam("digest"))
)
_REVOKE: Final = prepare(delete(table).where(table.c.session_digest == bindparam("digest")))
_REVOKE_OTHERS: Final = prepare(delete(table).where(table.c.session_digest != bindparam("digest")))
_LIVE: Final = prepare(
    select(table.c.session_digest, table.c.created_at, table.c.expires_at, table.c.user_agent)
    .where(
        table.c.expires_at > bindparam("now"), table.c.token_fingerprint.is_not_distinct_from(bindparam("fingerprint"))
    )
    .order_by(table.c.created_at.desc(), table.c.session_digest)
)
_TIDY: Final = prepare(
    delete(table).where(
        or_(
            table.c.expires_at <= bindparam("now"), table.c.token_fingerprint.is_distinct_from(bindparam("fingerprint"))
        )
    )
)


class SignInLimit:
    """At most so many failed sign-ins a minute, whoever makes them: an address in a header proves nothing."""

    def __init__(self, per_minute: Callable[[], int], clock: Callable[[], float]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._failures: deque[float] = deque()
        self._lock = threading.Lock()

    def attempt(self, succeeds: Callable[[], bool]) -> bool:
        """Whether `succeeds`. Raises `TooManyRequests`, without trying, when too many failed within a minute."""
        with self._lock:
            now = self._clock()
            while self._failures and self._failures[0] <= now - _WINDOW_SECONDS:
                self._failures.popleft()
            if len(self._failures) >= self._per_minute():
                wait = int(self._failures[0] + _WINDOW_SECONDS - now) + 1
                raise TooManyRequests("Too many failed sign-ins. Wait a moment and try again.", retry_after=wait)
            if succeeds():
                return True
            self._failures.append(now)
            return False


class SessionStore:
    """The SDK's `Sessions`, and the guard's question whether a cookie is good.

    A session lives 30 days, ends at once when it is signed out, and dies with the token it was opened with.
    """

    def __init__(
        self,
        database: Database,
        token: InstallToken,
        logins_per_minute: Callable[[], int],
        rotate: Callable[[], str],
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._token = token
        self._limit = SignInLimit(logins_per_minute, monotonic)
        self._rotate = rotate
        self._clock = clock
        self._known: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._revocations = 0

    def sign_in(self, token: str, user_agent: str | None = None) -> str:
        """A new session id for the install token (spaces around it, as pasted, don't matter)."""
        candidate = token.strip().encode("utf-8", "surrogatepass")
        if not self._limit.attempt(lambda: self._token.accepts(candidate)):
            raise Unauthorized("That is not the install token.")
        session_id = new_session_id()
        digest, fingerprint, now = session_digest(session_id), self._token.fingerprint(), self._clock()

        def work(transaction: Transaction) -> None:
            transaction.run(_TIDY, now=_text(now), fingerprint=fingerprint)
            transaction.run(
                _INSERT,
                session_digest=digest,
                token_fingerprint=fingerprint,
                created_at=_text(now),
                expires_at=_text(now + LIFETIME_SECONDS),
                user_agent=user_agent and user_agent[:_USER_AGENT_LENGTH],
            )

        self._database.write(work)
        return session_id

    def sign_out(self, session_id: str) -> None:
        """Revoke; nothing happens if it was not valid."""
        self.revoke(session_digest(session_id))

    def list(self) -> Sequence[SignIn]:
        """Those that are good at the moment, latest first."""
        with self._database.read() as reader:
            rows = reader.all(_LIVE, now=_text(self._clock()), fingerprint=self._token.fingerprint())
        return [SignIn(*row) for row in rows]

    def key_of(self, session_id: str) -> str:
        """The digest that the session is stored under: nobody can sign in with it."""
        return session_digest(session_id)

    def revoke(self, key: str) -> bool:
        """End one of `list`; False if it had ended already."""
        return bool(self._end(_REVOKE, digest=key))

    def revoke_others(self, session_id: str) -> int:
        """End all but this one; returns how many."""
        return self._end(_REVOKE_OTHERS, digest=session_digest(session_id))

    def token(self) -> str:
        """The install token."""
        return self._token.text()

    def rotate_token(self) -> str:
        """Replace the install token; by its fingerprint every session ends with the old one."""
        return self._rotate()

    def _end(self, statement: Prepared, *, digest: str) -> int:
        ended = self._database.write(lambda transaction: transaction.run(statement, digest=digest))
        self._revocations += 1
        self._known.clear()
        return ended

    def valid(self, session_id: str) -> bool:
        """Whether a cookie's value is a live session; cheap, fit for the event loop, writes nothing."""
        digest = session_digest(session_id)
        known = self._known.get(digest) or self._read(digest)
        if known is None:
            return False
        fingerprint, expires_at = known
        return compare_digest(fingerprint, self._token.fingerprint()) and expires_at > _text(self._clock())

    def _read(self, digest: str) -> tuple[str, str] | None:
        before = self._revocations
        with self._database.read() as reader:
            row = reader.one(_FIND, digest=digest)
        if row is None:
            return None
        known = (str(row[0]), str(row[1]))
        self._known[digest] = known
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        if before != self._revocations:  # it may have been revoked since it was read
            self._known.pop(digest, None)
        return known


def _text(seconds: float) -> str:
    return text_of(datetime.fromtimestamp(seconds, UTC))
