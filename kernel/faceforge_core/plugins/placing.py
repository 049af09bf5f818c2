"""Folders of plugins put in place, replaced and taken away, each as a whole whenever the process ends.

A change has a folder of its own (``plugin-<random>``) in the home's ``tmp``, on the volume of ``plugins``. What is to
come lies there until it is whole and durable; what it replaces is moved there beside a note of where it was; and only
when the new folder stands is the old one removed. A process that dies in between leaves that to the next start.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from faceforge_core.home import PROBE, renames_into
from faceforge_core.plugins.portable_names import problem_of
from faceforge_core.private_files import private_dir, write_atomic
from faceforge_sdk.errors import Conflict
from faceforge_sdk.files import flush_folder, replace, storage_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PREFIX: Final = "plugin-"
_OWN: Final = ".installing"
_NEW, _OLD, _NOTE = "new", "old", "place.json"
_MAX_NAME: Final = 100

logger = logging.getLogger(__name__)


class Places:
    """The folders below ``plugins``, and the room in which they are changed. One change at a time, by the caller."""

    def __init__(self, plugins_dir: Path, tmp_dir: Path) -> None:
        self._plugins_dir = plugins_dir
        self._tmp_dir = tmp_dir

    @contextmanager
    def room(self) -> Iterator[Path]:
        """An empty folder from which `put` can move things, gone at the end with what is left in it."""
        room = self._rooms() / f"{_PREFIX}{secrets.token_hex(8)}"
        try:
            private_dir(room / _NEW)
        except OSError as exc:
            raise storage_error(exc) from exc
        try:
            yield room / _NEW
        finally:
            _remove(room)

    def _rooms(self) -> Path:
        """In ``tmp``, or beside the plugins where nothing can be renamed from there (``paths.plugins_dir``)."""
        private_dir(self._plugins_dir)
        if renames_into(self._tmp_dir, self._plugins_dir):
            return self._tmp_dir
        return self._plugins_dir / _OWN

    def free_place(self, plugin_id: str) -> Path:
        """Where a plugin that is new goes. Raises `Conflict` for a folder that stands there and is not it."""
        name = plugin_id if len(plugin_id) <= _MAX_NAME and _plain(plugin_id) else f"plugin-{secrets.token_hex(8)}"
        place = self._plugins_dir / name
        if os.path.lexists(place):
            raise Conflict(
                f"{place} is there already and holds no usable plugin {plugin_id!r}: remove that folder first."
            )
        return place

    def put(self, folder: Path, place: Path) -> None:
        """Move `folder`, in a `room`, to its place. What stands there goes, or is put back if that fails.

        Raises `Conflict` where files of the old one are in use, and `OSError`'s translation.
        """
        room = self._room_of(folder)
        try:
            had = os.path.lexists(place)
            if had:
                self._set_aside(place, room)
            try:
                replace(folder, place)
            except OSError:
                if had:
                    replace(room / _OLD, place)
                raise
            flush_folder(place.parent)
            (room / _NOTE).unlink(missing_ok=True)  # from here on the old one is not to come back
        except OSError as exc:
            raise _unmovable(exc, place) from exc

    def take_away(self, place: Path) -> None:
        """Remove a plugin's folder: gone as a whole or there as a whole. Raises as `put`."""
        with self.room() as folder:
            try:
                self._set_aside(place, folder.parent)
            except FileNotFoundError:
                return
            except OSError as exc:
                raise _unmovable(exc, place) from exc
            (folder.parent / _NOTE).unlink()  # from here on it is not to come back

    def _set_aside(self, place: Path, room: Path) -> None:
        write_atomic(room / _NOTE, json.dumps({"place": place.name}).encode())
        replace(place, room / _OLD)
        flush_folder(place.parent)
        flush_folder(room)

    def _room_of(self, folder: Path) -> Path:
        return next(one for one in folder.parents if one.name.startswith(_PREFIX) and (one / _NEW).is_dir())

    def recover(self) -> None:
        """Finish what a process that died had begun; before anybody looks for plugins, and while nobody changes any."""
        for rooms in (self._tmp_dir, self._plugins_dir / _OWN):
            for room in sorted(rooms.glob(f"{_PREFIX}*")):
                try:
                    self._put_back(room)
                except OSError as exc:
                    logger.warning("%s can't be put back where it was: %s", room / _OLD, exc)
                else:
                    _remove(room)
        for folder in (self._tmp_dir, self._plugins_dir):
            for probe in folder.glob(f"{PROBE}*"):
                with suppress(OSError):
                    probe.unlink()

    def _put_back(self, room: Path) -> None:
        name = _noted(room / _NOTE)
        old = room / _OLD
        if name is None or not os.path.lexists(old) or os.path.lexists(self._plugins_dir / name):
            return
        replace(old, self._plugins_dir / name)
        flush_folder(self._plugins_dir)
        logger.warning("The change of the plugin in %s was cut short; it is as it was.", self._plugins_dir / name)


def _noted(path: Path) -> str | None:
    try:
        name = json.loads(path.read_bytes())["place"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return name if isinstance(name, str) and problem_of(name) is None else None


def _plain(name: str) -> bool:
    return problem_of(name) is None and name.isascii() and not name.startswith(".")


def _unmovable(error: OSError, place: Path) -> Exception:
    if isinstance(error, PermissionError):  # Windows, for a file that is open; elsewhere a folder that is not ours
        return Conflict(
            f"{place} can't be moved: its files are in use, or it is not yours. Disable the plugin, and if that does "
            "not help, end what has its files open or restart Core.",
        )
    return storage_error(error)


def _remove(folder: Path) -> None:
    """Remove a tree, or a link that stands for one; what stays is removed by the next start."""
    for inside in (folder / _OLD, folder / _NEW):
        with suppress(OSError):
            if inside.is_symlink():
                inside.unlink()
    try:
        shutil.rmtree(folder)
    except OSError as exc:
        logger.warning("%s can't be removed yet: %s", folder, exc)
