"""Notes on disk that a plugin is being activated, so that one that ends the process is not tried again by itself."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Markers:
    """One small file per plugin that is being activated, in the home's ``tmp``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, plugin_id: str) -> Path:
        name = hashlib.sha256(plugin_id.encode()).hexdigest()[:32]
        return self._folder / f"activating-{name}"

    def left(self, plugin_id: str) -> bool:
        """Whether an activation began and never ended."""
        return self._path(plugin_id).exists()

    def begin(self, plugin_id: str) -> None:
        """Note the beginning; it survives the process."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path(plugin_id).touch(mode=0o600)

    def end(self, plugin_id: str) -> None:
        """The activation ended, one way or the other."""
        self._path(plugin_id).unlink(missing_ok=True)
