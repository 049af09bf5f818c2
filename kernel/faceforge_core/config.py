"""core.json on the disk: read, watched, merged by key and written, while launchers and people edit it too."""

from __future__ import annotations

import contextlib
import copy
import errno
import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from faceforge_core.auth import WEAK_BELOW, is_weak, new_token
from faceforge_core.config_model import CoreConfig
from faceforge_core.json_files import dump_object, parse_object, read_bytes
from faceforge_core.lock import file_lock
from faceforge_core.private_files import others_can_read, write_atomic
from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import Conflict, FaceForgeError, InsufficientStorage, InvalidInput, StorageUnavailable
from faceforge_sdk.problems import problems_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["ConfigStore", "CoreConfig"]

_log = logging.getLogger(__name__)

CHECK_EVERY = 0.25
_SETTLED_AFTER_NS = 3_000_000_000  # longer than the coarsest file time, FAT's two seconds
_WRITE_ATTEMPTS = 20
_LOCK_PATIENCE = 5.0

_Stamp = tuple[int, int, int, int]


class _ChangedMeanwhile(Exception):
    """Another program replaced the file between our reading and our writing."""


class ConfigStore:
    """The one reader and writer of core.json in this process; all methods may be called from any thread.

    Writes keep unknown keys and the order of keys, and lose nothing that another program wrote meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # `current` never waits for it: a log handler asks for `current`, to know the secrets, whoever holds this.
        self._lock = threading.Lock()
        self._config = CoreConfig()
        self._raw: bytes | None = None
        self._stamp: _Stamp | None = None
        self._check_after = 0.0

    def load(self) -> CoreConfig:
        """Read the file now; defaults where there is none.

        Raises StartRefused naming file and line, or file and key, of what is wrong; never quoting a value.
        """
        stamp = _stamp(self._path)
        raw = read_bytes(self._path)
        config = _validated({} if raw is None else parse_object(raw, self._path), self._path)
        with self._lock:
            self._keep(config, raw, stamp)
        return config

    @property
    def current(self) -> CoreConfig:
        """The configuration as it is, at most 250 ms old; costs a clock reading, and a ``stat`` when those are over.

        While the file is missing or torn the last good one stays, with one warning in the log. Call `load` first.
        """
        if time.monotonic() < self._check_after:
            return self._config
        trouble = None
        if self._lock.acquire(blocking=False):  # else another thread is at it
            try:
                self._check_after = time.monotonic() + CHECK_EVERY
                trouble = self._refresh()
            finally:
                self._lock.release()
        if trouble is not None:
            _log.warning("%s The configuration read before stays in force.", trouble)
        return self._config

    def update(self, change: Callable[[dict[str, Any]], None]) -> CoreConfig:
        """Let `change` edit the file's content in place, and write it if it then differs; durable on return.

        The content is read freshly, so `change` touches the keys it means and may be called again when another program
        writes at the same moment. Raises InvalidInput (`details`: list of path and message) when the result is no valid
        configuration, Conflict when the file is damaged, InsufficientStorage or StorageUnavailable when it cannot be
        written; the file is then as it was.
        """
        try:
            return self._write(change)
        except StartRefused as exc:
            raise Conflict(str(exc)) from exc
        except OSError as exc:
            full = exc.errno in {errno.ENOSPC, errno.EDQUOT}
            message = f"{self._path} cannot be written ({exc.strerror or exc})."
            raise (InsufficientStorage if full else StorageUnavailable)(message) from exc

    def ensure_token(self) -> list[str]:
        """Make the file ready to trust: readable by its owner only, with an install token (a blank one is replaced).

        Returns, and logs, a warning for each thing that was or is unsafe. Raises StartRefused.
        """
        warnings = list(self._tighten())
        try:
            config = self.load()
            if not (config.auth.install_token or "").strip():
                config = self._write(lambda content: _set_token(content, new_token()))
        except (OSError, FaceForgeError) as exc:
            raise StartRefused(f"{self._path} cannot be written ({exc}).") from exc
        if is_weak(config.auth.install_token or ""):
            warnings.append(
                f"The install token in {self._path} is shorter than {WEAK_BELOW} characters and can be guessed."
            )
        for warning in warnings:
            _log.warning("%s", warning)
        return warnings

    def rotate_token(self) -> str:
        """Replace the install token; the old one is refused within 250 ms by a Core that runs. Raises as `update`."""
        token = new_token()
        self.update(lambda content: _set_token(content, token))
        return token

    def section(self, config_path: str) -> dict[str, Any]:
        """A copy of the part under a dotted path such as ``storage.s3``, defaults filled in; {} where there is none."""
        node: Any = self.current
        for key in config_path.split("."):
            node = node.get(key) if isinstance(node, dict) else getattr(node, key, None)
        if isinstance(node, BaseModel):
            return node.model_dump(mode="json")
        return copy.deepcopy(node) if isinstance(node, dict) else {}

    def update_section(self, config_path: str, value: dict[str, Any]) -> CoreConfig:
        """Make `value` the part under a dotted path: known keys it leaves out fall back to their defaults.

        Keys that Core does not know stay unless `value` names them. Raises as `update`.
        """
        known = _known_keys(config_path)

        def change(content: dict[str, Any]) -> None:
            node = content
            for key in config_path.split("."):
                if not isinstance(node.get(key), dict):
                    node[key] = {}
                node = node[key]
            for key in known - value.keys():
                node.pop(key, None)
            node.update(copy.deepcopy(value))

        return self.update(change)

    def _write(self, change: Callable[[dict[str, Any]], None]) -> CoreConfig:
        # The file's own lock holds off other processes of ours. Launchers do not know it: `_still` looks out for them.
        held = file_lock(self._path.with_name(f"{self._path.name}.lock"))
        with self._lock, held.acquire(timeout=_LOCK_PATIENCE, poll_interval=0.01):
            for _ in range(_WRITE_ATTEMPTS):
                stamp = _stamp(self._path)
                raw = read_bytes(self._path)
                content = {} if raw is None else parse_object(raw, self._path)
                before = copy.deepcopy(content)
                change(content)
                try:
                    config, written = self._checked(content), raw
                    if content != before:
                        written = dump_object(content)
                        # Resolved: who keeps the file elsewhere behind a link wants the link kept.
                        write_atomic(self._path.resolve(), written, before_replace=partial(self._still, stamp))
                except _ChangedMeanwhile:
                    continue
                self._keep(config, written, _stamp(self._path))
                return config
        raise StorageUnavailable(f"{self._path} is being rewritten all the time by another program.")

    def _still(self, seen: _Stamp | None) -> None:
        if _stamp(self._path) != seen:
            raise _ChangedMeanwhile

    def _checked(self, content: dict[str, Any]) -> CoreConfig:
        """What we write, we must be able to read."""
        try:
            raw = dump_object(content)
        except (TypeError, ValueError, RecursionError):
            raise InvalidInput("The configuration has to be JSON.") from None
        try:
            parse_object(raw, self._path)
            return CoreConfig.model_validate(content)
        except StartRefused as exc:
            raise InvalidInput(str(exc)) from None
        except ValidationError as exc:
            raise InvalidInput("The configuration is not valid.", details=_problems(exc)) from None

    def _refresh(self) -> str | None:
        """Take over a changed file; returns what is wrong with it the first time it is seen."""
        stamp = _stamp(self._path)
        if stamp == self._stamp and _settled(stamp):
            return None
        try:
            raw = read_bytes(self._path)
            if raw == self._raw:
                self._stamp = stamp
                return None
            self._raw = raw
            if raw is None:
                return f"{self._path} is gone."
            self._keep(_validated(parse_object(raw, self._path), self._path), raw, stamp)
        except StartRefused as exc:
            seen, self._stamp = self._stamp, stamp
            return str(exc) if stamp != seen else None
        return None

    def _keep(self, config: CoreConfig, raw: bytes | None, stamp: _Stamp | None) -> None:
        self._config, self._raw, self._stamp = config, raw, stamp
        self._check_after = time.monotonic() + CHECK_EVERY

    def _tighten(self) -> list[str]:
        try:
            loose = others_can_read(self._path)
            if loose:
                with contextlib.suppress(PermissionError):  # said below
                    self._path.chmod(0o600)
        except FileNotFoundError:
            return []
        except OSError as exc:
            raise StartRefused(f"{self._path} cannot be read ({exc.strerror or exc}).") from exc
        if not loose:
            return []
        if others_can_read(self._path):
            return [f"{self._path} holds secrets, can be read by others, and its permissions cannot be changed."]
        return [f"{self._path} could be read by others; its permissions are 0600 now."]


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _settled(stamp: _Stamp | None) -> bool:
    """Whether the file is old enough that another writing would show in its times, coarse as they may be."""
    return stamp is not None and abs(time.time_ns() - stamp[0]) > _SETTLED_AFTER_NS


def _validated(content: dict[str, Any], path: Path) -> CoreConfig:
    try:
        return CoreConfig.model_validate(content)
    except ValidationError as exc:
        problems = "; ".join(f"{problem['path']}: {problem['message']}" for problem in _problems(exc))
    raise StartRefused(f"{path} is not a valid configuration: {problems}.")


def _problems(exc: ValidationError) -> list[dict[str, str]]:
    """Paths and messages without the values, which may be secrets."""
    return [{"path": ".".join(map(str, problem["loc"])), "message": problem["msg"]} for problem in problems_of(exc)]


def _set_token(content: dict[str, Any], token: str) -> None:
    if not isinstance(content.get("auth"), dict):
        content["auth"] = {}
    content["auth"]["install_token"] = token


def _known_keys(config_path: str) -> set[str]:
    model: Any = CoreConfig
    for key in config_path.split("."):
        field = model.model_fields.get(key) if model is not None else None
        annotation = field.annotation if field is not None else None
        model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    return set() if model is None else set(model.model_fields)
