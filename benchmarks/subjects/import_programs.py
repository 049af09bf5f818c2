"""The programs that take in folders, or copy them, and how each is called."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RSYNC, RESTIC, ANNEX = "rsync -a", "restic backup", "git annex add -J2"
Words = tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """How another program is called; SOURCE and PLACE stand for folders, `before` is not timed.

    `again` takes in the same once more; `out` gives everything back into PLACE/`held`.
    """

    name: str
    promises: str
    needs: str
    run: Words
    package: str
    held: str = "copy"
    before: tuple[Words, ...] = ()
    again: Words = ()
    out: Words = ()
    flush: bool = False
    most_rounds: int = 1_000


def environment(place: Path) -> dict[str, str]:
    """Nothing of the user's own settings and caches, no questions."""
    return {
        **os.environ,
        "HOME": str(place),
        "RESTIC_PASSWORD": "x",
        "RESTIC_CACHE_DIR": str(place / "cache"),
        "BORG_BASE_DIR": str(place / "borg"),
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": "bench@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }


_RSYNC: Words = ("rsync", "-a", "SOURCE/", "PLACE/copy/")
_CP: Words = ("cp", "-r", "SOURCE", "PLACE/copy")
_NOTHING = "nothing is on the disk when it ends, no hash"
_BORG: Words = ("borg", "create", "--compression", "none")
PROGRAMS = (
    Program(RSYNC, _NOTHING, "rsync", _RSYNC, "rsync", again=_RSYNC),
    Program("rsync -a, sync", "all on the disk, no hash", "rsync", _RSYNC, "rsync", flush=True),
    Program("cp -r", _NOTHING, "cp", _CP, "coreutils"),
    Program("cp -r, sync", "all on the disk, no hash", "cp", _CP, "coreutils", flush=True),
    Program(
        RESTIC,
        "packs on the disk; SHA-256 of chunks, encrypted",
        "restic",
        ("restic", "-q", "-r", "PLACE/repo", "backup", "SOURCE"),
        "restic",
        held="out",
        before=(("restic", "-q", "-r", "PLACE/repo", "init"),),
        again=("restic", "-q", "-r", "PLACE/repo", "backup", "SOURCE"),
        out=("restic", "-q", "-r", "PLACE/repo", "restore", "latest", "--target", "PLACE/out"),
    ),
    Program(
        "borg create",
        "segments on the disk; SHA-256 of chunks, not compressed",
        "borg",
        (*_BORG, "PLACE/repo::one", "SOURCE"),
        "borgbackup",
        held="out",
        before=(("mkdir", "PLACE/out"), ("borg", "init", "-e", "none", "PLACE/repo")),
        again=(*_BORG, "PLACE/repo::two", "SOURCE"),
        out=("sh", "-c", "cd PLACE/out && borg extract PLACE/repo::one"),
    ),
    Program(
        ANNEX,
        "SHA-256; moves files that lie in its folder already; nothing is flushed; in one round only, it takes so long",
        "git-annex",
        ("git", "annex", "add", "--quiet", "-J2", "."),
        "git-annex",
        held="files",
        before=(("cp", "-r", "SOURCE", "PLACE/files"), ("git", "init", "-q"), ("git", "annex", "init", "-q", "bench")),
        most_rounds=1,
    ),
)
