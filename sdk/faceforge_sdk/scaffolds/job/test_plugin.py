"""The plugin in a real Core on a temporary home: run ``pytest`` in this folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_core.testing import RunningCore

HERE = Path(__file__).parent


def test_it_counts_the_letters_names_begin_with(faceforge: RunningCore) -> None:
    plugin = faceforge.install_plugin(HERE)
    for name in ("Anna", "amir", "Bo"):
        faceforge.client.post("/v1/entities", json={"display_name": name})

    job = faceforge.run_job(f"{plugin.plugin_id}.count", {"top": 5})

    assert job.status == "succeeded"
    assert job.result == {"initials": {"A": 2, "B": 1}}


def test_what_it_is_asked_for_is_checked(faceforge: RunningCore) -> None:
    plugin = faceforge.install_plugin(HERE)
    job = {"job_type": f"{plugin.plugin_id}.count", "input": {"top": 0}}
    assert faceforge.client.post("/v1/jobs", json=job).status_code == 422
