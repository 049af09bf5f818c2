"""A real Core in a process of its own, as a side of a contest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Self

from . import machine
from .servers import end
from .wire import Connection, request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "FaceForge"
LOOK_EVERY = 0.05
"""Whoever asks a hundred times a second how far a job is takes a tenth of the one interpreter that does it."""
_WITHIN = 120.0


def environment(home: Path) -> dict[str, str]:
    """That of a Core which no variable leads elsewhere, and which may keep its bytecode as installed ones do."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("FACEFORGE_")}
    ours.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**ours, "FACEFORGE_HOME": str(home), "FACEFORGE_PORT": "0"}


class Core:
    """Runs on `home` from the constructor on; `started` is how many seconds the first answer took."""

    def __init__(self, home: Path, config: dict[str, Any] | None = None) -> None:
        if config is not None:
            (home / "config").mkdir(parents=True, exist_ok=True)
            (home / "config" / "core.json").write_text(json.dumps(config))
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self._lock = home / "core.lock.json"
        self._lock.unlink(missing_ok=True)
        began = time.perf_counter()
        with (home / "core.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "faceforge_core"], env=environment(home), stdout=log, stderr=log
            )
        try:
            self.port = self._wait_for_port()
            with Connection(self.port) as connection:
                connection.ask(request("GET", "/healthz"))
        except BaseException:
            end(self.process)
            raise
        self.started = time.perf_counter() - began
        self.token = str(json.loads((home / "config" / "core.json").read_text())["auth"]["install_token"])

    @property
    def pid(self) -> int:
        """Of its process."""
        return self.process.pid

    def _wait_for_port(self) -> int:
        deadline = time.monotonic() + _WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                port = json.loads(self._lock.read_text()).get("port")
            except (OSError, ValueError):
                port = None
            if port:
                return int(port)
            time.sleep(0.005)
        said = (self.home / "core.log").read_text(errors="replace")
        raise RuntimeError(f"Core does not start: {said[-500:]}")

    def message(self, method: str, path: str, body: Any = None) -> bytes:
        """A request with its token."""
        return request(method, path, self.token, b"" if body is None else json.dumps(body).encode())

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The data of an answer. Raises `RuntimeError` for a refusal."""
        with Connection(self.port) as connection:  # one that is kept is closed after seconds of silence
            return json.loads(connection.ask(self.message(method, path, body)))["data"]

    def all(self, path: str) -> Iterator[Any]:
        """The items of a list, page by page."""
        cursor = ""
        while True:
            page = self.ask("GET", f"{path}?limit=200{cursor and f'&cursor={cursor}'}")
            yield from page["items"]
            if not page["next_cursor"]:
                return
            cursor = page["next_cursor"]

    def job(self, path: str, body: Any) -> tuple[float, Any]:
        """Seconds until a job succeeded, and its result. Raises `RuntimeError` if it did not."""
        began = time.perf_counter()
        job = self.ask("POST", path, body)
        while job["status"] in {"queued", "running"}:
            time.sleep(LOOK_EVERY)
            job = self.ask("GET", f"/v1/jobs/{job['job_id']}")
        if job["status"] != "succeeded":
            raise RuntimeError(job)
        return time.perf_counter() - began, job["result"]

    def calm_down(self) -> None:
        """Wait until it does nothing any more."""
        machine.calm_down(self.pid)

    def stop(self) -> None:
        """End it, as a user does."""
        end(self.process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
