"""What tests of every part share: asking for what a machine may lack, and running code in a process of its own."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from argparse import Namespace
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import httpx
import pytest
from hypothesis import HealthCheck, settings

from faceforge_core.testing import PATIENCE

from .prepared import POSSIBLE, PreparedProcess, run_prepared
from .sharing import Sharing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_NOT_TESTED = "NOT TESTED: "
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")  # on a loaded machine any example may take seconds, and says nothing by it


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--share", metavar="FOLDER", help="take only the test files that no other run with the same folder has taken"
    )


def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(20_000)  # each test makes much that stays for a moment; usual are 700
    if folder := config.getoption("--share"):
        config.pluginmanager.register(Sharing(Path(folder)))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # What a shell starts in the background does not hear Ctrl-C, and the processes of tests would inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)


_ALONE = re.compile(r"/tests/load/")
"""Tests that measure time while they fill the machine themselves."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Who asks for nothing but the tests that run alone does not wait until all others are loaded."""
    if config.option.markexpr != "alone" or collection_path.suffix != ".py":
        return None
    marked = _ALONE.search(collection_path.as_posix()) or "mark.alone" in collection_path.read_text(encoding="utf-8")
    return None if marked else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _ALONE.search(item.path.as_posix()):
            item.add_marker(pytest.mark.alone)


