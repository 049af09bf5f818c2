"""Addresses inside the web UI, for redirects that a request asks for."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

HOME: Final = "/ui/entities"
_LOCAL: Final = re.compile(r"/ui(?:/[^\\\s\x00-\x1f\x7f]*)?(?:\?[^\\\s\x00-\x1f\x7f]*)?")
_LONGEST: Final = 2000


def safe_next(value: str | None) -> str:
    """`value` if it leads to a page of ours and nowhere else, however a browser reads it; else the entities."""
    if not value or len(value) > _LONGEST or not value.isascii() or _LOCAL.fullmatch(value) is None:
        return HOME
    path = unquote(value.partition("?")[0])
    if "//" in path or "\\" in path or not path.isprintable() or {".", ".."} & set(path.split("/")):
        return HOME
    return value


def sign_in_address(path: str, query: bytes) -> str:
    """The sign-in page that comes back to where the browser wanted to go."""
    wanted = quote(path, safe="/:@!$&'()*+,;=~-._", errors="replace")
    if query:
        wanted += "?" + query.decode("latin-1")
    return f"/ui/login?next={quote(safe_next(wanted), safe='/')}"
