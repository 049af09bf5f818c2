"""A `weed` that outlived its Core: known by a note with its process id and start, and ended if it is provably ours."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faceforge_sdk import FaceForgeError
from faceforge_sdk.files import write_private
from faceforge_sdk.strict_json import loads

if TYPE_CHECKING:
    import logging

    from .plan import Plan

_GONE_SECONDS = 5.0


def note(plan: Plan, pid: int) -> None:
    """Remember a process; without a note it is not ended later, so nothing depends on this."""
    started = _started(pid)
    if started is not None:
        with contextlib.suppress(OSError):
            write_private(plan.pid_file, json.dumps({"pid": pid, "started": started}).encode())


def forget(plan: Plan) -> None:
    """The process has ended."""
    with contextlib.suppress(OSError):
        plan.pid_file.unlink(missing_ok=True)


def end_leftover(plan: Plan, log: logging.Logger) -> None:
    """End the process of the note if it has the same start, and works on the same data."""
    try:
        content: Any = loads(plan.pid_file.read_bytes(), max_bytes=10_000)
        pid, started = content["pid"], content["started"]
    except (OSError, FaceForgeError, LookupError, TypeError):
        return
    if isinstance(pid, int) and pid > 1 and _started(pid) == started and f"-dir={plan.data_dir}" in _command(pid):
        log.warning("A SeaweedFS of a Core that died still runs as process %d; it is ended.", pid)
        with contextlib.suppress(OSError):
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        deadline = time.monotonic() + _GONE_SECONDS
        while _started(pid) == started and time.monotonic() < deadline:
            time.sleep(0.05)
    forget(plan)


def _started(pid: int) -> str | None:
    """When a process started, in the system's own words; None for none, a dead one, or where nobody can say."""
    if sys.platform == "linux":
        try:
            state, *facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return None if state == "Z" else f"{boot} {facts[18]}"
    return _ask_ps(pid, "lstart=") or None


def _command(pid: int) -> str:
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return _ask_ps(pid, "command=")


def _ask_ps(pid: int, column: str) -> str:
    if os.name != "posix":  # there the guardian alone sees to it
        return ""
    answer = subprocess.run(["ps", "-ww", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()
