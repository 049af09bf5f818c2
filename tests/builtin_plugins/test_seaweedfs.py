"""The managed SeaweedFS: found, started with keys and for this computer only, watched, and gone when Core is."""

from __future__ import annotations

import json
import logging
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from pydantic import ValidationError

from faceforge_builtins.seaweedfs.identity import ensure_keys, read_keys
from faceforge_builtins.seaweedfs.output import keep_output
from faceforge_builtins.seaweedfs.plan import Plan, SeaweedSettings
from faceforge_builtins.seaweedfs.server import ManagedServer, Timing
from faceforge_core.testing import wait_for
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.models import SystemInfo, SystemPaths
from faceforge_sdk.protocols import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="/proc and PR_SET_PDEATHSIG")
QUICK = Timing(first_pause=0.2, longest_pause=0.4, look_every=0.05, check_every=0.2, give_up_starting=60)


class HomeOnly:
    """The `System` of a home that no Core runs on."""

    def __init__(self, root: Path, s3_port: int | None = None) -> None:
        self.root = root
        self.s3_port = s3_port

    def info(self) -> SystemInfo:
        names = [*SystemPaths.model_fields]
        for name in names:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        paths = SystemPaths.model_validate({name: str(self.root / name) for name in names})
        return SystemInfo(
            version="0", faceforge_home=str(self.root), paths=paths, api_version=1, safe_mode=False, warnings=[]
        )

    def network(self) -> Network:
        return Network("127.0.0.1", self.s3_port)


def plan(root: Path, homes_port: int | None = None, **settings: Any) -> Plan:
    return Plan.of(SeaweedSettings.model_validate(settings), HomeOnly(root, homes_port))


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# --- What is decided before anything runs


def test_the_program_is_looked_for_in_the_tools_folder_only_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    name = "weed.exe" if sys.platform == "win32" else "weed"
    places = [tools / "seaweed" / name, tools / "seaweedfs" / name, tools / name, tools / "own"]
    elsewhere = tmp_path / "elsewhere" / name
    elsewhere.parent.mkdir()
    monkeypatch.setenv("PATH", str(elsewhere.parent))
    for place in [elsewhere, *places]:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("#!/bin/sh\n")
        place.chmod(0o700)
        expected = None if place == elsewhere else place
        wish = "own" if place.name == "own" else None
        assert plan(tmp_path, weed_path=wish).binary() == expected
    assert plan(tmp_path, weed_path=str(elsewhere)).binary() == elsewhere
    assert plan(tmp_path, weed_path="not there").binary() is None
    places[3].chmod(0o600)
    assert plan(tmp_path, weed_path="own").binary() is None or sys.platform == "win32"


def test_the_s3_port_is_its_own_else_the_homes_else_8333(tmp_path: Path) -> None:
    assert plan(tmp_path, 9000, s3_port=9001).url == "http://127.0.0.1:9001"
    assert plan(tmp_path, 9000).url == "http://127.0.0.1:9000"
    assert plan(tmp_path).url == "http://127.0.0.1:8333"


def test_grpc_stands_ten_thousand_above_and_below_where_no_port_is_left(tmp_path: Path) -> None:
    assert plan(tmp_path, s3_port=60000, master_port=1234).ports["s3"] == (60000, 50000)
    assert plan(tmp_path, s3_port=60000, master_port=1234).ports["master"] == (1234, 11234)


def test_two_services_on_one_port_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"port 8080 twice: volume; and s3"):
        plan(tmp_path, s3_port=8080)
    with pytest.raises(InvalidInput, match=r"port 18080 twice"):
        plan(tmp_path, s3_port=18080)


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.5", "::", "example.test", "127.0.0.1.example"])
def test_s12_only_this_computer_may_reach_it(address: str) -> None:
    with pytest.raises(ValidationError, match="this computer only"):
        SeaweedSettings(ip=address)


