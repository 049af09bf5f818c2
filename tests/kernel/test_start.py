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
import gc, json, sys
from pathlib import Path
from faceforge_core.__main__ import _load_without_detours

_load_without_detours()
collections = []
gc.callbacks.append(lambda phase, info: collections.append(info))
from starlette.testclient import TestClient
from faceforge_core.app import create_app
from faceforge_core.kernel import Kernel

with Kernel(Path(sys.argv[1]), environ={}) as kernel:
    with TestClient(create_app(kernel), base_url="http://127.0.0.1") as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        print(json.dumps([len(collections), *sorted(sys.modules)]))
"""


def test_heavy_libraries_are_loaded_when_first_needed_and_the_rest_without_a_look_for_garbage(
    run_python: Any, tmp_path: Path
) -> None:
    first = run_python(START, tmp_path / "home")
    assert first.returncode == 0, first.stderr
    collections, *loaded = json.loads(first.stdout)
    assert "faceforge_builtins.thumbnails" in loaded
    heavy = {"alembic", "babel", "boto3", "jinja2", "PIL", "jsonschema", "playwright", "typer"}
    assert heavy & set(loaded) == set()
    assert collections == 0


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
