"""Core as a single file: built once from this state of the repository, and used as people use it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from faceforge_core import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SECONDS = 180.0
PICTURE = Path(__file__).parents[1] / "fixtures" / "grace_hopper.jpg"
MANIFEST = {"id": "odd", "name": "Odd", "api_version": 1, "entrypoints": {"python": "plugin"}}
PLUGIN = """
import os
import subprocess
import sys
import wave
import xmlrpc.client
import zipapp
from email.mime.audio import MIMEAudio

from fastapi import APIRouter
from PIL import ImageFilter
from faceforge_sdk import Router, hookimpl
from starlette.middleware.gzip import GZipMiddleware

router = APIRouter()
known = [wave, xmlrpc.client, zipapp, MIMEAudio, ImageFilter, GZipMiddleware]

@router.get("/odd")
def odd():
    return {"names": [one.__name__ for one in known], "libraries": os.environ.get("LD_LIBRARY_PATH")}

@router.get("/version")
def version():
    command = [sys.executable, "-m", "faceforge_core", "version"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

@hookimpl
def register_routers():
    return [Router(router)]
"""


def fingerprint(repository: Path, shipped: list[Path]) -> str:
    """Differs with everything that a build is made of."""
    scripts = [repository / "scripts" / name for name in ("faceforge-core.spec", "frozen_contents.py", "building.py")]
    known = hashlib.sha256(sys.version.encode())
    for path in [*shipped, *scripts, repository / "pyproject.toml"]:
        known.update(f"\0{path.relative_to(repository)}\0".encode() + path.read_bytes())
    known.update("\n".join(sorted(f"{one.name} {one.version}" for one in metadata.distributions())).encode())
    return known.hexdigest()


@pytest.fixture(scope="module")
def program(repository: Path, shipped: list[Path], load_script: Callable[[str], ModuleType]) -> tuple[str, ...]:
    """The built program. A second run of the tests on the very same state takes that of the first."""
    if find_spec("PyInstaller") is None:
        if os.environ.get("FACEFORGE_REQUIRE_TOOLS") == "1":
            pytest.fail("PyInstaller is not installed (and FACEFORGE_REQUIRE_TOOLS=1)")
        pytest.skip("NOT TESTED: PyInstaller is not installed")
    building = load_script("building")
    folder = repository / "build" / "for-tests"
    built, stamp, wanted = folder / building.PROGRAM, folder / "built-from", fingerprint(repository, shipped)
    if not built.is_file() or not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        places, wishes = building.Places(folder / "work", folder), building.Wishes(["executable"])
        [(_, command)] = building.commands(sys.executable, repository, places, wishes)
        done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        shutil.rmtree(places.work)
        stamp.write_text(wanted)
    return (str(built),)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Nothing of the environment that the tests run in, and a folder of its own to unpack into."""
    emptied = dict.fromkeys(("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"), "")
    return {**emptied, "TMPDIR": str(tmp_path_factory.mktemp("unpacked"))}


@pytest.fixture(scope="module")
def served(
    program: tuple[str, ...], environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory, core_process: Any
) -> Iterator[Any]:
    """It, serving a new home that has a plugin in a folder."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "plugins" / "odd"
    folder.mkdir(parents=True)
    (folder / "plugin.json").write_text(json.dumps(MANIFEST))
    (folder / "plugin.py").write_text(PLUGIN)
    core = core_process(home, environment, program=program)
    yield core.wait_until_healthy(SECONDS)
    core.close()


def data_of(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def until(condition: Callable[[], Any]) -> Any:
    """The first true value of a condition."""
    deadline = time.monotonic() + SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def test_it_has_all_built_ins_and_pages_with_their_styles(served: Any, assert_whole: Callable[[Any], None]) -> None:
    assert_whole(served)
    client = served.client(timeout=60)
    assert client.get("/docs").status_code == 200
    assert client.get("/docs/files/swagger-ui-bundle.js").status_code == 200


def test_a_plugin_in_a_folder_finds_the_standard_library_and_all_of_core_s_libraries(served: Any) -> None:
    client = served.client(timeout=60)
    assert data_of(client.post("/v1/plugins/odd/enable"))["state"] == "active"
    told = client.get("/v1/plugins/odd/odd").json()
    assert told["names"][:3] == ["wave", "xmlrpc.client", "zipapp"]
    assert told["libraries"] == os.environ.get("LD_LIBRARY_PATH")
    assert client.get("/v1/plugins/odd/version", timeout=SECONDS).json() == __version__  # from a process of its own


def test_a_picture_gets_a_thumbnail_from_the_process_that_opens_pictures(served: Any) -> None:
    client = served.client(timeout=60)
    with PICTURE.open("rb") as file:
        asset = data_of(client.post("/v1/assets/upload", files={"file": (PICTURE.name, file, "image/jpeg")}))
    address = f"/v1/assets/{asset['asset_id']}/thumbnail"
    answer = until(lambda: found if (found := client.get(address)).status_code != 202 else None)
    assert answer.headers["content-type"].startswith("image/"), answer.text
    assert answer.content


def test_many_small_files_come_in_by_the_process_that_reads_them(served: Any, tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number}.txt").write_text(f"{number}")
    client = served.client(timeout=60)
    job = data_of(client.post("/v1/assets/bulk-import", json={"path": str(tmp_path)}))["job_id"]
    done = until(lambda: found if (found := data_of(client.get(f"/v1/jobs/{job}")))["finished_at"] else None)
    assert (done["status"], done["result"]["imported"]) == ("succeeded", 100)
    log = (served.home / "logs" / "core.log").read_text(encoding="utf-8")
    assert "one by one" not in log, log


def test_entities_are_related(served: Any) -> None:
    client = served.client(timeout=60)
    ada, grace = (data_of(client.post("/v1/entities", json={"display_name": name})) for name in ("Ada", "Grace"))
    wish = {"src_entity_id": ada["entity_id"], "dst_entity_id": grace["entity_id"], "relationship_type": "inspires"}
    made = data_of(client.post("/v1/relationships", json=wish))
    found = data_of(client.get("/v1/relationships", params={"entity_id": grace["entity_id"]}))
    assert [one["relationship_id"] for one in found["items"]] == [made["relationship_id"]]


def test_its_commands_speak_to_the_one_that_serves(
    served: Any, program: tuple[str, ...], environment: dict[str, str]
) -> None:
    environ = {**os.environ, **environment, "FACEFORGE_HOME": str(served.home)}
    listed = subprocess.run(
        [*program, "plugins", "list"], env=environ, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "odd" in listed.stdout


@pytest.mark.skipif(os.name != "posix", reason="there the launcher can't be sent a signal")
def test_killing_the_launcher_ends_core_and_frees_the_home_and_a_stop_signal_to_it_is_a_clean_end(
    program: tuple[str, ...], environment: dict[str, str], tmp_path: Path, core_process: Any
) -> None:
    own = {**environment, "TMPDIR": str(tmp_path / "unpacked")}
    (tmp_path / "unpacked").mkdir()
    killed = core_process(tmp_path / "home", own, program=program)
    try:
        killed.wait_until_healthy(SECONDS)
        address = killed.url
        assert killed.pid != killed.process.pid
        killed.process.kill()
        until(lambda: not (tmp_path / "home" / "core.lock.json").exists())  # which is what a clean end removes
        until(lambda: not list((tmp_path / "unpacked").glob("_MEI*")))
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{address}/healthz", timeout=5)
    finally:
        killed.close()
    again = core_process(tmp_path / "home", own, program=program)
    try:
        again.wait_until_healthy(SECONDS)
        os.kill(again.process.pid, signal.SIGTERM)
        assert again.process.wait(SECONDS) == 0
        assert not (tmp_path / "home" / "core.lock.json").exists()
        assert "Traceback" not in again.output()
        assert list((tmp_path / "unpacked").glob("_MEI*")) == []
    finally:
        again.close()
