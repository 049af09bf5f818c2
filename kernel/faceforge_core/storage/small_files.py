"""Small files on their way in by the dozen: copied and hashed by a process of its own, beside this interpreter."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from faceforge_core.storage import small_files_process
from faceforge_core.storage.staging import StagedFile
from faceforge_sdk.errors import InsufficientStorage, StorageUnavailable
from faceforge_sdk.protocols import SMALL_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from faceforge_core.config_model import Limits
    from faceforge_core.storage.staging import Staging
    from faceforge_sdk.protocols import FileOrigin

_log = logging.getLogger(__name__)


class SmallFileReceiver:
    """The SDK's `SmallFiles`. The process begins with the first files, and ends with `close` or with this one.

    What is not as usual is left to `Receiver.receive`: a file that changed, no space, a process that can't be started.
    So there is one place that says what is wrong, and everything comes in without the process too.
    """

    def __init__(self, staging: Staging, limits: Callable[[], Limits]) -> None:
        self._staging = staging
        self._limits = limits
        self._asking = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._over = False

    def receive(self, files: Sequence[FileOrigin]) -> Sequence[StagedFile | None]:
        """See the SDK's `SmallFiles.receive`."""
        limit = min(SMALL_FILE_BYTES, self._limits().upload_bytes or SMALL_FILE_BYTES)
        targets = {
            number: self._staging.new_path()
            for number, file in enumerate(files)
            if file.byte_size <= limit and self._has_space(file.byte_size)
        }
        received: list[StagedFile | None] = [None] * len(files)
        with self._asking:
            hashes = self._hashes([(files[number], target) for number, target in targets.items()])
        for (number, target), content_hash in zip(targets.items(), hashes, strict=True):
            if content_hash is not None:
                received[number] = StagedFile(target, content_hash, files[number].byte_size)
        return received

    def close(self) -> None:
        """See the SDK's `SmallFiles.close`."""
        self._over = True
        if (process := self._process) is not None:
            process.kill()
        with self._asking:  # whoever waits for an answer gets none any more
            self._end()

    def _has_space(self, byte_size: int) -> bool:
        try:
            self._staging.require_some_space(byte_size)
        except (InsufficientStorage, StorageUnavailable):
            return False
        return True

    def _hashes(self, files: Sequence[tuple[FileOrigin, Path]]) -> Sequence[str | None]:
        """Of the copy of each file, where one was made."""
        if self._over or not files:
            return [None] * len(files)
        try:
            self._process = process = self._process or _start()
            return [None] * len(files) if self._over else _ask(process, files)
        except (OSError, ValueError) as error:
            if not self._over:
                _log.warning("Small files are read one by one, for the process that reads them failed: %s", error)
            self._over = True
            self._end()
            for _, target in files:
                with suppress(OSError):
                    target.unlink(missing_ok=True)
            return [None] * len(files)

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        with suppress(OSError), self._process:  # closes the pipes, and waits for the end
            self._process = None


def _start() -> subprocess.Popen[bytes]:
    script = small_files_process
    # Core as a single file has no other Python; else the standard library is enough, and sooner there.
    this = ["-m", script.__name__] if getattr(sys, "frozen", False) else ["-I", "-S", str(script.__file__)]
    return subprocess.Popen(
        [sys.executable, *this],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _ask(process: subprocess.Popen[bytes], files: Sequence[tuple[FileOrigin, Path]]) -> Sequence[str | None]:
    """Raises OSError or ValueError where it does not answer."""
    spelled = small_files_process.spelled
    wanted = [[spelled(file.path), file.byte_size, file.mtime_ns, spelled(os.fsencode(path))] for file, path in files]
    if process.stdin is None or process.stdout is None:
        raise ValueError("its pipes are missing")
    process.stdin.write(json.dumps(wanted).encode() + b"\n")
    process.stdin.flush()
    if not (line := process.stdout.readline()):
        raise OSError("it ended")
    hashes: list[str | None] = json.loads(line)
    return hashes
