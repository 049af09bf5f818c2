"""A start loads what it needs, and nothing that waits for its first use."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core import kernel
from faceforge_core.kernel import Kernel
from faceforge_core.refusals import StartRefused
from faceforge_sdk.routing import LateRoute

if TYPE_CHECKING:
    from pathlib import Path

START = """
import json, sys
from pathlib import Path
from starlette.testclient import TestClient
from faceforge_core.app import create_app
from faceforge_core.kernel import Kernel

with Kernel(Path(sys.argv[1]), environ={}) as kernel:
    with TestClient(create_app(kernel), base_url="http://127.0.0.1") as client:
        assert client.get("/healthz").json() == {"status": "ok"}
print(json.dumps(sorted(sys.modules)))
"""


def test_heavy_libraries_are_loaded_when_first_needed(run_python: Any, tmp_path: Path) -> None:
    first = run_python(START, tmp_path / "home")
    assert first.returncode == 0, first.stderr
    loaded = set(json.loads(first.stdout))
    assert "faceforge_builtins.thumbnails" in loaded
    assert {"alembic", "babel", "boto3", "PIL", "jsonschema", "playwright", "typer"} & loaded == set()


def test_a_start_builds_none_of_our_routes(tmp_path: Path) -> None:
    with Kernel(tmp_path / "home", environ={}) as started:
        late = [route for route in started.live.routes if isinstance(route, LateRoute)]
        assert len(late) > 100
        assert [route.path for route in late if "dependant" in vars(route)] == []


def test_a_home_that_can_not_be_written_at_the_last_step_is_refused_and_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(kernel, "write_marker", full)
        with pytest.raises(StartRefused, match="No space left"):
            Kernel(tmp_path / "home", environ={}).start()
    with Kernel(tmp_path / "home", environ={}) as started:
        assert started.plugins.list().items
