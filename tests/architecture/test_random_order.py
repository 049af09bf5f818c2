"""C09: tests depend on no order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
QUICK = [
    "kernel/test_ports.py",
    "kernel/test_auth.py",
    "kernel/plugins/test_plugins_discovery.py",
    "builtin_plugins/test_assets_ranges.py",
]
SEEDS = 20
PLUGINS = ["-p", "pytest_randomly", "-p", "pytest_timeout", "-p", "faceforge_core.testing"]


def test_c09_every_run_has_an_order_of_its_own(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.hasplugin("randomly")


@pytest.mark.alone
@pytest.mark.slow
def test_c09_twenty_orders_of_the_quick_tests_pass_side_by_side(tmp_path: Path) -> None:
    for first in range(1, SEEDS, 2):
        runs = [run_in_order(seed, tmp_path / str(seed)) for seed in (first, first + 1)]
        for run in runs:
            said, _ = run.communicate(timeout=120)
            assert run.returncode == 0, said


def run_in_order(seed: int, folder: Path) -> subprocess.Popen[str]:
    options = ["-q", "-p", "no:cacheprovider", f"--randomly-seed={seed}", f"--basetemp={folder}"]
    command = [sys.executable, "-m", "pytest", *PLUGINS, *options, *QUICK]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # most of the time would go into loading the others
    return subprocess.Popen(command, cwd=TESTS, env=alone, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
