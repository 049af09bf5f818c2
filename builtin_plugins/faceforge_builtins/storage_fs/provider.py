"""Bytes in the home's own folder: one file per content, named by its SHA-256, private and never shared."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from faceforge_sdk.errors import FaceForgeError, IntegrityError, StorageUnavailable
from faceforge_sdk.files import (
    FileReader,
    flush,
    flush_folder,
    flush_many,
    open_regular,
    replace,
    sha256_of,
    storage_error,
)
from faceforge_sdk.locks import KeyLocks
from faceforge_sdk.protocols import StoredObject

from .shards import Shards

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Collection, Iterator, Sequence

    from faceforge_sdk.protocols import Put

    Flush = Callable[[Sequence[Path], Collection[Path]], None]

_KEY = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
HOME_MARKER = ".ff-home"
_MISSING = (FileNotFoundError, NotADirectoryError)


class FileSystemProvider:
    """The `BatchProvider` called ``fs``.

    `assets_dir` is never made here: when it or its mark is gone (an unmounted disk, a deleted home), every operation
    raises `StorageUnavailable` and nothing is written into the place where it was. What stands where a file belongs
    and is not exactly that file goes to `quarantine_dir`, with a line in the log. `flush` makes the files and names of
    a batch durable.
    """

    name = "fs"

    def __init__(self, assets_dir: Path, quarantine_dir: Path, log: logging.Logger, flush: Flush = flush_many) -> None:
        self._assets_dir = assets_dir
        self._quarantine_dir = quarantine_dir
        self._log = log
        self._flush = flush
        marker = assets_dir / HOME_MARKER
        self._sign = marker if marker.is_file() else assets_dir
        self._keys = KeyLocks()  # two uploads of the same bytes must not judge each other's half-done work
        self._shards = Shards(assets_dir)

    def key_for(self, content_hash: str) -> str:
        """``files/<first two hex>/<sha256>``, as v0.1.9 had it."""
        return f"files/{content_hash[:2]}/{content_hash}"

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        """Move `source` to its place; on return file and name survive power loss. Equal bytes there are adopted."""
        target = self._path(key)
        with self._keys.holding(key), _translated():
            self._require_assets()
            self._shards.make(target.parent)
            if not self._place(source, target, content_hash, byte_size):
                source.unlink()
            flush_folder(target.parent)

    def put_many(self, puts: Sequence[Put]) -> Sequence[FaceForgeError | None]:
        """Move all to their places, then make them durable together.

        A crash in between may leave a name whose bytes are not there yet. No row refers to it, and who puts the same
        bytes later finds out, since what stands in a file's place is read before it is believed.
        """
        answers: list[FaceForgeError | None] = []
        moved: list[tuple[Path, Path]] = []
        adopted: list[Path] = []
        with self._keys.holding_all(put.key for put in puts), _translated():
            self._require_assets()
            targets = [self._path(put.key) for put in puts]
            shards = {self._assets_dir / folder for folder in {put.key.rpartition("/")[0] for put in puts}}
            fresh = self._shards.make_many(shards)
            for put, target in zip(puts, targets, strict=True):
                try:
                    if self._place(put.source, target, put.content_hash, put.byte_size):
                        moved.append((put.source, target))
                    else:
                        adopted.append(put.source)
                    answers.append(None)
                except OSError as error:
                    answers.append(storage_error(error))
                except FaceForgeError as error:
                    answers.append(error)
            self._flush_batch(moved, shards | self._shards.parents_of(fresh))
            self._shards.are_durable(fresh)
            for source in adopted:
                source.unlink()
        return answers

    def _flush_batch(self, moved: Sequence[tuple[Path, Path]], folders: Collection[Path]) -> None:
        try:
            self._flush([target for _, target in moved], folders)
        except OSError:
            for source, target in moved:
                replace(target, source)
            raise

    def _place(self, source: Path, target: Path, content_hash: str, byte_size: int) -> bool:
        """Whether the file was moved to its place, which else holds the same bytes already."""
        if self._holds_already(target, source, content_hash, byte_size):
            return False
        self._move(source, target)
        return True

    def open(self, key: str, start: int, end: int) -> FileReader:
        """Read from the file. Raises `IntegrityError` if it is missing, short or no file."""
        try:
            return FileReader(self._path(key), start, end)
        except IntegrityError:
            self._require_assets()
            raise

    def stat(self, key: str) -> int | None:
        """The file's size. v0.1.9's symbolic links are followed, so that they are served until they are unshared."""
        try:
            facts = self._path(key).stat()
        except _MISSING:
            self._require_assets()
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return None
            raise storage_error(error) from error
        return facts.st_size if stat.S_ISREG(facts.st_mode) else None

    def local_path(self, key: str) -> Path | None:
        """The file itself."""
        return None if self.stat(key) is None else self._path(key)

    def delete(self, key: str) -> None:
        """Remove the file; its absence is durable on return."""
        target = self._path(key)
        with self._keys.holding(key), _translated():
            self._require_assets()
            with suppress(*_MISSING):
                target.unlink()
                flush_folder(target.parent)

    def available(self) -> bool:
        """Whether the assets folder is there and is the one that was there at the start."""
        return os.path.lexists(self._sign)

    def objects(self) -> Iterator[StoredObject]:
        """Every file below ``files/``, whatever its name; folders are only looked into."""
        self._require_assets()
        waiting = [self._assets_dir / "files"]
        while waiting:
            with _translated(), suppress(*_MISSING), os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                        continue
                    facts = entry.stat(follow_symlinks=False)
                    key = Path(entry.path).relative_to(self._assets_dir).as_posix()
                    yield StoredObject(key, facts.st_size, facts.st_mtime)

    def set_aside(self, key: str) -> str:
        """Move the file to quarantine."""
        if ".." in key.split("/"):
            raise IntegrityError("The key names no file of the home.", details={"reason": "key"})
        with self._keys.holding(key), _translated():
            self._require_assets()
            return str(self._quarantine(self._assets_dir / key, "is referred to by no asset"))

    def _path(self, key: str) -> Path:
        if _KEY.fullmatch(key) is None or ".." in key.split("/"):
            raise IntegrityError("The stored key names no file of the home.", details={"reason": "key"})
        return self._assets_dir / key

    def _require_assets(self) -> None:
        if not self.available():
            raise StorageUnavailable(
                f"The folder {self._assets_dir} is not there; the disk that holds it may not be mounted.",
                retry_after=30,
            )

    def _move(self, source: Path, target: Path) -> None:
        try:
            replace(source, target)
        except FileNotFoundError:  # somebody tidied the empty folder away
            self._shards.forget(target.parent)
            self._require_assets()
            self._shards.make(target.parent)
            replace(source, target)

    def _holds_already(self, target: Path, source: Path, content_hash: str, byte_size: int) -> bool:
        """Whether exactly these bytes stand at `target`, ours alone; anything else is moved out of the way."""
        try:
            facts = target.lstat()
        except FileNotFoundError:
            return False
        if stat.S_ISLNK(facts.st_mode) or (stat.S_ISREG(facts.st_mode) and facts.st_nlink > 1):
            # Renaming over it takes nothing away: the bytes stay under their other name, which may be the user's own
            # file. And there is no moment at which the place is empty.
            self._log.warning("%s was a link to another file; it gets bytes of its own.", target)
            return False
        fault = _fault_of(facts, source.lstat()) or _content_fault(target, content_hash, byte_size)
        if fault is None:
            return True
        self._quarantine(target, fault)
        return False

    def _quarantine(self, target: Path, fault: str) -> Path:
        name = f"{target.name}.{secrets.token_hex(4)}"
        places = (self._quarantine_dir, self._assets_dir / ".quarantine")
        for folder in places:
            folder.mkdir(mode=0o700, exist_ok=True)
            try:
                target.rename(folder / name)
            except OSError as error:
                if error.errno != errno.EXDEV or folder == places[-1]:
                    raise
            else:
                flush_folder(folder)
                self._log.error("%s %s; it was moved to %s.", target, fault, folder / name)
                return folder / name
        raise StorageUnavailable(f"{target} can't be moved to quarantine.")


def _fault_of(facts: os.stat_result, own: os.stat_result) -> str | None:
    """What speaks against a directory entry before its bytes are read; `own` is a file that we just made."""
    if not stat.S_ISREG(facts.st_mode):
        return "is not a regular file"
    if facts.st_uid != own.st_uid:
        return "belongs to another user"
    return None


def _content_fault(target: Path, content_hash: str, byte_size: int) -> str | None:
    try:
        with open_regular(target, follow=False) as file:
            facts = os.fstat(file.fileno())
            if facts.st_size != byte_size:
                return f"has {facts.st_size} bytes instead of {byte_size}"
            if sha256_of(file) != content_hash:
                return "has other bytes than its name says"
            if os.name == "posix" and stat.S_IMODE(facts.st_mode) != 0o600:
                os.fchmod(file.fileno(), 0o600)
            _flush_read_only(file.fileno())
    except PermissionError:
        return "can't be read"
    except OSError as error:
        if error.errno == errno.EIO:
            return "can't be read any more"
        raise
    return None


def _flush_read_only(descriptor: int) -> None:
    """What a former process wrote may still be on its way to the disk."""
    if os.name != "nt":  # flushes only descriptors open for writing
        flush(descriptor)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise storage_error(error) from error
