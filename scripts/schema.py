#!/usr/bin/env python3
"""Write the script of a new database, ``fresh.sql``, from the steps that lead there: ``python scripts/schema.py``."""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from faceforge_core.db import fresh, sqlite
from faceforge_core.db.history import upgrade
from faceforge_core.db.migrate import KERNEL


def script() -> str:
    """The script, as the steps want it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "core.sqlite3"
        sqlite.make_private(path)
        upgrade(path, KERNEL)
        with closing(sqlite.connect(path)) as connection:
            return fresh.script_of(connection)


def main() -> int:
    """Write the file."""
    fresh.SCRIPT.write_text(script(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
