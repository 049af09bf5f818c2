"""The one list of what needs no credential; everything else is closed."""

from __future__ import annotations

from typing import Final

PUBLIC_PATHS: Final = frozenset({"/", "/healthz", "/livez", "/readyz", "/openapi.json", "/docs", "/redoc", "/ui/login"})
PUBLIC_FOLDERS: Final = ("/docs/", "/redoc/", "/ui/static/")


def is_public(path: str) -> bool:
    """Whether a path, as routes see it (decoded), is answered without a credential. Plugins can't add to this."""
    return path in PUBLIC_PATHS or path.startswith(PUBLIC_FOLDERS)
