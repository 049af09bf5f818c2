"""Small JSON files that people and other programs edit, read with errors that name file and line."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any, NoReturn

from faceforge_core.refusals import StartRefused

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64


def read_object(path: Path) -> dict[str, Any] | None:
    """The JSON object in the file, or None when there is no such file.

    Raises StartRefused naming the file, and where it can the line, when the file is unreadable, torn, longer than
    1 MiB, nested deeper than 64, or holds anything but one object. The message never quotes the content.
    """
    raw = read_bytes(path)
    return None if raw is None else parse_object(raw, path)


def read_bytes(path: Path) -> bytes | None:
    """The file's bytes, None when there is none; StartRefused for any other trouble (see `read_object`)."""
    # Without O_NONBLOCK a pipe of that name would hold the reader for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise _refused(path, f"cannot be read ({exc.strerror})") from exc
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _refused(path, "is not a file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise _refused(path, f"cannot be read ({exc.strerror})") from exc
    finally:
        os.close(descriptor)
    if len(raw) > MAX_BYTES:
        raise _refused(path, f"is longer than {MAX_BYTES} bytes")
    return raw


def parse_object(raw: bytes, path: Path) -> dict[str, Any]:
    """`raw` as a JSON object; `path` is named in the StartRefused of anything else. A UTF-8 byte order mark is fine."""
    try:
        text = raw.decode("utf-8-sig")  # editors on Windows write the mark
    except UnicodeDecodeError as exc:
        raise _refused(path, "is not UTF-8 text", line=raw.count(b"\n", 0, exc.start) + 1) from None
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as exc:
        # `from None`: the cause carries the whole document, token included.
        raise _refused(path, f"is not valid JSON: {exc.msg} (column {exc.colno})", line=exc.lineno) from None
    except RecursionError:
        raise _refused(path, f"is nested deeper than {MAX_DEPTH}") from None
    except ValueError:
        raise _refused(path, "holds a number that JSON does not know or that is absurdly long") from None
    if not isinstance(value, dict):
        raise _refused(path, "must hold a JSON object, {…}", line=1)
    if _deeper_than(value, MAX_DEPTH):
        raise _refused(path, f"is nested deeper than {MAX_DEPTH}")
    try:
        dump_object(value)
    except UnicodeEncodeError:
        raise _refused(path, "holds half of a surrogate pair (\\ud800…\\udfff)") from None
    return value


def dump_object(value: dict[str, Any]) -> bytes:
    """Readable JSON, keys in their order, with a closing newline. Raises ValueError for NaN and infinities."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError


def _deeper_than(value: object, limit: int) -> bool:
    level: list[object] = [value]
    for _ in range(limit):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
    return any(isinstance(node, dict | list) for node in level)


def _refused(path: Path, what: str, *, line: int | None = None) -> StartRefused:
    where = f"{path}, line {line}," if line is not None else f"{path}"
    return StartRefused(f"{where} {what}.")
