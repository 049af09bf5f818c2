"""The one exception that ends a start with a sentence and an exit code."""

from __future__ import annotations

CANNOT_START = 2
NEWER_SCHEMA = 3
LOCKED = 4


class StartRefused(Exception):
    """Core does not start; nothing was changed by the refusal.

    ``str(refusal)`` is a sentence for people that names the file, folder or variable to look at and holds no secret.
    `exit_code` is the process's: 2 the home or its configuration is unusable, 3 the database was written by a newer
    Core, 4 another process holds the home.
    """

    def __init__(self, message: str, exit_code: int = CANNOT_START) -> None:
        super().__init__(message)
        self.exit_code = exit_code
