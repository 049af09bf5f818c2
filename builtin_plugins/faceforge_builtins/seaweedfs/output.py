"""What `weed` says, in a file of bounded size, without its keys."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from faceforge_sdk.files import replace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAX_BYTES = 5 * 1024 * 1024
_LONGEST_LINE = 64 * 1024


def keep_output(lines: IO[bytes], path: Path, hidden: Sequence[str], max_bytes: int = MAX_BYTES) -> None:
    """Append until the end of `lines`; the file and one older copy hold `max_bytes` each. A full disk loses lines."""
    secrets = [text.encode() for text in hidden]
    while line := lines.readline(_LONGEST_LINE):
        for secret in secrets:
            line = line.replace(secret, b"***")
        with suppress(OSError):
            _append(path, line, max_bytes)


def _append(path: Path, line: bytes, max_bytes: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size == 0 or size + len(line) <= max_bytes:
            os.write(descriptor, line)
            return
    finally:
        os.close(descriptor)
    replace(path, path.with_name(f"{path.name}.1"))
    _append(path, line, max_bytes)
