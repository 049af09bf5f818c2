"""The daily round: what it queues, when, and what it takes calmly."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.housekeeping.rounds import go_round
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.models import TrashSummary
from faceforge_sdk.testing import fake_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Trash:
    def __init__(self, keep_days: int | None) -> None:
        self._keep_days = keep_days

    def summary(self) -> TrashSummary:
        return TrashSummary(
            entities=0, assets=0, descriptors=0, field_defs=0, relationships=0, keep_days=self._keep_days
        )


@pytest.fixture
def ctx() -> Callable[..., Any]:
    """A context whose trash is emptied after so many days, and whose configuration is this."""

    def make(trash_days: int | None = None, **config: Any) -> Any:
        return dataclasses.replace(fake_context(config=config), trash=Trash(trash_days))

    return make


def queued(ctx: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(job.job_type, job.input) for job in ctx.jobs.queued]


PRUNE = ("jobs.prune", {"jobs_older_than_days": 90, "logs_older_than_days": 30})


@pytest.mark.parametrize(
    ("trash_days", "config", "jobs"),
    [
        (None, {}, []),
        (None, {"workers": 2, "keep_days": None, "keep_log_days": None}, []),
        (30, {}, [("trash.purge", {})]),
        (0, {}, [("trash.purge", {})]),
        (None, {"keep_days": 90, "keep_log_days": 30}, [PRUNE]),
        (None, {"keep_days": 9}, [("jobs.prune", {"jobs_older_than_days": 9, "logs_older_than_days": None})]),
        (
            30,
            {"keep_log_days": 9},
            [("jobs.prune", {"jobs_older_than_days": None, "logs_older_than_days": 9}), ("trash.purge", {})],
        ),
    ],
)
def test_r07_a_round_queues_what_the_configuration_says_and_by_default_keeps_all_jobs(
    ctx: Any, trash_days: int | None, config: dict[str, Any], jobs: list[Any]
) -> None:
    ours = ctx(trash_days, **config)
    go_round(ours)
    assert queued(ours) == jobs


def test_a_job_that_still_waits_is_not_queued_twice(ctx: Any) -> None:
    ours = ctx(30, keep_days=90, keep_log_days=30)
    for _ in range(3):
        go_round(ours)
    assert queued(ours) == [PRUNE, ("trash.purge", {})]


def test_what_no_plugin_runs_is_left_out(ctx: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ctx(30, keep_days=90, keep_log_days=30)
    really = ours.jobs.enqueue

    def enqueue(job_type: str, *arguments: Any, **options: Any) -> Any:
        if job_type == "jobs.prune":
            raise InvalidInput("No enabled plugin runs jobs of this type.")
        return really(job_type, *arguments, **options)

    monkeypatch.setattr(ours.jobs, "enqueue", enqueue)
    go_round(ours)
    assert queued(ours) == [("trash.purge", {})]


def test_its_settings_stand_in_core_json(start_core: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / "config" / "core.json").write_text(json.dumps({"jobs": {"keep_days": 90, "own": "kept"}}))
    core = start_core(home)
    path = "/v1/plugins/faceforge.housekeeping/config"
    config = core.client.get(path).json()["data"]["config"]
    assert config.items() >= {"keep_days": 90, "keep_log_days": None, "workers": 2}.items()

    changed = core.client.put(path, json={"config": {"keep_days": None, "keep_log_days": 7}})
    assert changed.status_code == 200
    stored = json.loads((home / "config" / "core.json").read_text())["jobs"]
    assert stored.items() >= {"keep_log_days": 7, "own": "kept"}.items()
    assert core.kernel.config.current.jobs.keep_days is None
    assert core.client.put(path, json={"config": {"keep_days": 0}}).status_code == 422
