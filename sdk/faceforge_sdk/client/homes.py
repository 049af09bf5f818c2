"""The Core that runs on a home: where it listens, and the home's token."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .refusals import CoreUnreachable

_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # compared, not bound


@dataclass(frozen=True, slots=True)
class Place:
    """Where to reach a Core, and with what."""

    base_url: str
    token: str = field(repr=False)


def running_at(path: str | Path | None = None) -> Place:
    """The Core that holds a home now. Raises `CoreUnreachable`.

    The port that stands in the home counts only while a Core holds the home: after a crash it may be anybody's, and the
    token would go there.
    """
    root = home_folder(path)
    config = _object_in(root / "config" / "core.json")
    if config is None:
        raise CoreUnreachable(f"{root} is no FaceForge home: there is no config/core.json in it.")
    port = (_object_in(root / "core.lock.json") or {}).get("port")
    if not _is_held(root / "core.lock"):
        raise CoreUnreachable(f"No FaceForge Core runs on the home {root}: start it with `faceforge serve`.")
    if not isinstance(port, int):
        raise CoreUnreachable(f"The FaceForge Core on the home {root} does not serve yet: try again in a moment.")
    token = (config.get("auth") or {}).get("install_token")
    return Place(f"http://{_host(config)}:{port}", token if isinstance(token, str) else "")


def home_folder(path: str | Path | None = None) -> Path:
    """The home that is meant, as Core itself finds it (`faceforge_core.home.resolve_root`)."""
    if path is not None:
        return Path(path).expanduser().absolute()
    named = os.environ.get("FACEFORGE_HOME", "").strip()
    if named:
        return Path.home() / Path(named).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "FaceForge"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "FaceForge"
    data_home = Path(os.environ.get("XDG_DATA_HOME", "").strip())
    return (data_home if data_home.is_absolute() else Path.home() / ".local" / "share") / "faceforge"


def _host(config: dict[str, Any]) -> str:
    configured = (config.get("network") or {}).get("bind_host") or ""
    host = (os.environ.get("FACEFORGE_BIND", "").strip() or str(configured)).strip("[]")
    if host in _EVERYWHERE:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _object_in(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None where there is none."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _is_held(lock_file: Path) -> bool:
    """Whether a process holds this lock; it is tried for a moment, which a starting Core outwaits."""
    try:
        descriptor = os.open(lock_file, os.O_RDWR)
    except FileNotFoundError:
        return False
    except PermissionError:  # on Windows, of a file that another process holds
        return True
    try:
        return not _could_be_held(descriptor)
    finally:
        os.close(descriptor)


if sys.platform == "win32":

    def _could_be_held(descriptor: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        return True

else:

    def _could_be_held(descriptor: int) -> bool:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return True
