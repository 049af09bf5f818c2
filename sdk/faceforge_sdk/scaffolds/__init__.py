"""Plugins to begin with: each folder here is a whole one, and making one copies it under another id and name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.manifest import RESERVED_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Final = ("route", "extractor", "storage", "panel", "job")

_ID: Final = "your.plugin"
_NAME: Final = "Your Plugin"
_USABLE_ID: Final = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_MAX_ID: Final = 40


def scaffold(kind: str, plugin_id: str) -> Mapping[str, str]:
    """The files of a new plugin, by their path in its folder. Raises `InvalidInput` for an id that code can't have."""
    if kind not in KINDS:
        raise InvalidInput(f"There is no kind {kind!r}; there are {', '.join(KINDS)}.")
    _check_id(plugin_id)
    source = Path(__file__).parent / kind
    files = {"__init__.py": f'"""{_NAME}: a plugin for FaceForge Core."""\n'}
    for path in sorted(source.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            files[path.relative_to(source).as_posix()] = path.read_text(encoding="utf-8")
    return {name: _renamed(text, plugin_id) for name, text in files.items()}


def folder_name(plugin_id: str) -> str:
    """What the folder of a plugin is called, which Python has to be able to import in its test."""
    name = re.sub(r"[^a-z0-9]", "_", plugin_id)
    return f"plugin_{name}" if name[0].isdigit() else name


def _check_id(plugin_id: str) -> None:
    if plugin_id.startswith(RESERVED_PREFIX):
        raise InvalidInput(f"Ids that begin with {RESERVED_PREFIX!r} are those of built-ins; choose one of your own.")
    if _USABLE_ID.fullmatch(plugin_id) is None:
        raise InvalidInput(
            f"{plugin_id!r} is no id for a plugin: take lower-case words and numbers joined by dots, dashes or "
            "underscores, like anna.palette."
        )
    if len(plugin_id) > _MAX_ID:
        raise InvalidInput(f"{plugin_id!r} is longer than {_MAX_ID} characters.")


def _renamed(text: str, plugin_id: str) -> str:
    name = " ".join(word.capitalize() for word in re.split(r"[._-]", plugin_id))
    return text.replace(_ID, plugin_id).replace(_NAME, name)