def test_s12_the_command_line_is_the_contracts_with_keys_and_without_all_that_is_not_needed(tmp_path: Path) -> None:
    arguments = list(plan(tmp_path, data_dir="elsewhere", ip="localhost").arguments())
    assert arguments[arguments.index("server") :][:4] == [
        "server",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-dir={tmp_path / 'elsewhere'}",
    ]
    for wanted in ("-master.port=9333", "-volume.port=8080", "-filer.port=8888", "-s3", "-s3.port=8333"):
        assert wanted in arguments
    assert f"-s3.config={tmp_path / 'config_dir' / 'seaweed_s3.json'}" in arguments
    for off in ("-master.telemetry=false", "-webdav=false", "-iam=false", "-metricsPort=0", "-s3.port.iceberg=0"):
        assert off in arguments
    assert f"-dir={tmp_path / 's3_dir' / 'seaweedfs'}" in plan(tmp_path).arguments()


def test_s12_the_keys_are_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "seaweed_s3.json"
    keys = ensure_keys(path)
    assert len(keys.secret_key) >= 40
    assert keys.secret_key not in repr(keys)
    assert ensure_keys(path) == keys == read_keys(path)
    if os.name == "posix":
        path.chmod(0o644)
        ensure_keys(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("{}")
    assert read_keys(path) is None
    assert ensure_keys(path) != keys


def test_what_it_says_is_kept_without_keys_and_in_bounds(tmp_path: Path) -> None:
    said, kept = tmp_path / "said", tmp_path / "weed.log"
    said.write_bytes(b"key=SECRET\n" + b"".join(b"line %04d\n" % number for number in range(300)))
    with said.open("rb") as lines:
        keep_output(lines, kept, ["SECRET"], max_bytes=1000)
    older = kept.with_name("weed.log.1")
    assert kept.read_bytes().endswith(b"line 0299\n")
    assert kept.stat().st_size <= 1000
    assert older.stat().st_size <= 1000
    with said.open("rb") as lines:
        keep_output(lines, tmp_path / "whole", ["SECRET"])
    assert (tmp_path / "whole").read_bytes().startswith(b"key=***\nline 0000\n")


def test_the_schema_knows_the_same_settings() -> None:
    manifest = json.loads((files("faceforge_builtins.seaweedfs") / "plugin.json").read_text(encoding="utf-8"))
    schema = manifest["config_schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(SeaweedSettings().model_dump(), schema)
    assert set(schema["properties"]) == set(SeaweedSettings.model_fields)


# --- What runs


@pytest.fixture
def real(tmp_path: Path, weed_binary: Path, find_free_ports: Callable[[int], list[int]]) -> Plan:
    """A plan for the real program on free ports."""
    ports = find_free_ports(8)
    names = ("master", "volume", "filer", "s3")
    pairs = {name: (ports[index], ports[index + 4]) for index, name in enumerate(names)}
    return replace(plan(tmp_path / "home", weed_path=str(weed_binary)), ports=pairs)


@pytest.fixture
def server(real: Plan) -> Iterator[ManagedServer]:
    server = ManagedServer(real, logging.getLogger("seaweedfs"), QUICK)
    with server.running():
        wait_for(server.is_ready)
        yield server


@pytest.mark.slow
def test_s11_it_is_started_again_after_it_was_killed_and_is_gone_at_the_end(
    real: Plan, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = ManagedServer(real, logging.getLogger("seaweedfs"), QUICK)
    with server.running():
        assert not server.is_ready()
        wait_for(server.is_ready)
        first = server.pid
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: not server.is_ready())
        wait_for(server.is_ready)
        second = server.pid
        assert second != first
        started = time.monotonic()
    assert time.monotonic() - started < 30
    assert not runs(second)
    assert not real.pid_file.exists()
    assert caplog.text.count("does not run") == 1
    assert caplog.text.count("answers at") == 2
    assert "Start Seaweed" in real.log_file.read_text()
    assert not [path for path in Path("/tmp").glob("seaweedfs-*") if str(real.ports["s3"][1]) in path.name]


def test_s12_it_answers_its_keys_and_nobody_else_and_listens_on_this_computer_only(
    server: ManagedServer, real: Plan
) -> None:
    import boto3
    import httpx

    client = boto3.client(
        "s3",
        endpoint_url=real.url,
        region_name="us-east-1",
        aws_access_key_id=server.keys.access_key,
        aws_secret_access_key=server.keys.secret_key,
    )
    client.create_bucket(Bucket="mine")
    client.put_object(Bucket="mine", Key="a", Body=b"bytes" * 100_000)
    assert client.get_object(Bucket="mine", Key="a")["Body"].read() == b"bytes" * 100_000
    assert httpx.get(f"{real.url}/mine/a", timeout=60).status_code == 403
    with suppress(httpx.HTTPError):  # switched off: no answer is right too
        address = f"http://127.0.0.1:{real.ports['filer'][0]}/buckets/mine/a"
        assert httpx.get(address, timeout=60).status_code in {401, 403, 404}
    volume = f"http://127.0.0.1:{real.ports['volume'][0]}"
    assert httpx.post(f"{volume}/1,0123456789", files={"file": b"x"}, timeout=60).status_code == 401
    assert listening_addresses(server.pid or 0) == {"0100007F"}
    log = real.log_file.read_text()
    assert server.keys.secret_key not in log
    assert server.keys.access_key not in log


def listening_addresses(pid: int) -> set[str]:
    """The IPv4 and IPv6 addresses, as the kernel writes them, on which a process listens."""
    if sys.platform != "linux":
        return {"0100007F"}
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            inodes.add(descriptor.readlink().name)
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A" and f"socket:[{rest[5]}]" in inodes:
                found.add(local.partition(":")[0])
    return found


def test_s11_without_the_program_one_warning_and_it_is_used_once_it_is_there(
    real: Plan, weed_binary: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = ManagedServer(replace(real, weed_path=None), logging.getLogger("seaweedfs"), QUICK)
    with server.running():
        wait_for(lambda: "there is no program" in caplog.text)
        time.sleep(1.0)
        assert caplog.text.count("there is no program") == 1
        assert not server.is_ready()
        real.tools_dir.mkdir(parents=True)
        (real.tools_dir / weed_binary.name).symlink_to(weed_binary)
        wait_for(server.is_ready)


def test_s11_a_port_that_is_taken_is_named_and_waited_for(real: Plan, caplog: pytest.LogCaptureFixture) -> None:
    import socket

    port = real.ports["filer"][1]
    server = ManagedServer(real, logging.getLogger("seaweedfs"), QUICK)
    with socket.create_server(("127.0.0.1", port)), server.running():
        wait_for(lambda: f"port {port} is in use" in caplog.text)
        time.sleep(1.0)
    assert caplog.text.count("is in use") == 1
    assert server.pid is None


def test_s11_data_that_are_gone_are_not_begun_anew_unasked(real: Plan, caplog: pytest.LogCaptureFixture) -> None:
    """S11: the disk with the data may not be mounted: then every file would look lost, and new ones go astray."""
    ensure_keys(real.identity_file)  # it ran before
    server = ManagedServer(real, logging.getLogger("seaweedfs"), QUICK)
    with server.running():
        wait_for(lambda: "is a disk not mounted?" in caplog.text)
        assert not real.data_dir.exists()
        real.data_dir.mkdir()
        wait_for(server.is_ready)


@pytest.mark.skipif(os.name != "posix", reason="a script as the program")
def test_s11_a_program_that_never_answers_is_ended_and_tried_again(
    real: Plan, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    script = tmp_path / "sleeper"
    script.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/pids\nexec sleep 1000\n")
    script.chmod(0o700)
    timing = replace(QUICK, give_up_starting=0.5)
    server = ManagedServer(replace(real, weed_path=str(script)), logging.getLogger("seaweedfs"), timing)
    pids = tmp_path / "pids"
    with server.running():
        wait_for(lambda: pids.exists() and len(pids.read_text().split()) >= 2)
    assert "does not answer after" in caplog.text
    wait_for(lambda: not any(runs(int(pid)) for pid in pids.read_text().split()))


CORE = """
import logging, pickle, sys, time
from faceforge_builtins.seaweedfs.server import ManagedServer
plan = pickle.load(open(sys.argv[1], "rb"))
with ManagedServer(plan, logging.getLogger("x")).running() as _:
    time.sleep(1000)
"""


@pytest.fixture
def stand_in(real: Plan, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that manages a `sleep` in the place of weed, which says its process id."""
    import pickle

    script = tmp_path / "sleeper"
    script.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 1000\n")
    script.chmod(0o700)
    (tmp_path / "plan").write_bytes(pickle.dumps(replace(real, weed_path=str(script))))
    process = subprocess.Popen([sys.executable, "-c", CORE, str(tmp_path / "plan")])
    yield process
    process.kill()
    process.wait(60)


@LINUX
def test_s11_it_dies_with_a_core_that_is_killed(stand_in: subprocess.Popen[bytes], tmp_path: Path) -> None:
    pid = int(wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text()))
    assert runs(pid)

    stand_in.kill()

    wait_for(lambda: not runs(pid))


@LINUX
def test_s11_one_that_outlived_its_core_is_ended_by_the_next_start(real: Plan, tmp_path: Path) -> None:
    """S11: where the system does not end orphans: the note in tmp/ tells, and what is not provably ours is left."""
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", f"-dir={real.data_dir}"])
    foreign = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", "-dir=/another"])
    from faceforge_builtins.seaweedfs.leftover import end_leftover, note

    log = logging.getLogger("seaweedfs")
    try:
        note(real, foreign.pid)
        end_leftover(real, log)
        assert foreign.poll() is None

        note(real, left.pid)
        said = json.loads(real.pid_file.read_text())
        real.pid_file.write_text(json.dumps({**said, "started": "another time"}))
        end_leftover(real, log)
        assert left.poll() is None

        note(real, left.pid)
        end_leftover(real, log)
        assert left.wait(60) == -signal.SIGKILL
        assert not real.pid_file.exists()
        end_leftover(real, log)
    finally:
        for process in (left, foreign):
            process.kill()
            process.wait(60)


@pytest.mark.skipif(os.name != "posix", reason="sleep")
def test_s11_where_the_system_ends_no_orphans_a_guardian_does(tmp_path: Path) -> None:
    code = "import sys; from faceforge_sdk.guardian import watch; watch(sys.argv[1:])"
    script = tmp_path / "sleeper"
    script.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 1000\n")
    script.chmod(0o700)
    watching = subprocess.Popen([sys.executable, "-c", code, str(script)], stdin=subprocess.PIPE)
    pid = int(wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text()))
    assert watching.stdin is not None

    watching.stdin.close()  # as it is when Core is gone

    watching.wait(60)
    wait_for(lambda: not runs(pid))


# --- The owner's helper


def cli(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "faceforge_core.internal.seaweedfs_cli", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment}
    )


@pytest.fixture
def configured(tmp_path: Path, real: Plan) -> Path:
    """A home whose core.json says the ports of `real`."""
    home = tmp_path / "cli"
    (home / "config").mkdir(parents=True)
    ports = {f"{name}_port": pair[0] for name, pair in real.ports.items()}
    settings = {"seaweed": {**ports, "weed_path": real.weed_path}}
    (home / "config" / "core.json").write_text(json.dumps(settings))
    return home


def test_the_cli_says_that_nothing_answers(configured: Path, real: Plan) -> None:
    answer = cli("--home", configured, "--health")
    assert (answer.stdout, answer.returncode) == (f"endpoint={real.url}\nhealthy=False\n", 1), answer.stderr


def test_the_cli_runs_it_until_it_is_stopped_and_finds_it_healthy(configured: Path, real: Plan) -> None:
    command = [sys.executable, "-m", "faceforge_core.internal.seaweedfs_cli", "--home", str(configured), "--run"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        healthy = wait_for(
            lambda: answer if (answer := cli("--home", configured, "--health")).returncode == 0 else None
        )
        assert healthy.stdout == f"endpoint={real.url}\nhealthy=True\n"
        again = cli("--home", configured, "--run")
        assert again.returncode == 1
        assert "in use" in again.stderr
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    finally:
        running.kill()
        running.wait(60)
    assert cli("--home", configured, "--health").returncode == 1


def test_the_cli_ends_with_2_where_there_is_no_program(tmp_path: Path) -> None:
    answer = cli("--home", tmp_path / "empty", "--run")
    assert answer.returncode == 2
    assert "tools" in answer.stderr


def test_the_cli_asks_the_configured_server_where_core_runs_none(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    s3 = {"endpoint_url": "http://127.0.0.1:9", "access_key": "a", "secret_key": "b"}
    (tmp_path / "config" / "core.json").write_text(json.dumps({"storage": {"s3": s3}}))
    assert cli("--home", tmp_path, "--health").stdout == "endpoint=http://127.0.0.1:9\nhealthy=False\n"


def test_the_cli_names_what_is_wrong_with_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "core.json").write_text(json.dumps({"seaweed": {"ip": "0.0.0.0"}}))
    answer = cli("--home", tmp_path, "--health")
    assert answer.returncode == 1
    assert "this computer only" in answer.stderr
