"""Memory stays flat, whatever comes in."""

from __future__ import annotations

import hashlib
import math
import threading
from typing import Any

import pytest

SIZE = 256 << 20


@pytest.mark.slow
def test_a_large_upload_passes_through_a_bounded_buffer(
    start_process: Any, raw_client: Any, resident_mb: Any, cannot_run: Any
) -> None:
    core = start_process(cold=True)
    client = raw_client(core)
    client.upload("small.bin", b"warm")
    idle = resident_mb(core.pid)
    if math.isnan(idle):
        cannot_run("this system does not tell a process's memory")
    peak = [idle]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], resident_mb(core.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    content = bytes(range(256)) * (SIZE // 256)
    try:
        asset_id = client.upload("large.bin", content)
    finally:
        done.set()
        watcher.join()
    assert asset_id == hashlib.sha256(content).hexdigest()
    assert peak[0] - idle < 16
