"""pytest fixtures around a real kernel on a temporary home, for Core's own tests and for authors of plugins.

Loaded by pytest through the entry point ``pytest11``, so imports stay inside: who uses none of it
pays nothing.
Needs pytest, and httpx2 for the client.
"""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from faceforge_core.kernel import Kernel
    from faceforge_sdk.models import Job, Plugin

    StartCore = Callable[..., "RunningCore"]

T = TypeVar("T")

HOST = "http://127.0.0.1:8787"


class RunningCore:
    """A started kernel and a client that shows its install token.

    The client speaks to the whole application, guard included, in this process and without a socket.
    """

    def __init__(self, kernel: Kernel, client: TestClient) -> None:
        self.kernel = kernel
        self.client = client

    @property
    def home(self) -> Path:
        """The home folder."""
        return self.kernel.home.root

    @property
    def token(self) -> str:
        """The install token."""
        return self.kernel.config.current.auth.install_token or ""

    def install_plugin(self, folder: Path) -> Plugin:
        """Copy a plugin's folder into the home and enable it; the test fails if it does not become active."""
        known = {plugin.plugin_id for plugin in self.kernel.plugins.list().items}
        shutil.copytree(
            folder, self.kernel.home.plugins_dir / folder.name, ignore=shutil.ignore_patterns("__pycache__")
        )
        found = [plugin for plugin in self.kernel.plugins.list().items if plugin.plugin_id not in known]
        if not found:
            pytest.fail(f"{folder} holds no usable plugin: {self.kernel.plugins.list().ignored}")
        plugin = self.kernel.plugins.enable(found[0].plugin_id)
        if plugin.state != "active":
            pytest.fail(f"{plugin.plugin_id} did not become active: {plugin.error}")
        return plugin

    def run_job(self, job_type: str, payload: dict[str, Any] | None = None, *, seconds: float = 30.0) -> Job:
        """Queue a job and wait for its end. Raises `TimeoutError`."""
        job = self.kernel.jobs.enqueue(job_type, payload or {})
        return self.wait_for(
            lambda: found if (found := self.kernel.jobs.get(job.job_id)).finished_at is not None else None,
            seconds=seconds,
        )

    def wait_for(self, condition: Callable[[], T | None], *, seconds: float = 30.0) -> T:
        """Wait until `condition` gives something true, and return that. Raises `TimeoutError`."""
        deadline = time.monotonic() + seconds
        while True:
            found = condition()
            if found:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"{condition} did not come true within {seconds:g} s.")
            time.sleep(0.02)


@pytest.fixture
def start_core(tmp_path: Path) -> Iterator[StartCore]:
    """Starts kernels: ``start_core(home, **environment)``; all are closed at the end of the test."""
    from starlette.testclient import TestClient

    from faceforge_core.app import create_app
    from faceforge_core.kernel import Kernel

    with ExitStack() as closing:

        def start(home: Path | None = None, **environment: str) -> RunningCore:
            kernel = closing.enter_context(Kernel(home or tmp_path / "home", environ=environment))
            client = closing.enter_context(TestClient(create_app(kernel), base_url=HOST, follow_redirects=False))
            core = RunningCore(kernel, client)
            client.headers["Authorization"] = f"Bearer {core.token}"
            return core

        yield start


@pytest.fixture
def faceforge(start_core: StartCore) -> RunningCore:
    """A kernel on a fresh home."""
    return start_core()


@pytest.fixture
def client(faceforge: RunningCore) -> TestClient:
    """An HTTP client of `faceforge` that shows the install token."""
    return faceforge.client


@pytest.fixture
def install_plugin(faceforge: RunningCore) -> Callable[[Path], Plugin]:
    """Installs and enables a plugin's folder: ``install_plugin(Path("my_plugin"))``."""
    return faceforge.install_plugin
