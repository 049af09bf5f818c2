"""From nothing to the first answer, beside the bare imports: ratio and idle memory, measured in turn.

python benchmarks/start.py [ROUNDS]
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGET = 1.3
# Installed packages have their bytecode; a checkout may only once it has run.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def imports() -> float:
    """Seconds to import what no Core can do without."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import fastapi, sqlmodel, uvicorn"], check=True)
    return time.perf_counter() - began


def first_answer(home: Path) -> tuple[float, float]:
    """Seconds until ``/healthz`` answers, and resident megabytes five seconds later."""
    lock = home / "core.lock.json"
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "faceforge_core"],
        env={**ENVIRONMENT, "FACEFORGE_HOME": str(home), "FACEFORGE_PORT": "0"},
        stdout=subprocess.PIPE,
    )
    try:
        if process.stdout:
            process.stdout.readline()
        connection = http.client.HTTPConnection("127.0.0.1", json.loads(lock.read_text())["port"], timeout=30)
        connection.request("GET", "/healthz")
        if connection.getresponse().status != 200:
            raise RuntimeError("/healthz is not well")
        taken = time.perf_counter() - began
        connection.close()
        time.sleep(5)
        return taken, _resident(process.pid)
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return float("nan")
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    ratios, memory = [], []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        first_answer(home)  # makes the home, and warms the disk cache
        imports()
        for _ in range(rounds):
            bare = imports()
            taken, resident = first_answer(home)
            ratios.append(taken / bare)
            memory.append(resident)
            print(f"imports {bare:.2f} s, first answer {taken:.2f} s, ratio {taken / bare:.2f}, {resident:.0f} MB idle")
    ratio, resident = statistics.median(ratios), statistics.median(memory)
    print(f"median ratio {ratio:.2f} (target ≤ {TARGET}), {resident:.0f} MB (target ≤ 100)")


if __name__ == "__main__":
    main()
