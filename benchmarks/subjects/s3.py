"""Files through Core into a real SeaweedFS and back, beside boto3 alone on the same server."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from benchmarks import core, machine
from benchmarks.bench import Subject
from benchmarks.contest import Contest, Peer
from benchmarks.library import make_file
from benchmarks.results import Figure, Target
from benchmarks.servers import free_port, program
from benchmarks.wire import digest, fetch, upload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from benchmarks.bench import Bench

BOTO3 = "boto3"
_WITHIN = 300.0


class OurS3(Peer):
    """Core with a SeaweedFS of its own; files of the kind ``far`` go there."""

    name = core.NAME
    promises = "SHA-256, on the home's disk and then on the server, before the answer; read back later"

    def __init__(self, home: Path, folder: Path, size: int) -> None:
        self._home, self._folder, self._size = home, folder, size
        self.ports = {name: free_port() for name in ("master_port", "volume_port", "filer_port", "s3_port")}

    def prepare(self) -> None:
        (self._home / "tools").mkdir(parents=True)
        shutil.copy2(program("weed"), self._home / "tools" / "weed")

    def start(self) -> None:
        routing = {"s3": {"enabled": True}, "routing": {"kind_map": {"far": "s3"}}}
        self._core = core.Core(self._home, {"seaweed": {"enabled": True, **self.ports}, "storage": routing})
        self._wait(lambda: not any(one["name"] == "s3" and one["available"] for one in self._providers()))

    def stop(self) -> None:
        with suppress(AttributeError):
            self._core.stop()

    def drain(self) -> None:
        self._core.calm_down()

    def _is_unproven(self) -> bool:
        """Whether copies are still on this computer: they go a minute after their upload, once all uploads are over."""
        return any(path.is_file() for path in self._home.glob("plugin_data/*storage_s3/unproven/**/*"))

    def _providers(self) -> Any:
        return self._core.ask("GET", "/v1/storage")["providers"]

    def _wait(self, still: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _WITHIN
        while still():
            if time.monotonic() > deadline:
                raise TimeoutError("S3 is not ready.")
            time.sleep(0.2)

    def keys(self) -> tuple[str, str]:
        """Who may speak to the server."""
        identity = json.loads((self._home / "config" / "seaweed_s3.json").read_text())
        keys = identity["identities"][0]["credentials"][0]
        return keys["accessKey"], keys["secretKey"]

    def answers(self) -> Mapping[str, Any]:
        """There, verified in full, and back, verified in full."""
        path = make_file(self._folder / "moved.bin", min(self._size, 32 << 20), seed=9)
        _, asset = upload(self._core.port, self._core.token, path)
        for place in ("s3", "fs", "s3"):
            self._core.job("/v1/storage/migrate", {"to": place})
            _, verified = self._core.job("/v1/storage/verify", {"deep": True})
            held = self._core.ask("GET", f"/v1/assets/{asset['asset_id']}")["storage_provider"]
            if held != place or verified["counts"]:
                raise RuntimeError(f"The file is {held}, not {place}: {verified}")
        message = self._core.message("GET", f"/v1/assets/{asset['asset_id']}/download")
        return {"sha256": digest(self._core.port, message, path.stat().st_size)}

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"up": self._up, "down": self._down}

    def _up(self, round_: int) -> Mapping[str, float]:
        path = make_file(self._folder / "ours.bin", self._size, seed=100 + round_)
        machine.forget_peak(self._core.pid)
        idle = machine.resident(self._core.pid)
        seconds, asset = upload(self._core.port, self._core.token, path, "far")
        if asset["storage_provider"] != "s3":
            raise RuntimeError(f"The file went to {asset['storage_provider']}.")
        self._asset_id = asset["asset_id"]
        peak = machine.resident(self._core.pid, peak=True) - idle
        return {"up": self._size / (1 << 20) / seconds, "memory": peak}

    def _down(self, _: int) -> Mapping[str, float]:
        self._wait(self._is_unproven)  # before that it would not come from S3
        self._core.calm_down()
        message = self._core.message("GET", f"/v1/assets/{self._asset_id}/download")
        return {"down": self._size / (1 << 20) / fetch(self._core.port, message, self._size)}


class Sink(io.BytesIO):
    """Drops what comes, as the client of Core does."""

    def write(self, data: Any, /) -> int:
        """Nowhere."""
        return len(data)


class Boto3(Peer):
    """`upload_file` and `download_fileobj` as they come, with their threads."""

    name = BOTO3
    promises = "upload_file and download_fileobj as they come, with their ten threads; no hash; what comes is dropped"

    def __init__(self, ours: OurS3, folder: Path, size: int) -> None:
        self._ours, self._folder, self._size = ours, folder, size

    def start(self) -> None:
        import boto3

        access, secret = self._ours.keys()
        self._client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self._ours.ports['s3_port']}",
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            region_name="us-east-1",
        )

    def answers(self) -> Mapping[str, Any]:
        path = make_file(self._folder / "boto3.bin", min(self._size, 32 << 20), seed=9)
        self._client.upload_file(str(path), "faceforge", "bench/verify")
        self._client.download_file("faceforge", "bench/verify", str(self._folder / "down.bin"))
        return {"sha256": hashlib.sha256((self._folder / "down.bin").read_bytes()).hexdigest()}

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"up": self._up, "down": self._down}

    def _up(self, round_: int) -> Mapping[str, float]:
        path = make_file(self._folder / "boto3.bin", self._size, seed=200 + round_)
        began = time.perf_counter()
        self._client.upload_file(str(path), "faceforge", f"bench/{round_}")
        return {"up": self._size / (1 << 20) / (time.perf_counter() - began)}

    def _down(self, _: int) -> Mapping[str, float]:
        began = time.perf_counter()
        self._client.download_fileobj("faceforge", "bench/0", Sink())
        return {"down": self._size / (1 << 20) / (time.perf_counter() - began)}


def run(bench: Bench) -> None:
    """One large file, up and down."""
    if not program("weed"):
        bench.outcome.missing["SeaweedFS"] = "not installed: pip install 'faceforge-core[seaweedfs]'"
        return
    mebibytes = bench.pick(16, 256, 512)
    figures = [
        Figure("up", f"up, {mebibytes} MiB", "MiB/s", "higher", (Target(at_least=0.9, beside=BOTO3),)),
        Figure("memory", "peak of memory above idle meanwhile", "MB", targets=(Target(at_most=64),)),
        Figure("down", f"down, {mebibytes} MiB", "MiB/s", "higher", (Target(at_least=0.9, beside=BOTO3),)),
    ]
    with bench.place() as place:
        ours = OurS3(place / "home", place, mebibytes << 20)
        bench.hold(Contest("SeaweedFS", [ours, Boto3(ours, place, mebibytes << 20)], figures), 5)


SUBJECT = Subject("S3", "Both sides use the same SeaweedFS, that Core runs; bytes are others each time.", run)
