"""What a running Core touches, by the system calls it makes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEDIA = Path(__file__).parents[1] / "fixtures" / "grace_hopper.jpg"


@pytest.fixture
def traced(start_process: Any, require_tool: Callable[[str], str], tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """A Core that worked for a while under strace; gives what it called."""
    strace = require_tool("strace")

    def run(calls: str) -> str:
        trace = tmp_path / "trace"
        core = start_process(
            under=(strace, "-f", "-o", str(trace), "-e", f"trace={calls}"), PYTHONDONTWRITEBYTECODE="1"
        )
        client = core.client()
        entity = client.post("/v1/entities", json={"display_name": "Ada"}).json()["data"]["entity_id"]
        asset = client.post("/v1/assets/upload", files={"file": ("a.jpg", MEDIA.read_bytes(), "image/jpeg")}).json()
        asset_id = asset["data"]["asset_id"]
        client.post(f"/v1/entities/{entity}/assets/{asset_id}")
        for path in (f"/v1/assets/{asset_id}/download", "/docs", "/openapi.json", "/v1/plugins", "/ui/login"):
            assert client.get(path).status_code == 200, path
        client.post("/v1/plugins/faceforge.thumbnails/disable")
        client.post("/v1/plugins/faceforge.thumbnails/enable")
        core.stop()
        return trace.read_text(errors="replace")

    return run


@pytest.mark.slow
def test_r08_nothing_is_made_outside_the_home(traced: Any, tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    trace = traced("openat,mkdir,mkdirat")
    # Within a line: a call that another process interrupts is written without its end.
    made = re.findall(r'openat\([^,]+, "([^"]+)", [^)\n]*O_CREAT', trace)
    made += re.findall(r'mkdir(?:at)?\((?:[^",]+, )?"([^"]+)"', trace)
    assert any(path.startswith(home) for path in made)
    assert {path for path in made if not path.startswith((home, "/dev/null", "/proc/"))} == set()


@pytest.mark.slow
def test_r08_no_connection_leaves_this_computer(traced: Any) -> None:
    trace = traced("connect,sendto")
    addresses = set(re.findall(r'inet_addr\("([^"]+)"\)', trace)) | set(re.findall(r'inet_pton\(\w+, "([^"]+)"', trace))
    assert {address for address in addresses if address != "::1" and not address.startswith("127.")} == set()
