"""Static files of the active plugins, under ``/ui/static/<plugin id>/``."""

from __future__ import annotations

import stat
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import FileResponse, Response

from faceforge_sdk.errors import NotFound

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.requests import Request

_TYPES: Final = {
    # A fixed table: Windows' registry, which `mimetypes` asks, often calls JavaScript text/plain.
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
_UNKNOWN: Final = "application/octet-stream"
_A_YEAR: Final = "public, max-age=31536000, immutable"
_NEVER_IN_NAMES: Final = frozenset('\\:\0<>|?*"')  # separators, drives and streams of some system


class StaticFolders:
    """The ``static`` folders of plugins by id. What lies outside of them is out of reach, whatever links say."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._roots = {plugin_id: folder.resolve() for plugin_id, folder in folders.items()}

    def __contains__(self, plugin_id: str) -> bool:
        return plugin_id in self._roots

    def find(self, plugin_id: str, path: str) -> tuple[Path, os.stat_result] | None:
        """The regular file at `path` (``/`` between names), or None."""
        root = self._roots.get(plugin_id)
        names = path.split("/")
        if root is None or any(name in {"", ".", ".."} or not _NEVER_IN_NAMES.isdisjoint(name) for name in names):
            return None
        try:
            found = root.joinpath(*names).resolve()
            facts = found.stat()
        except (OSError, ValueError, RuntimeError):  # missing, too long, a ring of links
            return None
        return (found, facts) if stat.S_ISREG(facts.st_mode) and found.is_relative_to(root) else None

    def version_query(self, plugin_id: str, path: str) -> str:
        """``?v=…`` that changes with the file, so that browsers may keep it for ever; empty for a missing one."""
        found = self.find(plugin_id, path)
        return f"?v={_version(found[1])}" if found else ""

    def answer(self, request: Request) -> Response:
        """A GET or HEAD of one file. Blocks: belongs on a thread."""
        found = self.find(request.path_params["plugin_id"], request.path_params["path"])
        if found is None:
            raise NotFound("There is nothing at this address.")
        path, facts = found
        version = _version(facts)
        kept = request.query_params.get("v") == version
        headers = {"ETag": f'"{version}"', "Cache-Control": _A_YEAR if kept else "no-cache"}
        if _knows(request.headers.get("if-none-match", ""), version):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        media_type = _TYPES.get(path.suffix.lower(), _UNKNOWN)
        return FileResponse(path, headers=headers, media_type=media_type, stat_result=facts)


def _version(facts: os.stat_result) -> str:
    return f"{facts.st_mtime_ns:x}-{facts.st_size:x}"


def _knows(if_none_match: str, version: str) -> bool:
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in {f'"{version}"', "*"} for tag in tags)
