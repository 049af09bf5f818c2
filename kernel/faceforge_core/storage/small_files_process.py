"""The process that copies and hashes small files; a script of its own, with the standard library only.

A line of JSON comes in for each batch, ``[[source, byte_size, mtime_ns, target], ...]``, and one goes out: for each
file the SHA-256 of its copy, or null where none was left. A path is spelled with one character for each of its bytes.
It ends with its standard input.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import sys
from contextlib import suppress
from typing import IO

_SAFELY: int = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def main() -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started it
    os.umask(0o077)
    serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each line of `requests`."""
    for line in requests:
        hashes = [
            take(path(source), byte_size, mtime_ns, path(target))
            for source, byte_size, mtime_ns, target in json.loads(line)
        ]
        answers.write(json.dumps(hashes).encode() + b"\n")
        answers.flush()


def spelled(path: bytes) -> str:
    """A path for a line of JSON."""
    return path.decode("latin-1")


def path(spelled: str) -> bytes:
    """What `spelled` made."""
    return spelled.encode("latin-1")


def take(source: bytes, byte_size: int, mtime_ns: int, target: bytes) -> str | None:
    """Copy a file that is as it was found, before and after; returns the hash, or None with nothing left behind."""
    try:
        content = _read(source, (byte_size, mtime_ns))
        if content is None:
            return None
        _write(target, content)
    except (OSError, MemoryError):
        with suppress(OSError):
            os.unlink(target)  # noqa: PTH108  # bytes, as the system spells them
        return None
    return hashlib.sha256(content).hexdigest()


def _read(source: bytes, found: tuple[int, int]) -> bytes | None:
    descriptor = os.open(source, os.O_RDONLY | _SAFELY)
    try:
        if not _is_still(descriptor, found):
            return None
        content = os.read(descriptor, found[0])
        return content if len(content) == found[0] and _is_still(descriptor, found) else None
    finally:
        os.close(descriptor)


def _is_still(descriptor: int, found: tuple[int, int]) -> bool:
    facts = os.fstat(descriptor)
    return stat.S_ISREG(facts.st_mode) and (facts.st_size, facts.st_mtime_ns) == found


def _write(target: bytes, content: bytes) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, 0o600)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    main()
