"""FACEFORGE_HOME: where it lies, which folders it has, and how it is recognised again."""

from __future__ import annotations

import contextlib
import errno
import json
import secrets
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from faceforge_core.json_files import read_object
from faceforge_core.lock import HomeLock
from faceforge_core.private_files import flush_names, make_private_dir, write_atomic
from faceforge_core.refusals import StartRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MARKER_NAME = ".ff-home"
MARKER_SCHEMA = 1
PROBE = ".ff-probe-"
"""How the names of empty files begin that a killed process may leave in `tmp` and where it renames to."""

_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""No file of Windows can be called so, whatever follows behind a dot."""


def resolve_root(environ: Mapping[str, str], user_home: Path, argument: Path | None = None) -> Path:
    """The home's folder, absolute: a command's `argument`, else FACEFORGE_HOME, else the system's place for user data.

    A relative `argument` is meant from the working folder, where a person typed it. A relative FACEFORGE_HOME is taken
    from `user_home`, never from the working folder; ``~`` is expanded; an empty one counts as not set. Raises
    StartRefused when it names a whole drive or a user who does not exist.
    """
    source, wish = "FACEFORGE_HOME", environ.get("FACEFORGE_HOME", "").strip()
    if argument is not None:
        source, wish = "The home", str(argument.absolute())
    if not wish:
        return _default_root(environ, user_home)
    path = Path(wish)
    if path.parts and path.parts[0] == "~":
        path = user_home.joinpath(*path.parts[1:])
    root = user_home / _expanded(path, source)
    if root == Path(root.anchor):
        raise StartRefused(f"{source} is {wish}, a whole drive; name a folder of its own for FaceForge.")
    return root


@dataclass(frozen=True)
class Home:
    """The folders of one home, all absolute. Backups, quarantine and plugin data are made when first used."""

    root: Path
    db_dir: Path
    s3_dir: Path
    assets_dir: Path
    logs_dir: Path
    tmp_dir: Path
    config_dir: Path
    tools_dir: Path
    plugins_dir: Path
    backups_dir: Path
    quarantine_dir: Path
    plugin_data_dir: Path

    @classmethod
    def at(cls, root: Path, overrides: Mapping[str, str | None] | None = None) -> Home:
        """The home at `root`, with `paths` of core.json (`db_dir`, `s3_dir`, `logs_dir`, `plugins_dir`; others never).

        An override is absolute or relative to `root`; None and blank mean the usual place. Touches no disk.
        Raises ValueError for a relative `root`, StartRefused for a ``~user`` who does not exist.
        """
        if not root.is_absolute():
            raise ValueError(f"a home is an absolute path, not {root}")
        given = overrides or {}

        def place(key: str, usual: str) -> Path:
            wish = (given.get(key) or "").strip()
            return root / (_expanded(Path(wish), f"paths.{key} in core.json") if wish else usual)

        return cls(
            root=root,
            db_dir=place("db_dir", "db"),
            s3_dir=place("s3_dir", "s3"),
            assets_dir=root / "assets",
            logs_dir=place("logs_dir", "logs"),
            tmp_dir=root / "tmp",
            config_dir=root / "config",
            tools_dir=root / "tools",
            plugins_dir=place("plugins_dir", "plugins"),
            backups_dir=root / "backups",
            quarantine_dir=root / "quarantine",
            plugin_data_dir=root / "plugin_data",
        )

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.db_dir / "core.sqlite3"

    @property
    def core_json(self) -> Path:
        """The configuration file; it need not exist."""
        return self.config_dir / "core.json"

    @property
    def lock_file(self) -> Path:
        """What a running Core holds locked."""
        return self.root / "core.lock"

    @property
    def staging_dir(self) -> Path:
        """Where files are written before they are renamed into `assets_dir`: on the same volume as that, always.

        It is `tmp_dir`, unless `prepare` found that nothing can be renamed from there into `assets_dir` (one of the two
        is a mount of its own): then it is ``assets/.staging``. v0.1.9 did not demand one volume, so such a home is
        served and not refused. The folder's existence is the record: it stays in use once made.
        """
        own = self.assets_dir / ".staging"
        return own if own.is_dir() else self.tmp_dir

    def data_dir_of(self, plugin_id: str) -> Path:
        """The folder that is this plugin's alone, made by itself when it needs one; a name that Windows takes, too."""
        device = plugin_id.partition(".")[0] in _DEVICES
        return self.plugin_data_dir / (f"_{plugin_id}" if device else plugin_id)  # no id of code begins with _

    def prepare(self) -> None:
        """Make the folders a Core needs, mode 0700 whatever the umask, and tighten those that exist.

        Raises StartRefused naming the folder that cannot be made, or written where Core writes (all but `s3_dir`,
        `tools_dir`, `plugins_dir` and `plugin_data_dir`).
        """
        written = (self.root, self.db_dir, self.assets_dir, self.logs_dir, self.tmp_dir, self.config_dir)
        changed: list[Path] = []
        for folder in (*written, self.s3_dir, self.tools_dir, self.plugins_dir, self.plugin_data_dir):
            changed += _make_usable(folder, writable=folder in written)
        if not renames_into(self.tmp_dir, self.assets_dir):
            changed += _make_usable(self.assets_dir / ".staging")
        try:
            flush_names(changed)
        except OSError as exc:
            raise _unusable(self.root, exc) from exc

    def take(self) -> HomeLock:
        """`prepare` the home and hold it, until the lock is released. Raises StartRefused, 4 while another holds it."""
        self.prepare()
        lock = HomeLock(self.lock_file)
        lock.acquire()
        return lock


