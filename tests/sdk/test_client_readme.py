"""The example for scripts in the README does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_core.testing import RunningCore

README = Path(__file__).parents[2] / "README.md"


def test_the_script_of_the_readme_runs(faceforge: RunningCore, tmp_path: Path) -> None:
    section = README.read_text(encoding="utf-8").partition("## For scripts\n")[2].partition("\n## ")[0]
    [script] = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    for name in ("scans", "copies"):
        (tmp_path / name).mkdir()
    (tmp_path / "scans" / "letter.jpg").write_bytes(b"a letter")
    assert faceforge.address

    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "FACEFORGE_HOME": str(faceforge.home)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    said = run.stdout.splitlines()
    assert said[0] == f"Ada Lovelace {Path('copies') / 'letter.jpg'}"
    assert "Job completed" in said
    assert said[-2].startswith("succeeded {")
    assert said[-1] == "There is no entity 'nobody'."
    assert (tmp_path / "copies" / "letter.jpg").read_bytes() == b"a letter"
