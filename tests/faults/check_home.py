"""Judges a home that nobody has open, with the standard library alone: what a fault must never leave behind.

    python check_home.py HOME [ID …]

The ids are assets that were acknowledged. It knows the table and folder names of the contract and nothing of the
code, so that a fault of the storage can't hide behind a fault of its own check. Prints a JSON object; exit 1 when
there are findings, 0 when there are none. Blobs without a row are listed and are no finding: fsck's business.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import stat
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any


def main() -> int:
    report = judge(Path(sys.argv[1]), *sys.argv[2:])
    print(json.dumps(report, indent=1))
    return 1 if report["findings"] else 0


def judge(home: Path, *acknowledged: str) -> dict[str, Any]:
    """What there is, and what should not be."""
    findings: list[str] = []
    orphans: list[str] = []
    with tempfile.TemporaryDirectory() as scratch, closing(copy_of(home / "db", Path(scratch))) as connection:
        findings += check_database(connection)
        rows = {row["asset_id"]: row for row in connection.execute("SELECT * FROM assets")}
        findings += [f"running job {row['job_id']}" for row in running_jobs(connection)]
    findings += [f"acknowledged and gone: {wanted}" for wanted in acknowledged if not alive(rows.get(wanted))]
    for row in rows.values():
        if row["bytes_state"] == "ok" and row["storage_provider"] == "fs":
            findings += check_blob(home / "assets" / row["storage_key"], row)
    keys = {row["storage_key"] for row in rows.values()}
    for path in sorted((home / "assets" / "files").rglob("*")):
        key = path.relative_to(home / "assets").as_posix()
        if not path.is_dir() and key not in keys:
            orphans.append(key)
    return {"assets": len(rows), "findings": findings, "orphans": orphans}


def copy_of(folder: Path, scratch: Path) -> sqlite3.Connection:
    """The database with its log, opened elsewhere: looking must not mend anything."""
    for path in folder.glob("core.sqlite3*"):
        if not path.name.endswith("-shm"):
            shutil.copy(path, scratch / path.name)
    connection = sqlite3.connect(scratch / "core.sqlite3")
    connection.row_factory = sqlite3.Row
    return connection


def check_database(connection: sqlite3.Connection) -> list[str]:
    integrity = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    foreign = [tuple(row) for row in connection.execute("PRAGMA foreign_key_check")]
    return [f"database: {line}" for line in integrity if line != "ok"] + [f"foreign key: {row}" for row in foreign]


def running_jobs(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    return connection.execute("SELECT job_id FROM jobs WHERE status = 'running'").fetchall()


def alive(row: sqlite3.Row | None) -> bool:
    return row is not None and row["deleted_at"] is None


def check_blob(path: Path, row: sqlite3.Row) -> list[str]:
    try:
        facts = path.lstat()
    except FileNotFoundError:
        return [f"missing: {path}"]
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
        return [f"not a private file: {path}"]
    if facts.st_size != row["byte_size"]:
        return [f"{facts.st_size} bytes instead of {row['byte_size']}: {path}"]
    if hashlib.sha256(path.read_bytes()).hexdigest() != row["content_hash"]:
        return [f"other bytes: {path}"]
    return []


if __name__ == "__main__":
    sys.exit(main())
