"""Where a sign-in may lead: to a page of this UI and nowhere else."""

from __future__ import annotations

import re

START_PAGE = "/ui/overview"

_MAX_LENGTH = 2000
_LOCAL_PAGE = re.compile(r"/ui/[!-\[\]-~]*")
"""Printable ASCII without spaces and backslashes, which browsers turn into slashes."""


def local_page(wanted: str | None) -> str:
    """`wanted` if it is a path of the UI, else the start page.

    Refused are other origins in every disguise (``//host``, ``/\\host``, control characters that browsers drop), and
    the pages that would sign in or out again.
    """
    if not wanted or len(wanted) > _MAX_LENGTH or not _LOCAL_PAGE.fullmatch(wanted):
        return START_PAGE
    path = re.split(r"[?#]", wanted, maxsplit=1)[0]
    decoded_slashes = path.lower().replace("%2f", "/").replace("%5c", "/").replace("%2e", ".")
    if "//" in decoded_slashes or "/../" in f"{decoded_slashes}/" or "/./" in f"{decoded_slashes}/":
        return START_PAGE
    return START_PAGE if path in {"/ui/", "/ui/login", "/ui/logout"} else wanted
