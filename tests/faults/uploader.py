"""A small Core without HTTP, in a process of its own: stores files in a home and says so after each.

    python uploader.py store HOME COUNT SIZE     ``ready``, then ``stored <sha256>`` per file; then waits for its end
    python uploader.py keep HOME COUNT SIZE      the same, all files in one batch
    python uploader.py keep-each HOME COUNT SIZE the same, where no call flushes a whole volume
    python uploader.py careless HOME COUNT SIZE  as ``store``, without any fsync of Python's
    python uploader.py careless-keep HOME COUNT SIZE  as ``keep``, without any flush of the batch
    python uploader.py serve                     forks a Core per line of stdin: what to do, and a home

A served Core says its pid, waits for SIGUSR1, and then, for ``store``, stores two files and the first one again; for
``keep``, the same three in one batch; for ``trash``, it stores four and moves all but the last to the trash; for
``purge``, it empties the trash. It says ``stored <sha256>`` or ``refused <error>`` for each file, and
``purged <number>``. Opening a home does what a start does: migrate, clear the staging folder. The bytes depend only on
number and size.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from faceforge_builtins.storage_fs.provider import FileSystemProvider
from faceforge_core.catalog.assets import AssetCatalog
from faceforge_core.catalog.entity_rows import EntityRows
from faceforge_core.catalog.imports import ImportCatalog
from faceforge_core.catalog.links import LinkCatalog
from faceforge_core.config import CoreConfig
from faceforge_core.db.engine import Database
from faceforge_core.db.migrate import migrate
from faceforge_core.events import EventLog
from faceforge_core.home import Home
from faceforge_core.owned import Owned
from faceforge_core.storage.service import StorageService
from faceforge_core.storage.trash import TrashService
from faceforge_sdk.errors import FaceForgeError
from faceforge_sdk.files import flush_many
from faceforge_sdk.protocols import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NO_RESERVE = CoreConfig.model_validate({"limits": {"free_space_reserve_bytes": 0}})


@dataclass
class SmallCore:
    """What there is of a Core here."""

    storage: StorageService
    assets: AssetCatalog
    trash: TrashService


FLUSHES: dict[str, Callable[..., None]] = {
    "keep-each": partial(flush_many, at_once=lambda _folder: False),
    "careless-keep": lambda _files, _folders: None,
}


@contextmanager
def core_of(root: Path, flush: Callable[..., None] = flush_many) -> Iterator[SmallCore]:
    home = Home.at(root)
    home.prepare()
    migrate(home.database, home.backups_dir)
    fs = FileSystemProvider(home.assets_dir, home.quarantine_dir, logging.getLogger("fs"), flush)
    with Database(home.database) as database:
        events = EventLog(database)
        assets = AssetCatalog(database, events)
        storage = StorageService(
            database=database,
            events=events,
            assets=assets,
            imports=ImportCatalog(database, assets, LinkCatalog(database, events), EntityRows(events)),
            staging_dir=home.staging_dir,
            tmp_dir=home.tmp_dir,
            config=lambda: NO_RESERVE,
            providers=lambda: [Owned("faceforge.storage_fs", fs)],
            rules=list,
        )
        storage.clear_staging()
        yield SmallCore(storage, assets, TrashService(database, events, storage, lambda: NO_RESERVE, home.assets_dir))


def content(number: int, size: int) -> bytes:
    return (number.to_bytes(4, "big") * (size // 4 + 1))[:size]


def say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


def store(core: SmallCore, number: int, size: int) -> str | None:
    try:
        with core.storage.begin_upload() as upload:
            upload.write(content(number, size))
            asset = upload.commit(filename=f"{number}.bin", content_type=None)
    except FaceForgeError as error:
        say(f"refused {type(error).__name__}")
        return None
    say(f"stored {asset.asset_id}")
    return asset.asset_id


def received(core: SmallCore, number: int, size: int) -> Arrival:
    with os.fdopen(os.memfd_create("source"), "r+b", buffering=0) as source:
        source.write(content(number, size))
        source.seek(0)
        return Arrival(core.storage.receive(source, size, lambda _size: None), f"{number}.bin")


def keep(core: SmallCore, numbers: Sequence[int], size: int) -> None:
    try:
        kept = core.storage.keep([received(core, number, size) for number in numbers])
    except FaceForgeError as error:
        say(f"refused {type(error).__name__}")
        return
    for one in kept:
        say(f"stored {one.asset_id}" if one.error is None else f"refused {type(one.error).__name__}")


def store_many(manner: str, root: Path, count: int, size: int) -> None:
    with core_of(root, FLUSHES.get(manner, flush_many)) as core:
        say("ready")
        if "keep" in manner:
            keep(core, range(count), size)
        else:
            for number in range(count):
                store(core, number, size)
        sys.stdin.read()


def act(core: SmallCore, action: str) -> None:
    match action:
        case "store":
            for number in (0, 1, 0):
                store(core, number, 5000)
        case "keep":
            keep(core, (0, 1, 0), 5000)
        case "trash":
            for number in range(4):
                asset_id = store(core, number, 5000)
                if number < 3 and asset_id is not None:
                    core.assets.delete(asset_id)
        case "purge":
            done = core.trash.purge_older(["assets"], 0, lambda _percent, _step: None, lambda: None)
            say(f"purged {done['assets']}")


def load_all() -> None:
    """Have all of it loaded before the forks: else each of them loads what only its work asks for."""
    with TemporaryDirectory() as folder, core_of(Path(folder) / "home") as core, redirected_answers():
        for action in ("store", "keep"):
            act(core, action)


@contextmanager
def redirected_answers() -> Iterator[None]:
    said = os.dup(1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(said, 1)
            os.close(said)


def serve() -> None:
    load_all()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    for line in sys.stdin:
        action, _, root = line.strip().partition(" ")
        forked = os.fork()
        if forked == 0:
            with core_of(Path(root)) as core:
                say(f"pid {os.getpid()}")
                signal.sigwait({signal.SIGUSR1})
                act(core, action)
            os._exit(0)
        _, status = os.waitpid(forked, 0)
        say(f"exit {os.waitstatus_to_exitcode(status)}")


def main() -> None:
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case [manner, root, count, size]:
            if manner == "careless":
                os.fsync = lambda _descriptor: None
            store_many(manner, Path(root), int(count), int(size))


if __name__ == "__main__":
    main()