def pytest_collection_finish() -> None:
    """The modules and items of all tests stay until the end: the collector need not walk over them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def cannot_run() -> Callable[[str], NoReturn]:
    """Ends a test that this machine cannot run: a skip, listed at the end, or a failure where nothing may miss."""

    def end(reason: str) -> NoReturn:
        if os.environ.get("FACEFORGE_REQUIRE_TOOLS") == "1":
            pytest.fail(f"{reason} (and FACEFORGE_REQUIRE_TOOLS=1)")
        pytest.skip(_NOT_TESTED + reason)

    return end


@pytest.fixture
def require_tool(cannot_run: Callable[[str], NoReturn]) -> Callable[[str], str]:
    """The path of a program the test needs, or the end of the test (see `cannot_run`)."""

    def find(name: str) -> str:
        return shutil.which(name) or cannot_run(f"{name} is not installed")

    return find


@pytest.fixture(scope="session")
def chromium() -> str | None:
    """The path of a browser, if there is one; the first kind has no window to draw, and takes a third of the time."""
    kinds = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, kinds)), None)


@pytest.fixture
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a piece of Python in a process of its own, under the given words of a command (`under`) if any."""

    def run(code: str, *arguments: object, under: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [*under, sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture(scope="session")
def put_database(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Puts a fresh database at the present schema in a place: a copy, which takes less time than making one."""
    from faceforge_core.db.migrate import migrate

    made = tmp_path_factory.mktemp("schema") / "core.sqlite3"
    migrate(made, made.parent / "backups")

    def put(path: Path) -> None:
        shutil.copyfile(made, path)

    return put


class CoreProcess:
    """A real Core in a process of its own; ended by its process id.

    Usually it is a prepared one; with `cold`, `under` another command, or as another `program`, a Python starts with
    nothing.
    """

    def __init__(
        self,
        home: Path,
        environment: dict[str, str],
        under: tuple[str, ...] = (),
        program: tuple[str, ...] = (),
        *,
        cold: bool = False,
    ) -> None:
        self.home = home
        self._clients: list[httpx.Client] = []
        environ = {**os.environ, "FACEFORGE_HOME": str(home), "FACEFORGE_PORT": "0", **environment}
        self.process: subprocess.Popen[str] | PreparedProcess
        if POSSIBLE and not (cold or under or program):
            self.process = PreparedProcess("faceforge_core", (), environ)
            return
        command = [*under, *(program or (sys.executable, "-m", "faceforge_core"))]
        self.process = subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    @property
    def pid(self) -> int:
        """The process that serves; under another command that is its child."""
        return int(json.loads((self.home / "core.lock.json").read_text())["pid"])

    @property
    def url(self) -> str:
        """Where it answers."""
        port = int(json.loads((self.home / "core.lock.json").read_text())["port"])
        return f"http://127.0.0.1:{port}"

    @property
    def token(self) -> str:
        """The install token."""
        return str(json.loads((self.home / "config" / "core.json").read_text())["auth"]["install_token"])

    def client(self, **options: Any) -> httpx.Client:
        """A client that shows the token; closed with the process."""
        headers = {"Authorization": f"Bearer {self.token}"}
        usual = {"timeout": PATIENCE, "verify": False}  # there is no TLS, and what it needs takes long to read
        client = httpx.Client(base_url=self.url, headers=headers, **{**usual, **options})
        self._clients.append(client)
        return client

    def wait_until_healthy(self, seconds: float = 2 * PATIENCE) -> CoreProcess:
        """Wait for the first answer; fails with what the process printed if it ends before."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                httpx.get(f"{self.url}/healthz", timeout=10, verify=False).raise_for_status()
            except (OSError, KeyError, TypeError, ValueError, httpx.HTTPError):
                if self.process.poll() is not None:
                    pytest.fail(f"Core ended with {self.process.returncode}: {self.output()}")
                if time.monotonic() > deadline:
                    self.kill()
                    pytest.fail(f"Core does not answer after {seconds} s: {self.output()}")
                time.sleep(0.05)
            else:
                return self

    def output(self) -> str:
        """What it printed; only once it has ended."""
        return self.process.stdout.read() if self.process.stdout else ""

    def kill(self) -> None:
        """End it at once, as a crash does."""
        if self.process.poll() is None:
            with contextlib.suppress(OSError, ValueError, KeyError):
                os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            self.process.kill()
        self.process.wait(PATIENCE)

    def close(self) -> None:
        """End it, and let go of everything this test held of it."""
        self.kill()
        for client in self._clients:
            client.close()
        if self.process.stdout:
            self.process.stdout.close()

    def stop(self) -> int:
        """End it as a user does; returns its exit code."""
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
        return self.process.wait(PATIENCE)


@pytest.fixture
def start_process(tmp_path: Path) -> Iterator[Callable[..., CoreProcess]]:
    """Starts real Cores: ``start_process(home, under=("strace", …), wait=True, cold=False, **environment)``."""
    started: list[CoreProcess] = []

    def start(
        home: Path | None = None,
        *,
        under: tuple[str, ...] = (),
        wait: bool = True,
        cold: bool = False,
        **environment: str,
    ) -> CoreProcess:
        core = CoreProcess(home or tmp_path / "home", environment, under, cold=cold)
        started.append(core)
        return core.wait_until_healthy() if wait else core

    yield start
    for core in started:
        core.close()


@pytest.fixture(scope="session")
def core_process() -> type[CoreProcess]:
    """For fixtures that share one Core among several tests, and close it themselves."""
    return CoreProcess


@pytest.fixture(scope="session")
def run_module() -> Callable[..., subprocess.CompletedProcess[str]]:
    """As `subprocess.run`, for ``python -m …``: in a prepared process, where there are any."""
    return run_prepared if POSSIBLE else subprocess.run


@pytest.fixture(scope="session")
def authors_pytest() -> Mapping[str, str]:
    """For the environment of a pytest that authors run: of its plugins they have Core's.

    Those of our own tests would take longer to load than all that such a run does.
    """
    others = {point.name for point in entry_points(group="pytest11")} - {"faceforge"}
    return {"PYTEST_ADDOPTS": " ".join(f"-p no:{name}" for name in sorted(others))}


@pytest.fixture
def prepared_trials(run_module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``faceforge plugins check`` starts for a plugin is a prepared process, too."""
    from faceforge_core.cli.plugin_checks import trial

    monkeypatch.setattr(trial, "subprocess", Namespace(run=run_module, TimeoutExpired=subprocess.TimeoutExpired))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("skipped"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if _NOT_TESTED in reason:
            terminalreporter.write_line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}", yellow=True)
