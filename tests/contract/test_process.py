"""Core as a process: starts, refusals with their exit codes, stops, crashes, and a home that goes away under it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.testing import running_core, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="an open file can't be removed on Windows")


@pytest.fixture
def start_in_vain(run_module: Callable[..., Any]) -> Callable[..., tuple[int, str]]:
    """Starts Core on a home where it must not run; gives exit code and what it said on stderr."""

    def start(home: Path, *, cold: bool = False, **environment: str) -> tuple[int, str]:
        environ = {**os.environ, "FACEFORGE_HOME": str(home), "FACEFORGE_PORT": "0", **environment}
        command = [sys.executable, "-m", "faceforge_core"]
        run = subprocess.run if cold else run_module
        done = run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    return start


@pytest.fixture
def stopped_home(api_of, tmp_path: Path) -> Path:
    """A home with an entity and an asset, at rest."""
    with running_core(tmp_path / "stopped") as core:
        api = api_of(core.client)
        api.entity("Ada")
        api.upload(b"bytes")
        return core.home


def snapshot(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


# --- Starting and stopping


def test_it_serves_within_seconds_and_a_stop_signal_ends_it_with_0(start_process) -> None:
    core = start_process(cold=True)
    address, began = f"{core.url}/ui\n", time.monotonic()
    assert core.stop() == 0
    assert time.monotonic() - began < 60
    output = core.output()
    assert f"{core.home}" in output
    assert address in output
    assert "Traceback" not in output


def test_a_request_under_way_is_answered_before_the_end(start_process) -> None:
    core = start_process()
    host, port = "127.0.0.1", int(core.url.rpartition(":")[2])
    with socket.create_connection((host, port), timeout=60) as connection:
        head = (
            f"POST /v1/entities HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {core.token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 24\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(head.encode() + b'{"display_name"')
        core.process.terminate()
        connection.sendall(b': "last"}')
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert core.process.wait(60) == 0


HANGS = """
import time
from pathlib import Path
from fastapi import APIRouter
from faceforge_sdk import Router, hookimpl

router = APIRouter()

@router.get("/hang")
def hang():
    Path(__file__).with_name("entered").touch()
    time.sleep(120)

@hookimpl
def register_routers():
    return [Router(router)]
