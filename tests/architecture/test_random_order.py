"""C09: tests depend on no order."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
QUICK = [
    "kernel/test_ports.py",
    "kernel/test_auth.py",
    "kernel/plugins/test_plugins_discovery.py",
    "builtin_plugins/test_assets_ranges.py",
]
DEAR = "not consecutive_ranges and not without_importing"
"""Of their time these two took the larger part: one tries many examples, the other starts a Python."""
RUNS = 20
ALONE = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""Most of the time would go into loading the others."""
PLUGINS = ["-p", "pytest_randomly", "-p", "pytest_timeout", "-p", "faceforge_core.testing"]


def test_c09_every_run_has_an_order_of_its_own(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.hasplugin("randomly")


@pytest.mark.alone
@pytest.mark.slow
def test_c09_twenty_orders_of_the_quick_tests_pass_side_by_side(
    run_module: Any, tmp_path: Path, cannot_run: Any
) -> None:
    if not hasattr(os, "fork"):
        cannot_run("this system has no fork")
    arguments = ["-q", "-p", "no:cacheprovider", *PLUGINS, "-k", DEAR, *(str(TESTS / name) for name in QUICK)]
    command = [sys.executable, "-m", "tests.architecture.orders", str(RUNS), str(tmp_path), *arguments]
    done = run_module(command, env=ALONE, cwd=TESTS.parent, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout
    passed = [re.search(r"^(\d+) passed", file.read_text(), re.MULTILINE) for file in tmp_path.glob("*.txt")]
    assert len(passed) == RUNS
    assert all(found and int(found[1]) > 100 for found in passed)
