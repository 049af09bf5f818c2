"""The guide to a first plugin, followed to the letter: in an empty folder, with the commands of its reader."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import httpx

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(
    r"(?:^\*\*`(?P<file>[^`]+)`\*\*(?P<end>, at its end)?\n\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_MARK = "--- step "
_ENDLESS = "faceforge plugins dev ."
_INTERRUPTED = f"""\
{_ENDLESS} > ../dev.log &
until grep " runs " ../dev.log; do sleep 0.1; done
kill -TERM $!
wait $!
"""
"""A command that its reader ends with Ctrl-C, which a script's background does not hear."""


class Step(NamedTuple):
    """A block of commands or of a file; what is told below it, or nothing."""

    file: str | None
    at_its_end: bool
    text: str
    told: str | None


@pytest.fixture(scope="module")
def steps() -> Sequence[Step]:
    return list(steps_of((ROOT / "docs" / "first-plugin.md").read_text(encoding="utf-8")))


def steps_of(guide: str) -> Iterator[Step]:
    blocks = list(_BLOCK.finditer(guide))
    for number, block in enumerate(blocks):
        if block["language"] == "text":
            continue
        assert (block["language"] == "sh") == (block["file"] is None), f"What is done with this?\n{block[0]}"
        below = blocks[number + 1] if number + 1 < len(blocks) else None
        told = below["text"] if below is not None and below["language"] == "text" else None
        yield Step(block["file"], block["end"] is not None, block["text"], told)


def script_of(steps: Sequence[Step]) -> str:
    """All of it for one shell, which stays in the folder that it went to."""
    lines = ["set -euo pipefail"]
    for number, step in enumerate(steps):
        lines.append(f"echo '{_MARK}{number}'")
        if step.file is None:
            lines.append(step.text.replace(f"{_ENDLESS}\n", _INTERRUPTED))
            continue
        arrow = ">>" if step.at_its_end else ">"
        lines.append(
            f"mkdir -p $(dirname {step.file})\ncat {arrow} {step.file} <<'END OF FILE'\n{step.text}END OF FILE"
        )
    return "\n".join(lines)


def is_told(expected: str, output: str) -> bool:
    """Whether the lines of a guide stand in the output in their order, with … for anything."""
    lines = (re.escape(line).replace("…", ".*") for line in expected.splitlines())
    pattern = "".join(rf"(?:^|\n){line}(?=\n)(?:.|\n)*" for line in lines)
    return re.search(pattern, f"\n{output}\n") is not None


@pytest.mark.slow
def test_who_follows_the_guide_has_a_plugin_that_works(
    steps: Sequence[Step],
    start_process: Any,
    require_tool: Callable[[str], str],
    authors_pytest: Mapping[str, str],
    tmp_path: Path,
) -> None:
    for tool in ("bash", "curl", "jq"):
        require_tool(tool)
    core = start_process()
    empty = tmp_path / "empty"
    empty.mkdir()
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {"PATH": programs, "FACEFORGE": core.url, "FACEFORGE_HOME": str(core.home), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {**own, **authors_pytest}

    done = subprocess.run(
        ["bash", "-c", script_of(steps)],
        cwd=empty,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    outputs = re.split(rf"^{_MARK}\d+\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(outputs) == len(steps)
    for step, output in zip(steps, outputs, strict=True):
        assert step.told is None or is_told(step.told, output), f"{step.text}\nsays\n{output}\nand not\n{step.told}"
    assert sum(step.told is not None for step in steps) >= 6

    client = core.client()
    assert tags_of_bo(client) == ["friend"], "the job did what the guide says"
    assert "anna.meetings" not in {row["plugin_id"] for row in client.get("/v1/plugins").json()["data"]["items"]}


def tags_of_bo(client: httpx.Client) -> list[str]:
    [bo] = client.get("/v1/entities", params={"q": "Bo"}).json()["data"]["items"]
    tags: list[str] = bo["tags"]
    return tags


@pytest.mark.parametrize(
    ("expected", "output", "told"),
    [
        ("a … c\nd", "x\na b c\nbetween\nd\n", True),
        ("a\nb", "b\na\n", False),
        ("a", "ab\n", False),
        ("…1 passed…", "=== 1 passed in 2 s ===\n", True),
    ],
)
def test_what_is_shown_is_compared_line_by_line(expected: str, output: str, *, told: bool) -> None:
    assert is_told(expected, output) is told
