"""What the guard reads of a request: a few headers, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_HEADER_BYTES: Final = 64 * 1024
COOKIE: Final = b"ff_token"
_MAX_COOKIES: Final = 4
_ONCE: Final = frozenset(
    {
        b"host",
        b"authorization",
        b"x-faceforge-token",
        b"origin",
        b"sec-fetch-site",
        b"content-length",
        b"content-type",  # of two, one reader takes the first and another the last
    }
)
_READ: Final = _ONCE | {b"cookie", b"transfer-encoding", b"expect"}


class UnreadableHeaders(Exception):
    """The headers contradict themselves, or are too many; `status` is 400 or 431."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers that decide, by lower-case name. Raises `UnreadableHeaders`."""
    found: dict[bytes, bytes] = {}
    size = 0
    for name, value in headers:
        size += len(name) + len(value)
        if name not in _READ:
            continue
        if name not in found:
            found[name] = value
        elif name in _ONCE:
            raise UnreadableHeaders(400, f"The header {name.decode()} is given twice.")
        else:  # a client may split its cookies over several lines
            found[name] += b"; " + value
    if size > MAX_HEADER_BYTES:
        raise UnreadableHeaders(431, f"The headers are larger than {MAX_HEADER_BYTES} bytes.")
    return found


def explicit_tokens(found: dict[bytes, bytes]) -> list[bytes]:
    """What the client presents as the install token on purpose, in any header but the cookie."""
    tokens = []
    authorization = found.get(b"authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(b" ")
        if scheme.lower() == b"bearer":  # another scheme is meant for a proxy in front
            tokens.append(token.lstrip(b" "))
    header = found.get(b"x-faceforge-token")
    if header is not None:
        tokens.append(header)
    return tokens


def cookie_values(found: dict[bytes, bytes]) -> list[bytes]:
    """Every value of our cookie: a page on another path may have set a second one beside ours."""
    header = found.get(b"cookie")
    if header is None or COOKIE not in header:
        return []
    pairs = (part.strip().partition(b"=") for part in header.split(b";"))
    return [value for name, _, value in pairs if name == COOKIE][:_MAX_COOKIES]
