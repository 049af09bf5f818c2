"""Replaces a plugin and dies at each step of that in turn; without HTTP and database, in processes of its own.

    python plugin_placer.py replace HOMES ARCHIVE     installs the archive as ``demo``, in copies of ``HOMES/home``
    python plugin_placer.py remove HOMES ARCHIVE      removes ``demo``

For k = 1, 2, … a child works on ``HOMES/<k>`` and kills itself before the k-th change it makes to the disk. Prints a
line for each: ``killed`` or ``done``, which is the last.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from faceforge_core.plugins.arriving import stage
from faceforge_core.plugins.placing import Places

CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod"}
WRITING = os.O_WRONLY | os.O_RDWR


def die_before(number: int) -> None:
    """End this process, as kill -9 does, before it changes the disk for the `number`-th time."""
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        flags = arguments[2] if event == "open" else 0
        if event in CHANGES or (isinstance(flags, int) and flags & WRITING):
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def work(action: str, home: Path, archive: Path) -> None:
    places = Places(home / "plugins", home / "tmp")
    if action == "remove":
        places.take_away(home / "plugins" / "demo")
        return
    with places.room() as room:
        staged = stage(archive, archive.name, room)
        places.put(staged.folder, home / "plugins" / "demo")


def main(action: str, homes: Path, archive: Path) -> None:
    for number in range(1, 1000):
        home = shutil.copytree(homes / "home", homes / str(number))
        child = os.fork()
        if child == 0:
            die_before(number)
            work(action, home, archive)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        print("killed" if killed else f"done {os.waitstatus_to_exitcode(status)}", flush=True)
        if not killed:
            return


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
