"""Other programs that serve beside Core: bare ASGI apps, nginx; each on a port of its own until it is ended."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
_WITHIN = 60.0


def free_port() -> int:
    """A port that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A program that listens on `port`."""

    def __init__(self, command: list[str], port: int, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.port = port
        with (folder / f"served-{port}.log").open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _WITHIN
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = (folder / f"served-{port}.log").read_text(errors="replace")
                raise RuntimeError(f"{Path(command[0]).name} does not serve: {said[-500:]}")
            time.sleep(0.05)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it."""
        end(self.process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and wait; one that does not listen is killed."""
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def asgi(name: str, folder: Path) -> Served:
    """One of `benchmarks.asgi_limits` under uvicorn, as Core runs."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"benchmarks.asgi_limits:{name}", "--port", str(port)]
    options = ["--log-level", "error", "--no-access-log", "--lifespan", "off"]
    return Served([*command, *options], port, folder, {"BENCHMARK_FOLDER": str(folder)})


def nginx(folder: Path) -> Served:
    """nginx with sendfile and without TLS, for the files of a folder."""
    port = free_port()
    config = folder / "nginx.conf"
    user = "user root;\n" if hasattr(os, "getuid") and os.getuid() == 0 else ""
    config.write_text(
        f"{user}worker_processes 1;\ndaemon off;\npid {folder}/nginx.pid;\nerror_log stderr crit;\n"
        "events { worker_connections 64; }\n"
        "http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    return Served([program("nginx"), "-c", str(config), "-p", str(folder)], port, folder)


def program(name: str) -> str:
    """Where a program is, beside this Python or on the system's path; empty if it is not installed."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"))
    return shutil.which(name, path=path) or ""
