"""C09: tests depend on no order."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess

TESTS = Path(__file__).parents[1]
QUICK = [
    "kernel/test_ports.py",
    "kernel/test_auth.py",
    "kernel/plugins/test_plugins_discovery.py",
    "builtin_plugins/test_assets_ranges.py",
]
SEEDS = 20
ALONE = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""Most of the time would go into loading the others."""
PLUGINS = ["-p", "pytest_randomly", "-p", "pytest_timeout", "-p", "faceforge_core.testing"]


def test_c09_every_run_has_an_order_of_its_own(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.hasplugin("randomly")


@pytest.mark.alone
@pytest.mark.slow
def test_c09_twenty_orders_of_the_quick_tests_pass_side_by_side(run_module: Any, tmp_path: Path) -> None:
    def run(seed: int) -> subprocess.CompletedProcess[str]:
        options = ["-q", "-p", "no:cacheprovider", f"--randomly-seed={seed}", f"--basetemp={tmp_path / str(seed)}"]
        command = [sys.executable, "-m", "pytest", *PLUGINS, *options, *QUICK]
        done: subprocess.CompletedProcess[str] = run_module(
            command, env=ALONE, cwd=TESTS, capture_output=True, text=True, timeout=120, check=False
        )
        return done

    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(run, range(SEEDS)):
            assert done.returncode == 0, done.stdout
