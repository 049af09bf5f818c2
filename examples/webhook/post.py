"""One signed message to one address, with the standard library alone."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
import time
from urllib.parse import urlsplit

SECONDS = 10.0
"""How long the receiver may be silent."""


class Unreachable(Exception):
    """Nobody answered, or not in HTTP."""


class Post:
    """Posts JSON to `url`. Redirects are not followed: what is sent goes where the owner said, or nowhere."""

    def __init__(self, url: str, secret: str) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self._encrypted = parts.scheme == "https"
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secret = secret.encode()

    def send(self, body: bytes) -> int:
        """The status of the answer; what else it says is not read. Raises `Unreachable`."""
        try:
            connection = self._connect()
            try:
                connection.request("POST", self._path, body, self._headers(body))
                return connection.getresponse().status
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error

    def _connect(self) -> http.client.HTTPConnection:
        if self._encrypted:
            return http.client.HTTPSConnection(self.host, timeout=SECONDS, context=ssl.create_default_context())
        return http.client.HTTPConnection(self.host, timeout=SECONDS)

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "FaceForge-Webhook/1.0"}
        if self._secret:
            moment = str(int(time.time()))
            headers["X-FaceForge-Timestamp"] = moment
            headers["X-FaceForge-Signature"] = f"sha256={signature(self._secret, moment, body)}"
        return headers


def signature(secret: bytes, moment: str, body: bytes) -> str:
    """HMAC-SHA256 of the moment, a dot and the body. The moment is signed so that nobody can send it again later."""
    return hmac.new(secret, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
