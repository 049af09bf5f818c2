"""pytest fixtures around a real kernel on a temporary home, for Core's own tests and for authors of plugins.

``pip install faceforge-core[testing]`` brings them along, with pytest and httpx2; pytest finds them by itself::

    def test_the_greeting_names_the_entity(install_plugin, ff, client):
        install_plugin(Path("my_plugin"))
        ada = ff.entities.create(display_name="Ada")
        answer = client.get(f"/v1/plugins/my.plugin/greetings/{ada.entity_id}")
        assert answer.json()["data"] == "Hello, Ada!"

- `faceforge`: a started Core, as a `RunningCore`
- `ff`: the SDK's client of it (`faceforge_sdk.client`), in this process
- `client`: a bare HTTP client of it, for routes and pages of one's own
- `install_plugin`: copies a plugin's folder into its home and enables it
- `run_job`: queues a job and waits for its end
- `start_core`: starts further Cores, or one with an environment of its own

`wait_for` waits for what another thread or program does soon.

Loaded by pytest through the entry point ``pytest11``, so imports stay inside: who uses none of it pays nothing.
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from starlette.testclient import TestClient

    from faceforge_core.kernel import Kernel
    from faceforge_sdk.client import FaceForge
    from faceforge_sdk.models import Job, Plugin

    StartCore = Callable[..., "RunningCore"]

T = TypeVar("T")

PATIENCE = 60.0
"""For how many seconds is waited for what comes within one, unless the machine is busy with other things."""

HOST = "http://127.0.0.1:8787"
"""The address that `RunningCore.client` speaks to; nothing has to listen there."""


class RunningCore:
    """A started kernel, and a client that shows its install token.

    The client speaks to the whole application, guard included, in this process and without a socket; `ff` is the SDK's
    client, through it.
    """

    def __init__(self, kernel: Kernel, client: TestClient, closing: ExitStack) -> None:
        from faceforge_sdk.client import FaceForge

        self.kernel = kernel
        self.client = client
        self.ff: FaceForge = FaceForge(http=client)
        self._closing = closing
        self._address: str | None = None
        client.headers["Authorization"] = f"Bearer {self.token}"

    @property
    def home(self) -> Path:
        """The home folder."""
        return self.kernel.home.root

    @property
    def token(self) -> str:
        """The install token."""
        return self.kernel.config.current.auth.install_token or ""

    @property
    def address(self) -> str:
        """Where a real server answers for this Core, from the first time on that somebody asks.

        For what `client` can't show: streams, browsers, programs of their own, ``FaceForge.of_home(core.home)``.
        """
        if self._address is None:
            self._address = self._closing.enter_context(_served(self.kernel))
        return self._address

    def install_plugin(self, folder: Path) -> Plugin:
        """Install a plugin's folder as ``faceforge plugins install`` does, and enable it; the test fails if it is not
        active then.
        """
        from faceforge_sdk.errors import FaceForgeError

        try:
            found = self.kernel.plugins.install(folder, folder.name).plugin
        except FaceForgeError as error:
            pytest.fail(f"{folder} holds no usable plugin: {error}")
        plugin = self.kernel.plugins.enable(found.plugin_id)
        if plugin.state != "active":
            pytest.fail(f"{plugin.plugin_id} did not become active: {plugin.error}")
        return plugin

    def run_job(self, job_type: str, payload: dict[str, Any] | None = None, *, seconds: float = PATIENCE) -> Job:
        """Queue a job and wait for its end, however it ends. Raises `TimeoutError`."""
        job = self.kernel.jobs.enqueue(job_type, payload or {})
        return self.wait_for(
            lambda: found if (found := self.kernel.jobs.get(job.job_id)).finished_at is not None else None,
            seconds=seconds,
        )

    def settle(self, *, seconds: float = PATIENCE) -> None:
        """Wait until every event is handled and no job runs: files that came in are read, thumbnails are made.

        Jobs whose plugin is disabled are not waited for. Raises `TimeoutError`.
        """
        self.wait_for(self.kernel.idle, seconds=seconds)

    def page(self, path: str, *, language: str = "en") -> str:
        """The HTML of a page as a browser of that language gets it; the test fails if there is none.

        ``page(f"/ui/entities/{entity_id}?tab=my.panel")`` is an entity with a panel open.
        """
        answer = self.client.get(path, headers={"Accept": "text/html", "Accept-Language": language})
        if answer.status_code != 200:
            pytest.fail(f"{path} was answered with {answer.status_code}: {answer.text[:500]}")
        return answer.text

    def wait_for(self, condition: Callable[[], T | None], *, seconds: float = PATIENCE) -> T:
        """Wait until `condition` gives something true, and return that. Raises `TimeoutError`."""
        return wait_for(condition, seconds=seconds)


def wait_for(condition: Callable[[], T | None], *, seconds: float = PATIENCE) -> T:
    """Wait until `condition` gives something true, and return that; it is asked on this thread, time and again.

    The time is for a machine that is busy with other things: nothing waits longer than until it comes true. Raises
    `TimeoutError`.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{condition} did not come true within {seconds:g} s.")
        time.sleep(0.01)


