"""Rules of the install token and of session ids, without configuration, HTTP or storage."""

from __future__ import annotations

import hashlib
import secrets
from hmac import compare_digest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WEAK_BELOW = 16


def new_token() -> str:
    """A fresh install token: 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def new_session_id() -> str:
    """A fresh session id: 256 random bits as 43 URL-safe characters. Store only its `session_digest`."""
    return secrets.token_urlsafe(32)


def session_digest(session_id: str | bytes) -> str:
    """Under which a session is stored: who reads the database cannot send the cookie. 64 hex characters."""
    raw = session_id.encode("utf-8", "surrogateescape") if isinstance(session_id, str) else session_id
    return hashlib.sha256(b"faceforge session\0" + raw).hexdigest()


def is_weak(token: str) -> bool:
    """Whether the token is so short (below 16 characters) that it could be guessed."""
    return len(token.strip()) < WEAK_BELOW


class InstallToken:
    """The install token as it is at this moment; `current` is asked at every use, so that a rotation counts at once."""

    def __init__(self, current: Callable[[], str | None]) -> None:
        self._current = current

    def accepts(self, candidate: bytes) -> bool:
        """Whether the bytes sent by a client are exactly the token, compared in constant time.

        False for everything while there is no token. Any bytes may be asked about, also such as are no text.
        """
        token = self._bytes()
        return bool(token) and compare_digest(candidate, token)

    def text(self) -> str:
        """The token itself, as clients send it; empty while there is none."""
        return self._bytes().decode()

    def fingerprint(self) -> str:
        """What sessions are bound to: changes with the token and does not give it away. 64 hex characters."""
        return hashlib.sha256(b"faceforge token\0" + self._bytes()).hexdigest()

    def _bytes(self) -> bytes:
        return (self._current() or "").strip().encode()  # blanks around a pasted token could never be sent in a header
