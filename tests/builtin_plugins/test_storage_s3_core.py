"""A whole Core that keeps files in S3: uploads never fail because of S3, and what it acknowledged stays readable."""

from __future__ import annotations

import json
import random
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from faceforge_builtins.storage_s3.settings import Patience
from faceforge_core.catalog.assets import AssetCatalog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ACCESS_KEY, SECRET_KEY = "TESTACCESSKEY0001", "testsecretkey-0123456789abcdef"
QUICK = Patience(
    connect=2.0,
    read=4.0,
    stall=4.0,
    probe_connect=2.0,
    probe_read=2.0,
    second_try_within=0.5,
    rest=0.5,
    prove_after=0.3,
)
S3_BY_DEFAULT = {"routing": {"default_provider": "s3"}}


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Callable[[Patience], None]:
    """Has every Core of this test be as patient as that."""

    def use(wished: Patience) -> None:
        monkeypatch.setattr("faceforge_builtins.storage_s3.Patience", lambda: wished)

    use(QUICK)
    return use


@pytest.fixture
def core_on(start_core: Callable[..., Any], tmp_path: Path, patience: object) -> Callable[..., Any]:
    """A Core whose files go to the S3 server at an address, and are read by nobody but the test: ``core_on(url)``."""

    def start(url: str | None, **more: Any) -> Any:
        s3 = {"enabled": True, "endpoint_url": url, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        s3["bucket"] = "shared"
        core = start_core(home_with(tmp_path / "home", {"storage": {**S3_BY_DEFAULT, "s3": s3}, **more}))
        core.kernel.plugins.disable("faceforge.ingest")
        return core

    return start


def home_with(home: Path, config: dict[str, Any]) -> Path:
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "core.json").write_text(json.dumps(config))
    return home


def upload(core: Any, content: bytes) -> dict[str, Any]:
    answer = core.client.post("/v1/assets/upload", files={"file": ("a.bin", content, "application/octet-stream")})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def download(core: Any, asset: dict[str, Any], **headers: str) -> bytes:
    answer = core.client.get(f"/v1/assets/{asset['asset_id']}/download", headers=headers)
    assert answer.status_code in {200, 206}, answer.text
    content: bytes = answer.content
    return content


def copies(core: Any) -> list[str]:
    folder = core.kernel.home.plugin_data_dir / "faceforge.storage_s3" / "unproven"
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def log_of(core: Any) -> str:
    return str((core.kernel.home.logs_dir / "core.log").read_text())


def test_a_file_goes_up_comes_down_and_is_proven(core_on: Callable[..., Any], patience: Any, server: Any) -> None:
    patience(replace(QUICK, read=10, stall=10, stale_upload=3e9))  # moto has every upload begin in 2010
    core = core_on(server.url)
    content = random.Random(1).randbytes(9_000_000)

    asset = upload(core, content)

    assert asset["storage_provider"] == "s3"
    assert asset["storage_key"].endswith(f":assets/{asset['asset_id'][:2]}/{asset['asset_id']}")
    assert download(core, asset) == content
    core.wait_for(lambda: not copies(core))
    assert download(core, asset) == content
    assert download(core, asset, Range="bytes=5-9") == content[5:10]
    assert [*core.kernel.home.tmp_dir.glob("upload-*")] == []


@pytest.mark.parametrize("fault", ["closed", "silent", "garbage", "reset", 503, 403, "drip", "cut"])
def test_s01_uploads_go_to_the_home_where_s3_does_not_work(core_on: Callable[..., Any], proxy: Any, fault: Any) -> None:
    """S01: 200 with the provider `fs`, soon; everything else answers meanwhile; nothing is left over."""
    core = core_on(proxy.url)
    assert upload(core, b"while it works")["storage_provider"] == "s3"
    if fault in {"drip", "cut"}:
        proxy.hurt(of_requests=(10, fault), of_answers=(10, fault))
    else:
        proxy.fail(fault)

    started = time.monotonic()
    asset = upload(core, b"while it does not")

    assert time.monotonic() - started < 30
    assert asset["storage_provider"] == "fs"
    assert download(core, asset) == b"while it does not"
    assert core.client.get("/healthz").json() == {"status": "ok"}
    assert [*core.kernel.home.tmp_dir.glob("upload-*")] == []
    assert "WARNING" in log_of(core)
    assert SECRET_KEY not in log_of(core)
    assert ACCESS_KEY not in log_of(core)


def test_s01_and_go_to_s3_again_once_it_works_again(core_on: Callable[..., Any], proxy: Any) -> None:
    proxy.mode = 503
    core = core_on(proxy.url)
    assert upload(core, b"one")["storage_provider"] == "fs"

    proxy.fail("pass")

    number = iter(range(10_000))
    core.wait_for(lambda: upload(core, b"%d" % next(number))["storage_provider"] == "s3")


