"""Every block of the guide to the API runs, in its order, against a real Core."""

from __future__ import annotations

import io
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def guide() -> list[tuple[str, str]]:
    """The blocks of the guide: language and content."""
    return _BLOCK.findall((Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8"))


def test_the_guide_runs_from_its_first_block_to_its_last(
    guide: list[tuple[str, str]], start_process: Any, require_tool: Callable[[str], str], tmp_path: Path
) -> None:
    for tool in ("bash", "curl", "jq"):
        require_tool(tool)
    core = start_process()
    folder = tmp_path / "holiday"
    folder.mkdir()
    (folder / "beach.txt").write_text("sand")
    (tmp_path / "ada.png").write_bytes(picture())
    blocks = [content for language, content in guide if language == "sh"]
    assert len(blocks) >= 10
    script = "set -euo pipefail\n" + "\n".join(f"echo '--- {n}'\n{block}" for n, block in enumerate(blocks, 1))
    environment = {**os.environ, "FACEFORGE": core.url, "TOKEN": core.token, "PICTURES": str(folder)}
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    told = done.stdout
    assert "null" not in re.findall(r"^(\S+)$", told, re.MULTILINE), told
    assert "Ada Lovelace" in told
    assert "succeeded" in told
    assert "event: entity.created" in told
    assert (tmp_path / "back.png").read_bytes() == picture()


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    return out.getvalue()


def test_the_guide_names_no_call_that_core_does_not_have(guide: list[tuple[str, str]], client: Any) -> None:
    known = client.get("/openapi.json").json()["paths"]
    patterns = [re.compile(re.sub(r"\{\w+\}", r"[^/?\"]+", path)) for path in known]
    named = {path for _, content in guide for path in re.findall(r"(/v1/[^\s\"'?`|)]+)", content)}
    assert named
    assert not [path for path in named if not any(pattern.fullmatch(path) for pattern in patterns)]
