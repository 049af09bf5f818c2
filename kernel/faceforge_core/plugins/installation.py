"""Plugins installed and removed while Core runs, with what is known of them kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk.errors import Conflict
from faceforge_sdk.files import storage_error

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from faceforge_core.plugins.arriving import Staged
    from faceforge_core.plugins.discovery import Found
    from faceforge_core.plugins.placing import Places
    from faceforge_core.plugins.records import Records
    from faceforge_core.plugins.switch import Switch


@dataclass(frozen=True, slots=True)
class Installed:
    """What was put in place; `replaced` is the version that stood there, None if nothing did."""

    found: Found
    staged: Staged
    replaced: str | None


class Installation:
    """Changes which folders there are below ``plugins``, one at a time and never while a plugin is switched."""

    def __init__(self, places: Places, switch: Switch, records: Records) -> None:
        self._places = places
        self._switch = switch
        self._records = records

    def install(self, source: BinaryIO | Path, filename: str) -> Installed:
        """See `faceforge_sdk.protocols.Plugins.install`."""
        from faceforge_core.plugins.arriving import stage  # archives and wheels take long to import, and come seldom

        with self._places.room() as room:
            try:
                staged = stage(source, filename, room)
            except OSError as exc:
                raise storage_error(exc) from exc
            with self._switch.alone():
                return self._put(staged)

    def _put(self, staged: Staged) -> Installed:
        plugin_id = staged.manifest.id
        known = self._switch.look().found.get(plugin_id)
        old = known or self._switch.running(plugin_id)
        if old is not None:
            _check_folder(old, f"{plugin_id} can't be replaced")
        place = known.folder if known is not None else self._places.free_place(plugin_id)
        self._places.put(staged.folder, place)
        found = self._switch.find(plugin_id)
        if old is None:  # perhaps somebody enabled it before its folder went: that was other code
            self._records.wish(found, enabled=False)
        self._records.replaced(found)
        self._switch.renew(plugin_id)
        return Installed(found, staged, None if old is None else old.manifest.version or "")

    def remove(self, plugin_id: str) -> None:
        """See `faceforge_sdk.protocols.Plugins.remove`."""
        with self._switch.alone():
            found = self._switch.find(plugin_id)
            _check_folder(found, f"{plugin_id} can't be removed")
            self._switch.disable(plugin_id)
            self._places.take_away(found.folder)


def _check_folder(found: Found, what: str) -> None:
    if found.source == "builtin":
        raise Conflict(f"{what}: it comes with Core. It can be disabled.")
    if found.source == "package":
        raise Conflict(f"{what}: it is the installed package {found.package}, which pip replaces and removes.")