@dataclass(frozen=True)
class HomeMarker:
    """What ``.ff-home`` says: which home this folder belongs to, and which version of the marker it is."""

    uuid: str
    schema: int = MARKER_SCHEMA


def read_marker(folder: Path) -> HomeMarker | None:
    """The folder's marker, or None when it has none. Raises StartRefused naming a marker that is damaged."""
    path = folder / MARKER_NAME
    content = read_object(path)
    if content is None:
        return None
    uuid, schema = content.get("uuid"), content.get("schema")
    if not isinstance(uuid, str) or not isinstance(schema, int):
        raise StartRefused(f"{path} is damaged: it needs a uuid and a schema.")
    return HomeMarker(uuid, schema)


def write_marker(folder: Path, marker: HomeMarker) -> None:
    """Mark the folder; durable on return. Raises OSError, also when the folder is gone (it is never made here)."""
    write_atomic(folder / MARKER_NAME, json.dumps(asdict(marker)).encode() + b"\n")


def check_markers(home: Home, database_uuid: str | None, *, has_assets: bool) -> None:
    """Refuse a home whose files are not there: an unmounted disk must never look like deleted files.

    Once the database carries the home's uuid and knows assets, root and `assets_dir` must both be marked with it.
    A database without uuid (a fresh home, or one of v0.1.9) passes; the caller then writes uuid and markers.
    Raises StartRefused saying which folder is not the one it was.
    """
    if database_uuid is None or not has_assets:
        return
    for folder in (home.root, home.assets_dir):
        marker = read_marker(folder)
        if marker is None:
            raise StartRefused(
                f"{folder} has lost its mark ({MARKER_NAME}) although the database knows files in it: the disk that "
                "holds it is probably not mounted. If the home was copied, copy its hidden files too."
            )
        if marker.uuid != database_uuid:
            raise StartRefused(
                f"{folder} belongs to another home than the database in {home.db_dir}: the disk that holds it is "
                "probably not mounted, or another one is in its place."
            )


def _expanded(path: Path, source: str) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise StartRefused(f"{source} is {path}, and there is no such user.") from None


def _default_root(environ: Mapping[str, str], user_home: Path) -> Path:
    if sys.platform == "win32":
        return platformdirs.user_data_path("FaceForge", appauthor=False)
    if sys.platform == "darwin":  # platformdirs follows XDG_DATA_HOME on macOS too, which v0.1.9's homes do not
        return user_home / "Library" / "Application Support" / "FaceForge"
    data_home = Path(environ.get("XDG_DATA_HOME", "").strip())
    if not data_home.is_absolute():  # the XDG specification: relative ones are to be ignored
        data_home = user_home / ".local" / "share"
    return data_home / "faceforge"


def _make_usable(folder: Path, *, writable: bool = True) -> Iterable[Path]:
    """Make it if need be; returns what is to be flushed then."""
    try:
        changed = make_private_dir(folder)
        if writable:
            _prove_writable(folder)
    except OSError as exc:
        raise _unusable(folder, exc) from exc
    return changed


def _prove_writable(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as exc:
        if exc.errno not in {errno.ENOSPC, errno.EDQUOT}:  # a full disk has to open, so that something can be deleted
            raise


def renames_into(source: Path, target: Path) -> bool:
    """Whether what lies in one folder can be renamed into the other.

    By trying: one device number on both sides does not tell, bind mounts of one disk share it.
    """
    name = f"{PROBE}{secrets.token_hex(8)}"
    try:
        (source / name).touch(mode=0o600, exist_ok=False)
        (source / name).rename(target / name)
    except OSError as exc:
        return exc.errno != errno.EXDEV
    finally:
        for folder in (source, target):
            with contextlib.suppress(OSError):
                (folder / name).unlink(missing_ok=True)
    return True


def _unusable(folder: Path, exc: OSError) -> StartRefused:
    reason = exc.strerror or str(exc)
    if exc.errno in {errno.EEXIST, errno.ENOTDIR}:
        reason = "something that is no folder stands in its place"
    elif exc.errno == errno.EROFS:
        reason = "it lies on a disk that can only be read"
    return StartRefused(f"FaceForge cannot use the folder {folder}: {reason}.")
