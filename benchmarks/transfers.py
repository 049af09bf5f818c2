"""Uploads and downloads beside bare ASGI apps and nginx: ratios, measured in turn in one run.

    python benchmarks/transfers.py [MEBIBYTES]

Large file: MEBIBYTES (1024), three rounds. Small files: 50 KiB each, eight clients. Ranges of 4 KiB over one
connection.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from api import Connection, rate, request, start

ROUNDS = 3
HERE = Path(__file__).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def peer(name: str, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """One of `peers` under uvicorn."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"peers:{name}", "--port", str(port), "--log-level", "error"]
    environment = {**os.environ, "PEER_FOLDER": str(folder)}
    process = subprocess.Popen([*command, "--lifespan", "off"], cwd=HERE, env=environment)
    _wait(port)
    return process, port


def nginx(folder: Path) -> tuple[subprocess.Popen[bytes], int] | None:
    """nginx with sendfile, where it is installed."""
    program = shutil.which("nginx")
    if program is None:
        return None
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(
        f"user root;\nworker_processes 1;\ndaemon off;\npid {folder}/nginx.pid;\nerror_log stderr crit;\n"
        "events { worker_connections 64; }\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    process = subprocess.Popen([program, "-c", str(config), "-p", str(folder)])
    _wait(port)
    return process, port


def _wait(port: int) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(port)


def send(port: int, head: bytes, parts: list[bytes], file: Path) -> float:
    """Seconds to upload a file between two parts of a body."""
    with socket.create_connection(("127.0.0.1", port)) as connection, file.open("rb") as source:
        began = time.perf_counter()
        connection.sendall(head + parts[0])
        connection.sendfile(source)
        connection.sendall(parts[1])
        answer = connection.recv(65536)
        if b" 200 " not in answer[:16]:
            raise RuntimeError(answer.decode())
        return time.perf_counter() - began


def fetch(port: int, head: bytes, size: int) -> float:
    """Seconds until so many bytes have arrived; they are dropped in the kernel."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        began = time.perf_counter()
        connection.sendall(head)
        left = size
        while left > 0:
            left -= len(connection.recv(1 << 16)) if left == size else _drop(connection)
        return time.perf_counter() - began


_SINK = bytearray(1 << 20)


def _drop(connection: socket.socket) -> int:
    flags = getattr(socket, "MSG_TRUNC", 0) if sys.platform == "linux" else 0
    received = connection.recv_into(_SINK, len(_SINK), flags)
    if not received:
        raise RuntimeError("The answer was cut off.")
    return received


def multipart(token: str, size: int) -> tuple[bytes, list[bytes]]:
    before = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    after = b"\r\n--XX--\r\n"
    head = (
        f"POST /v1/assets/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: {len(before) + size + len(after)}\r\n\r\n"
    )
    return head.encode(), [before, after]


def main() -> None:
    size = (int(sys.argv[1]) if len(sys.argv) > 1 else 1024) << 20
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        content = folder / "content.bin"
        with content.open("wb") as file:
            rng = random.Random(3)
            for _ in range(size >> 20):
                file.write(rng.randbytes(1 << 20))
        (folder / "home").mkdir()
        core, port, token = start(folder / "home")
        putter, put_port = peer("raw_put", folder)
        sender, send_port = peer("file_response", folder)
        static = nginx(folder)
        try:
            _uploads(port, put_port, token, content, size)
            _small_uploads(port, put_port, token)
            _downloads(port, send_port, static[1] if static else None, token, content, size)
        finally:
            for process in (core, putter, sender, *([static[0]] if static else [])):
                process.terminate()
                process.wait(20)


def _uploads(port: int, put_port: int, token: str, content: Path, size: int) -> None:
    head, parts = multipart(token, size)
    put_head = f"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()
    ours, raw = [], []
    for round_ in range(ROUNDS):
        with content.open("r+b") as file:  # other bytes each time: known ones would not be written again
            file.write(round_.to_bytes(8, "big"))
        raw.append(send(put_port, put_head, [b"", b""], content))
        ours.append(send(port, head, parts, content))
    mib = size >> 20
    ratio = statistics.median(theirs / own for own, theirs in zip(ours, raw, strict=True))
    print(f"upload {mib} MiB: {mib / statistics.median(ours):.0f} MiB/s, raw PUT {mib / statistics.median(raw):.0f}")
    print(f"  ratio {ratio:.2f} (target ≥ 0.75)")


def _small_uploads(port: int, put_port: int, token: str) -> None:
    rng = random.Random(5)
    body = rng.randbytes(50 * 1024)
    head, parts = multipart(token, len(body))
    put_head = f"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    def fresh(_: int) -> bytes:
        return head + parts[0] + os.urandom(16) + body[16:] + parts[1]

    ours = [rate(port, fresh, 8, 2) for _ in range(ROUNDS)]
    raw = [rate(put_port, lambda _: put_head + body, 8, 2) for _ in range(ROUNDS)]
    print(f"upload 50 KiB, 8 clients: {statistics.median(ours):.0f}/s (target ≥ 500)")
    print(f"  raw PUT {statistics.median(raw):.0f}/s")


def _downloads(port: int, send_port: int, nginx_port: int | None, token: str, content: Path, size: int) -> None:
    digest = hashlib.sha256()
    with content.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    path = f"/v1/assets/{digest.hexdigest()}/download"
    whole = {
        "core": (port, request("GET", path, token)),
        "FileResponse": (send_port, request("GET", "/content.bin", "x")),
    }
    if nginx_port:
        whole["nginx"] = (nginx_port, request("GET", "/content.bin", "x"))
    times: dict[str, list[float]] = {name: [] for name in whole}
    ranges: dict[str, list[float]] = {name: [] for name in whole}
    for round_ in range(ROUNDS):
        for name in whole if round_ % 2 else reversed(whole):
            where, head = whole[name]
            times[name].append(fetch(where, head, size))
            ranges[name].append(_range_rate(where, head, size))
    for name in whole:
        print(
            f"download {size >> 20} MiB, {name}: {(size >> 20) / statistics.median(times[name]):.0f} MiB/s;"
            f" 4 KiB ranges {statistics.median(ranges[name]):.0f}/s"
        )
    if nginx_port:
        ratio = statistics.median(n / c for n, c in zip(times["nginx"], times["core"], strict=True))
        print(f"  ratio to nginx {ratio:.2f} (target ≥ 0.8)")
    small = statistics.median(c / f for c, f in zip(ranges["core"], ranges["FileResponse"], strict=True))
    print(f"  ranges, ratio to FileResponse {small:.1f} (target ≥ 10)")


def _range_rate(port: int, head: bytes, size: int) -> float:
    rng = random.Random(11)
    connection = Connection(port, status=b" 206 ")
    deadline = time.perf_counter() + 1
    count = 0
    while time.perf_counter() < deadline:
        first = rng.randrange(size - 4096)
        connection.ask(head[:-2] + f"Range: bytes={first}-{first + 4095}\r\n\r\n".encode())
        count += 1
    connection.close()
    return float(count)


if __name__ == "__main__":
    main()
