"""The one place that decides which SQLite library every connection of the process uses.

Two SQLite libraries in one process drop each other's file locks, so nothing else may import `sqlite3`: take it from
here, errors and all.
"""

from __future__ import annotations

import errno
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING or find_spec("pysqlite3") is None:
    import sqlite3
else:
    # The PyPI wheel carries a far newer SQLite than most systems do.
    from pysqlite3 import dbapi2 as sqlite3

from faceforge_sdk.errors import (
    Busy,
    Conflict,
    FaceForgeError,
    InsufficientStorage,
    IntegrityError,
    InvalidInput,
    StorageUnavailable,
)

__all__ = [
    "FAILURES",
    "PARAMETER_ERRORS",
    "SAFE_VERSION",
    "is_busy",
    "is_io_error",
    "meaning_for_plugins",
    "sqlite3",
    "sqlite_warning",
    "translated",
]

SAFE_VERSION = (3, 51, 3)
"""Older ones may corrupt a WAL when two connections checkpoint and write at once (https://sqlite.org/wal.html)."""

PARAMETER_ERRORS = (UnicodeEncodeError, OverflowError, sqlite3.DataError)
"""What binding raises for a value that SQLite cannot hold: lone surrogates, integers over 64 bits, over 1 GB."""

FAILURES = (sqlite3.Error, MemoryError)
"""What any call into SQLite may raise: where it gets no memory, Python says so in its own way."""

# Primary result codes: https://sqlite.org/rescode.html
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 26
_IOERR_READS = {10 | (1 << 8), 10 | (2 << 8)}  # IOERR_READ and IOERR_SHORT_READ
_CONSTRAINT = 19
_UNIQUE_KEY = _CONSTRAINT | (8 << 8)
_UNIQUE = {_CONSTRAINT | (6 << 8), _UNIQUE_KEY, _CONSTRAINT | (10 << 8)}  # PRIMARYKEY, UNIQUE, ROWID


def sqlite_warning() -> str | None:
    """Return the sentence that doctor shows for a SQLite with a known fault, or None."""
    if sqlite3.sqlite_version_info >= SAFE_VERSION:
        return None
    wanted = ".".join(map(str, SAFE_VERSION))
    newer = (
        "a Core that was built with a newer one"
        if getattr(sys, "frozen", False)
        else "installing the package pysqlite3"
    )
    return (
        f"SQLite {sqlite3.sqlite_version} has a rare fault that can damage a database under load, mended in {wanted}. "
        f"FaceForge Core avoids what triggers it; {newer} removes it."
    )


def is_io_error(error: BaseException) -> bool:
    """Tell whether `error` is a failed read, write or fsync: after one of them a connection is not to be trusted."""
    return _code(error) & 0xFF == _IOERR


def is_busy(error: BaseException) -> bool:
    """Tell whether `error` means that another connection holds the file."""
    return _code(error) & 0xFF in (_BUSY, _LOCKED)


def translated(error: BaseException) -> BaseException:
    """Return the error of the SDK's tree that says what `error` means to a caller, or `error` itself.

    A violated key becomes `Conflict`; other violated constraints, and faults in our own SQL, stay what they are.
    """
    if isinstance(error, PARAMETER_ERRORS):
        return InvalidInput("A value cannot be stored: text must be valid Unicode, integers must fit 64 bits.")
    if isinstance(error, OSError):
        return _of_code(_FULL if error.errno == errno.ENOSPC else _CANTOPEN) or error
    if isinstance(error, MemoryError):
        return Busy("There is too little memory at the moment.", retry_after=5)
    if not isinstance(error, sqlite3.Error):
        return error
    return _of_code(_code(error)) or error


def meaning_for_plugins(error: BaseException) -> BaseException:
    """Return as `translated`, and `InvalidInput` for a row that breaks a rule of its table."""
    known = translated(error)
    if isinstance(known, sqlite3.IntegrityError):
        return InvalidInput(f"This row breaks a rule of its table ({known}).")
    return known


def _of_code(code: int) -> FaceForgeError | None:
    if code in _UNIQUE:
        return Conflict("Something with this key exists already.")
    if code in _IOERR_READS:
        return StorageUnavailable("The database cannot be read.", retry_after=5)
    make = _MEANINGS.get(code & 0xFF)
    return make() if make else None


def _locked() -> FaceForgeError:
    return Busy("The database is locked by another program.", retry_after=5)


def _unwritable() -> FaceForgeError:
    return InsufficientStorage("The database could not be written: the volume is full or failing.")


def _out_of_reach() -> FaceForgeError:
    return StorageUnavailable("The database file is not there or not writable.", retry_after=5)


def _damaged() -> FaceForgeError:
    return IntegrityError("The database file is damaged.")


_MEANINGS = {
    _BUSY: _locked,
    _LOCKED: _locked,
    _IOERR: _unwritable,
    _FULL: _unwritable,
    _READONLY: _out_of_reach,
    _CANTOPEN: _out_of_reach,
    _CORRUPT: _damaged,
    _NOTADB: _damaged,
}

_CODES_BY_MESSAGE = {
    "database is locked": _BUSY,
    "database table is locked": _LOCKED,
    "attempt to write a readonly database": _READONLY,
    "disk i/o error": _IOERR,
    "database disk image is malformed": _CORRUPT,
    "database or disk is full": _FULL,
    "unable to open database file": _CANTOPEN,
    "file is not a database": _NOTADB,
}


def _code(error: BaseException) -> int:
    """The extended result code; builds of pysqlite3 carry the primary one, or none."""
    if not isinstance(error, sqlite3.Error):
        return 0
    code, told = getattr(error, "sqlite_errorcode", None), str(error).lower()
    if code in (_CONSTRAINT, None) and told.startswith("unique constraint failed"):
        return _UNIQUE_KEY
    return code if isinstance(code, int) else _CODES_BY_MESSAGE.get(told, 0)
