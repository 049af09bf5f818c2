"""The folders of plugins on the disk: how many files go with one that is removed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from faceforge_sdk.manifest import Manifest, ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_FILES = 100_000


def files_of(plugins_dir: Path, plugin_id: str) -> int | None:
    """How many files a plugin's folder holds, what Python leaves there apart; None where that can't be told."""
    try:
        folder = next(_folders(plugins_dir, plugin_id), None)
        if folder is None:
            return None
        count = 0
        for _, folders, files in os.walk(folder):
            folders[:] = [name for name in folders if name != "__pycache__"]
            count += len(files)
            if count > _MOST_FILES:
                return None
    except OSError:
        return None
    return count


def _folders(plugins_dir: Path, plugin_id: str) -> Iterator[Path]:
    """As Core finds it: of two folders with one id the first counts."""
    for folder in sorted(path for path in plugins_dir.iterdir() if path.is_dir()):
        try:
            if Manifest.read(folder / "plugin.json").id == plugin_id:
                yield folder
        except ManifestError:
            continue