def test_s02_a_hundred_uploads_while_it_is_down_are_quick_and_ask_it_once(
    core_on: Callable[..., Any], patience: Any, proxy: Any
) -> None:
    patience(replace(QUICK, rest=3600))
    proxy.mode = "silent"
    core = core_on(proxy.url)
    upload(core, b"the first")

    started = time.monotonic()
    for number in range(100):
        assert upload(core, b"%d" % number)["storage_provider"] == "fs"

    assert time.monotonic() - started < 100
    assert proxy.connections == 1
    assert log_of(core).count("can't be used") == 1


def test_s04_a_row_that_could_not_be_written_leaves_an_object_and_nothing_else(
    core_on: Callable[..., Any], weed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S04: as when Core is killed between PUT and commit; the next upload of these bytes is complete."""
    core = core_on(weed.url)

    def killed(*_: object, **__: object) -> None:
        raise OSError("killed here")

    with monkeypatch.context() as patched:
        patched.setattr(AssetCatalog, "store", killed)
        core.client.__dict__["_transport"].raise_server_exceptions = False
        answer = core.client.post("/v1/assets/upload", files={"file": ("a", b"bytes", "text/plain")})
        assert answer.status_code >= 500
    assert core.client.get("/v1/assets").json()["data"]["items"] == []
    assert len(copies(core)) == 1

    asset = upload(core, b"bytes")

    assert download(core, asset) == b"bytes"
    core.wait_for(lambda: not copies(core))
    assert download(core, asset) == b"bytes"


def test_s05_what_a_server_loses_in_a_power_failure_stays_readable_and_is_sent_again(
    core_on: Callable[..., Any],
    patience: Any,
    start_weed: Callable[..., Any],
    find_free_ports: Callable[[int], list[int]],
    tmp_path: Path,
) -> None:
    """S05: the server is killed and its data are gone right after it acknowledged."""
    patience(replace(QUICK, read=10, stall=10, prove_after=2.0))  # the first file of a new server takes its time
    folder, ports = tmp_path / "weed", find_free_ports(8)
    folder.mkdir()
    content = random.Random(2).randbytes(300_000)
    with start_weed(folder, ports) as server:
        server.wait_until_up()
        core = core_on(server.url)
        asset = upload(core, content)
        assert asset["storage_provider"] == "s3"
        server.process.kill()
        server.process.wait(60)
        shutil.rmtree(folder / "data")

    assert download(core, asset) == content
    assert core.client.get("/healthz").status_code == 200

    with start_weed(folder, ports) as server:
        server.wait_until_up()
        core.wait_for(lambda: not copies(core))
        assert "is sent again" in log_of(core)
        assert download(core, asset) == content
        key = asset["storage_key"].partition(":")
        assert server.client.get_object(Bucket=key[0], Key=key[2])["Body"].read() == content


def test_s08_rows_of_s3_are_listed_and_their_bytes_unavailable_while_it_is_off(
    core_on: Callable[..., Any], weed: Any
) -> None:
    core = core_on(weed.url)
    asset = upload(core, b"bytes")
    core.wait_for(lambda: not copies(core))
    plugin = "/v1/plugins/faceforge.storage_s3/config"
    config = core.client.get(plugin).json()["data"]["config"]

    assert core.client.put(plugin, json={"config": {**config, "enabled": False}}).status_code == 200

    answer = core.client.get(f"/v1/assets/{asset['asset_id']}/download")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_unavailable")
    assert core.client.get(f"/v1/assets/{asset['asset_id']}").json()["data"]["storage_provider"] == "s3"
    assert upload(core, b"more")["storage_provider"] == "fs"

    core.client.put(plugin, json={"config": {**config, "enabled": True}})
    assert download(core, asset) == b"bytes"


@pytest.mark.parametrize("fault", ["closed", "silent"])
def test_s07_a_download_that_s3_can_not_give_is_unavailable(
    core_on: Callable[..., Any], proxy: Any, fault: str
) -> None:
    core = core_on(proxy.url)
    content = random.Random(3).randbytes(3_000_000)
    asset = upload(core, content)
    core.wait_for(lambda: not copies(core))
    proxy.fail(fault)
    answer = core.client.get(f"/v1/assets/{asset['asset_id']}/download")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_unavailable")


def test_s07_a_download_that_breaks_off_is_broken_off_for_the_client_too(
    start_process: Callable[..., Any], proxy: Any, tmp_path: Path
) -> None:
    s3 = {"enabled": True, "endpoint_url": proxy.url, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    core = start_process(home_with(tmp_path / "home", {"storage": {**S3_BY_DEFAULT, "s3": {**s3, "bucket": "shared"}}}))
    client = core.client()
    # A reading of its own that breaks off would have S3 rest: then there is a clean answer of 503.
    client.post("/v1/plugins/faceforge.ingest/disable").raise_for_status()
    content = random.Random(4).randbytes(5_000_000)
    asset = client.post("/v1/assets/upload", files={"file": ("a.bin", content)}).json()["data"]
    assert asset["storage_provider"] == "s3"
    [copy] = (core.home / "plugin_data" / "faceforge.storage_s3" / "unproven").glob("*/*")
    copy.unlink()  # as if it were proven
    address = f"/v1/assets/{asset['asset_id']}/download"
    assert client.get(address).content == content

    proxy.hurt(of_answers=(2_000_000, "cut"))

    with pytest.raises(httpx.RemoteProtocolError):
        client.get(address).raise_for_status()


def test_the_keys_are_shown_to_nobody(core_on: Callable[..., Any], weed: Any) -> None:
    core = core_on(weed.url)
    upload(core, b"bytes")
    config = core.client.get("/v1/plugins/faceforge.storage_s3/config")
    assert config.json()["data"]["config_secrets_set"] == ["access_key", "secret_key"]
    shown = config.text + core.client.get("/v1/plugins").text + core.client.get("/v1/system/info").text + log_of(core)
    assert ACCESS_KEY not in shown
    assert SECRET_KEY not in shown


def test_a_launchers_port_is_where_s3_is_looked_for(core_on: Callable[..., Any], weed: Any, tmp_path: Path) -> None:
    home_with(tmp_path / "home", {})
    (tmp_path / "home" / "config" / "ports.json").write_text(json.dumps({"seaweed_s3": weed.port}))
    core = core_on(None, network={"seaweed_s3_port": 1})
    assert upload(core, b"bytes")["storage_provider"] == "s3"


def test_s11_s12_core_runs_its_own_seaweedfs_and_uses_its_keys(
    core_on: Callable[..., Any], weed_binary: Path, find_free_ports: Callable[[int], list[int]], tmp_path: Path
) -> None:
    """S11, S12: until it answers, and where it does not run, files go to the home; its keys come from nobody."""
    names = ("master_port", "volume_port", "filer_port", "s3_port")
    ports = dict(zip(names, sorted(port for port in find_free_ports(40) if port < 55_000)[::8], strict=False))
    tools = tmp_path / "home" / "tools"
    tools.mkdir(parents=True)
    (tools / weed_binary.name).symlink_to(weed_binary)
    started = time.monotonic()

    core = core_on("http://127.0.0.1:1", seaweed={"enabled": True, **ports})

    assert time.monotonic() - started < 30
    assert upload(core, b"before it answers")["storage_provider"] == "fs"
    number = iter(range(10_000))
    asset = core.wait_for(
        lambda: found if (found := upload(core, b"%d" % next(number)))["storage_provider"] == "s3" else None
    )
    core.wait_for(lambda: not copies(core))
    assert download(core, asset) == str(next(number) - 1).encode()
    identity = json.loads((core.kernel.home.config_dir / "seaweed_s3.json").read_text())
    own = identity["identities"][0]["credentials"][0]
    shown = core.client.get("/v1/plugins").text + log_of(core)
    assert own["secretKey"] not in shown
    assert own["accessKey"] not in shown
    assert "SeaweedFS answers" in log_of(core)

    off = core.client.post("/v1/plugins/faceforge.seaweedfs/disable").json()["data"]
    assert (off["state"], off["restart_required"]) == ("disabled", False)
    assert upload(core, b"after it is off")["storage_provider"] == "fs"


MEMORY = """
import hashlib, logging, resource, sys
from pathlib import Path
from faceforge_builtins.storage_s3.provider import S3Provider
from faceforge_builtins.storage_s3.settings import Patience, S3Settings, TargetFinder
from faceforge_sdk.protocols import Network

folder, url, access_key, secret_key, size = Path(sys.argv[1]), *sys.argv[2:5], int(sys.argv[5])
settings = S3Settings(endpoint_url=url, access_key=access_key, secret_key=secret_key, bucket="memory")
finder = TargetFinder(settings, Network("127.0.0.1", None))
provider = S3Provider("memory", finder, folder, Patience(prove_after=0), logging.getLogger("x"))

def round_trip(size):
    digest, source = hashlib.sha256(), folder / "source"
    with source.open("wb") as file:
        for number in range(0, size, 1 << 20):
            block = number.to_bytes(8, "big") * (1 << 17)
            digest.update(block)
            file.write(block)
    key = provider.key_for(digest.hexdigest())
    provider.put(key, source, digest.hexdigest(), size)
    provider.local_path(key).unlink()  # so that it is read from the server
    found, reader = hashlib.sha256(), provider.open(key, 0, size)
    while chunk := reader.read(1 << 20):
        found.update(chunk)
    assert found.digest() == digest.digest()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

small = round_trip(1 << 20)
print(round_trip(size) - small)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="counts memory as POSIX does")
def test_a_large_file_goes_up_and_down_in_little_memory(weed: Any, run_python: Any, tmp_path: Path) -> None:
    answer = run_python(MEMORY, tmp_path, weed.url, ACCESS_KEY, SECRET_KEY, 256 << 20)
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout) < 64 * 1024  # KiB
