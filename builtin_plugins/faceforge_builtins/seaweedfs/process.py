"""One run of `weed`: started so that it ends with us, with secrets of its own, and ended for sure."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from faceforge_sdk.guardian import guarded

if TYPE_CHECKING:
    from .plan import Plan

_STOP_SECONDS = 1.5
_FOREIGN = ("AWS_", "S3_", "WEED_")  # a user's own variables for other servers, which weed would follow
_JWT = ("JWT_SIGNING", "JWT_SIGNING_READ", "JWT_FILER_SIGNING", "JWT_FILER_SIGNING_READ")


class WeedProcess:
    """A running `weed`. Start it on the thread that stays until it ended: Linux ends it with that thread.

    Raises OSError where it can't be started. `output` is where it writes to; None gives `lines`.
    """

    def __init__(self, plan: Plan, binary: Path, *, output: IO[bytes] | None = None) -> None:
        self._plan = plan
        self._process = subprocess.Popen(
            guarded([str(binary), *plan.arguments()]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.STDOUT,
            cwd=plan.data_dir,
            env=_environment(plan),
            start_new_session=True,  # Ctrl-C is for us, who then end it
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def lines(self) -> IO[bytes]:
        """What it says."""
        if self._process.stdout is None:
            raise ValueError("its output goes elsewhere")
        return self._process.stdout

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def end(self) -> int:
        """Ask it to stop, and kill it if it has not within seconds; returns its exit code. May be called twice."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        if self._process.poll() is None:
            if sys.platform == "linux":
                self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS if sys.platform == "linux" else 2 * _STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        code = self._process.wait()
        _remove_sockets(self._plan)
        return code


def busy_port(plan: Plan) -> int | None:
    """A port that another program has already."""
    for port in (port for pair in plan.ports.values() for port in pair):
        with socket.socket() as attempt:
            if os.name == "posix":  # a port that was let go of just now is free
                attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((plan.ip, port))
            except OSError:
                return port
    return None


def _environment(plan: Plan) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    # Its volumes and its filer take requests only with a token of this run: keys of S3 alone would not keep other
    # users of this computer from the files.
    tokens = {f"WEED_{name}_KEY": secrets.token_hex(32) for name in _JWT}
    places = {"HOME": str(plan.data_dir), "TMPDIR": str(plan.tmp_dir), "TMP": str(plan.tmp_dir)}
    return {**kept, **tokens, **places}


def _remove_sockets(plan: Plan) -> None:
    """weed puts these into /tmp whatever it is told, and a killed one leaves them there."""
    for service, (_, grpc) in plan.ports.items():
        path = Path(f"/tmp/seaweedfs-{service}-grpc-{grpc}.sock")  # noqa: S108  # its choice, not ours
        with contextlib.suppress(OSError):
            if path.is_socket():
                path.unlink()