@contextmanager
def running_core(
    home: Path, environ: Mapping[str, str] | None = None, *, raise_server_exceptions: bool = True
) -> Iterator[RunningCore]:
    """A Core on `home` for as long as a ``with`` lasts: for fixtures of a wider scope than one test.

    It sees no other environment than `environ`. Without `raise_server_exceptions` a bug in a route is answered with
    500, as by the real server, instead of failing the test with its traceback.
    """
    from starlette.testclient import TestClient

    from faceforge_core.app import create_app
    from faceforge_core.kernel import Kernel

    with ExitStack() as closing:
        kernel = closing.enter_context(Kernel(home, environ=environ or {}))
        client = TestClient(
            create_app(kernel),
            base_url=HOST,
            follow_redirects=False,
            raise_server_exceptions=raise_server_exceptions,
        )
        yield RunningCore(kernel, closing.enter_context(client), closing)


@contextmanager
def _served(kernel: Kernel) -> Iterator[str]:
    """A server on a free port of this computer, on a thread."""
    from faceforge_core.app import create_app, server_of

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
        server = server_of(create_app(kernel), kernel.end_streams)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="testing-server")
        thread.start()
        kernel.lock.publish(port)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def _new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a home that is new: making one takes a tenth of a start, copying it nothing."""
    from faceforge_core.db.migrate import migrate

    made = tmp_path_factory.mktemp("faceforge") / "core.sqlite3"
    migrate(made, made.parent / "backups")
    return made


@pytest.fixture
def start_core(tmp_path: Path, _new_database: Path) -> Iterator[StartCore]:
    """Starts Cores: ``start_core(home, **environment)``; all are closed at the end of the test."""
    from faceforge_core.home import Home

    with ExitStack() as closing:

        def start(home: Path | None = None, **environment: str) -> RunningCore:
            home = home or tmp_path / "home"
            database = Home.at(home).database
            if home.parent.is_dir() and not home.exists():
                database.parent.mkdir(mode=0o700, parents=True)
                shutil.copyfile(_new_database, database)
            return closing.enter_context(running_core(home, environment))

        yield start


@pytest.fixture
def faceforge(start_core: StartCore) -> RunningCore:
    """A Core on a fresh home."""
    return start_core()


@pytest.fixture
def ff(faceforge: RunningCore) -> FaceForge:
    """The SDK's client of `faceforge`, with the install token."""
    return faceforge.ff


@pytest.fixture
def client(faceforge: RunningCore) -> TestClient:
    """An HTTP client of `faceforge` that shows the install token."""
    return faceforge.client


@pytest.fixture
def install_plugin(faceforge: RunningCore) -> Callable[[Path], Plugin]:
    """Installs and enables a plugin's folder: ``install_plugin(Path("my_plugin"))``."""
    return faceforge.install_plugin


@pytest.fixture
def run_job(faceforge: RunningCore) -> Callable[..., Job]:
    """Queues a job and waits for its end: ``run_job("my.job", {"number": 1})``."""
    return faceforge.run_job