"""


def test_a_stop_signal_ends_it_with_0_although_a_plugin_s_route_hangs(start_process, api_of, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "plugins" / "hangs"
    folder.mkdir(parents=True)
    manifest = {"id": "hangs", "name": "Hangs", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(HANGS)
    core = start_process(tmp_path / "home")
    assert api_of(core.client()).data("POST", "/v1/plugins/hangs/enable")["state"] == "active"
    host, port = "127.0.0.1", int(core.url.rpartition(":")[2])
    with socket.create_connection((host, port), timeout=60) as connection:
        request = (
            f"GET /v1/plugins/hangs/hang HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {core.token}\r\n\r\n"
        )
        connection.sendall(request.encode())
        wait_for((folder / "entered").exists)
        core.process.terminate()
        assert core.process.wait(60) == 0


def test_stored_things_are_there_after_a_restart(start_process, stopped_home: Path, api_of) -> None:
    api = api_of(start_process(stopped_home).client())
    assert api.names() == ["Ada"]
    (asset,) = api.data("GET", "/v1/assets")["items"]
    assert api.ask("GET", f"/v1/assets/{asset['asset_id']}/download").content == b"bytes"


def test_c01_a_second_core_on_the_home_exits_4_naming_the_first(start_process, start_in_vain) -> None:
    core = start_process()
    code, said = start_in_vain(core.home, cold=True)
    assert code == 4
    assert f"process {core.pid}" in said
    assert core.url.rpartition(":")[2] in said
    assert core.client().get("/v1/ping").status_code == 200


def test_c01_after_kill_9_the_next_starts_at_once(start_process, api_of) -> None:
    core = start_process()
    entity = api_of(core.client()).entity("survivor")
    core.kill()
    again = start_process(core.home)
    assert api_of(again.client()).data("GET", f"/v1/entities/{entity['entity_id']}") == entity


def test_a_port_in_use_is_a_sentence_and_exit_2(start_in_vain, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = start_in_vain(tmp_path / "home", FACEFORGE_PORT=str(port))
    assert code == 2
    assert str(port) in said
    assert said.rstrip().endswith(".")


def test_ports_json_decides_where_no_variable_does(start_process, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / "config" / "ports.json").write_text(json.dumps({"core": port, "seaweed_s3": 1}))
    assert start_process(home, FACEFORGE_PORT="").url == f"http://127.0.0.1:{port}"


# --- Refusals


def test_exit_2_for_what_is_no_home(start_in_vain, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    code, said = start_in_vain(file)
    assert code == 2
    assert str(file) in said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config/core.json", '{"auth": {"install_token": "keep-this-secret"},\n  "network": }'),
        ("config/core.json", '["keep-this-secret"]'),
        ("config/core.json", '{"auth": {"install_token": "keep-this-secret"}, "network": {"core_port": "x"}}'),
        ("config/ports.json", "[8787]"),
        ("config/ports.json", '{"core": "x"}'),
    ],
)
def test_exit_2_for_a_file_that_can_not_be_understood(start_in_vain, tmp_path: Path, name: str, content: str) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / name).write_text(content)
    code, said = start_in_vain(home, FACEFORGE_PORT="")
    assert code == 2
    assert name.rpartition("/")[2] in said
    assert "keep-this-secret" not in said
    assert (home / name).read_text() == content


def test_m03_exit_3_for_a_database_of_a_newer_core(start_in_vain, stopped_home: Path) -> None:
    database = stopped_home / "db" / "core.sqlite3"
    with closing(sqlite3.connect(database)) as connection, connection:
        assert connection.execute("UPDATE alembic_core SET version_num = '9999'").rowcount == 1
    before = snapshot(stopped_home)["db/core.sqlite3"]
    code, said = start_in_vain(stopped_home)
    assert code == 3
    assert "newer" in said
    assert snapshot(stopped_home)["db/core.sqlite3"] == before


@pytest.mark.parametrize("place", [".", "assets"])
def test_d08_a_home_without_its_mark_is_refused(start_in_vain, stopped_home: Path, place: str) -> None:
    (stopped_home / place / ".ff-home").unlink()
    code, said = start_in_vain(stopped_home)
    assert code == 2
    assert ".ff-home" in said
    assert "mounted" in said
    assert not (stopped_home / place / ".ff-home").exists()


def test_d08_an_empty_folder_in_place_of_the_assets_is_refused(start_in_vain, stopped_home: Path) -> None:
    shutil.move(stopped_home / "assets", stopped_home / "unmounted")
    (stopped_home / "assets").mkdir()
    assert start_in_vain(stopped_home)[0] == 2
    shutil.rmtree(stopped_home / "assets")
    assert start_in_vain(stopped_home)[0] == 2


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system where not even root can make a folder")
def test_d07_a_place_where_nothing_can_be_written_is_exit_2(start_in_vain) -> None:
    code, said = start_in_vain(Path("/proc/faceforge"))
    assert code == 2
    assert "/proc/faceforge" in said


# --- Under way


@POSIX_ONLY
def test_d07_a_home_deleted_under_a_running_core_is_503_and_not_made_again(start_process, api_of) -> None:
    core = start_process()
    api = api_of(core.client())
    asset = api.upload(b"bytes")
    while core.home.exists():  # Core may be about to make or remove a file in it
        shutil.rmtree(core.home, ignore_errors=True)
    api.error("POST", "/v1/assets/upload", 503, "storage_unavailable", files={"file": ("a", b"more")})
    api.error("GET", f"/v1/assets/{asset['asset_id']}/download", 503, "storage_unavailable")
    assert api.ask("GET", "/healthz").status_code == 200
    assert not (core.home / "assets").exists()
    assert not (core.home / "tmp").exists()
    assert not (core.home / "db").exists()
    core.process.terminate()
    core.process.wait(60)


@POSIX_ONLY
def test_d07_an_assets_folder_that_goes_away_is_503_and_not_made_again(start_core, api_of) -> None:
    core = start_core()
    api = api_of(core.client)
    asset = api.upload(b"bytes")
    shutil.move(core.home / "assets", core.home / "unmounted")
    for name in ("same", "other"):
        content = b"bytes" if name == "same" else b"other bytes"
        api.error("POST", "/v1/assets/upload", 503, "storage_unavailable", files={"file": ("a", content)})
    api.error("GET", f"/v1/assets/{asset['asset_id']}/download", 503, "storage_unavailable")
    assert api.data("GET", f"/v1/assets/{asset['asset_id']}")["asset_id"] == asset["asset_id"]
    assert not (core.home / "assets").exists()
    shutil.move(core.home / "unmounted", core.home / "assets")
    assert api.ask("GET", f"/v1/assets/{asset['asset_id']}/download").content == b"bytes"
    assert api.upload(b"other bytes")["byte_size"] == 11


def test_a16_a_rotated_token_ends_the_old_one_and_every_session(start_process, api_of) -> None:
    core = start_process()
    old = core.token
    api = api_of(core.client())
    sessions = [api.client.post("/ui/login", data={"token": old}).cookies["ff_token"] for _ in range(2)]
    api.client.cookies.clear()
    client = api_of(core.client())
    del client.client.headers["Authorization"]
    for session in (*sessions, old):
        client.data("GET", "/v1/ping", headers={"Cookie": f"ff_token={session}"})
    command = [sys.executable, "-m", "faceforge_core", "token", "rotate", "--home", str(core.home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    new = core.token
    assert new != old
    assert new not in done.stdout + done.stderr
    api_of(core.client()).data("GET", "/v1/ping")
    client.error("GET", "/v1/ping", 401, "unauthorized", headers={"Authorization": f"Bearer {old}"})
    for session in (*sessions, old):
        client.error("GET", "/v1/ping", 401, "unauthorized", headers={"Cookie": f"ff_token={session}"})


def test_c02_while_another_program_writes_reads_go_on_and_writes_are_503(start_core, api_of) -> None:
    core = start_core()
    api = api_of(core.client)
    entity = api.entity("Ada")
    with closing(sqlite3.connect(core.home / "db" / "core.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert api.data("GET", f"/v1/entities/{entity['entity_id']}") == entity
        response = api.ask("POST", "/v1/entities", json={"display_name": "waits"})
        api.error_of(response, 503, "busy")
        assert 0 < int(response.headers["retry-after"]) <= 6
        assert api.ask("GET", "/healthz").status_code == 200
        other.execute("ROLLBACK")
    assert api.entity("works again")["entity_id"]


def test_what_is_no_http_is_a_4xx_or_the_end_and_core_lives(start_process) -> None:
    core = start_process()
    port = int(core.url.rpartition(":")[2])
    for line in (
        b"GET /v1/entities HTTP/9.9",
        b"G\xffT / HTTP/1.1",
        b"\x16\x03\x01\x02\x00",
        b"GET " + b"/x" * 40_000 + b" HTTP/1.1",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(line + b"\r\nHost: 127.0.0.1\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65_536)
        assert not answer or answer.split(b" ")[1][:1] == b"4", answer[:100]
    assert core.client().get("/v1/ping").status_code == 200
