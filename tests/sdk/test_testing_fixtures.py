"""The fixtures of `faceforge_core.testing` in somebody else's repository, and what they cost who uses none of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_sdk.client import FaceForge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_core.testing import RunningCore

HOOKS = Path(__file__).parents[2] / "sdk" / "HOOKS.md"
HEAVY = ("fastapi", "starlette", "sqlalchemy", "sqlmodel", "pydantic", "httpx2", "uvicorn", "faceforge_sdk")


def chapter(title: str, language: str) -> str:
    """The block of code in a chapter of HOOKS.md."""
    text = HOOKS.read_text(encoding="utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    [block] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return str(block)


@pytest.fixture
def run_pytest(authors_pytest: Mapping[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", *arguments]
        environment = {**os.environ, **authors_pytest}
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
        )

    return run


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A stranger's repository: the plugin that HOOKS.md begins with, and the tests that it shows."""
    folder = tmp_path / "repository"
    (folder / "demo_plugin").mkdir(parents=True)
    (folder / "demo_plugin" / "plugin.json").write_text(chapter("A plugin in three minutes", "json"), encoding="utf-8")
    (folder / "demo_plugin" / "plugin.py").write_text(chapter("A plugin in three minutes", "python"), encoding="utf-8")
    (folder / "test_demo.py").write_text(chapter("Testing a plugin", "python"), encoding="utf-8")
    return folder


def test_a_stranger_s_repository_tests_its_plugin_with_them(repository: Path, run_pytest: Any) -> None:
    run = run_pytest(repository, "-q", "-rA")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 passed" in run.stdout


def test_a_plugin_that_is_broken_fails_its_test_with_the_reason(repository: Path, install_plugin: Any) -> None:
    with (repository / "demo_plugin" / "plugin.py").open("a", encoding="utf-8") as file:
        file.write("\nimport nothing_of_that_name\n")
    with pytest.raises(pytest.fail.Exception, match=r"demo\.plugin did not become active.*nothing_of_that_name"):
        install_plugin(repository / "demo_plugin")
    (repository / "nothing").mkdir()
    with pytest.raises(pytest.fail.Exception, match="holds no usable plugin"):
        install_plugin(repository / "nothing")


def test_who_uses_none_of_them_loads_nothing_for_them(tmp_path: Path, run_pytest: Any) -> None:
    (tmp_path / "test_other.py").write_text(
        f"import sys\n\n\ndef test_other():\n    assert not [name for name in {HEAVY!r} if name in sys.modules]\n"
        "    assert 'faceforge_core.testing' in sys.modules\n",
        encoding="utf-8",
    )
    run = run_pytest(tmp_path, "-q")
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_fixtures_show_one_core(faceforge: RunningCore, ff: FaceForge, client: Any, run_job: Any) -> None:
    ada = ff.entities.create(display_name="Ada")
    assert client.get(f"/v1/entities/{ada.entity_id}").json()["data"]["display_name"] == "Ada"
    assert faceforge.kernel.services.entities.get(ada.entity_id) == ada
    assert run_job("storage.verify").status == "succeeded"
    assert (faceforge.home / "config" / "core.json").is_file()


def test_a_page_is_read_in_a_language_and_a_missing_one_fails_the_test(faceforge: RunningCore) -> None:
    assert 'lang="en"' in faceforge.page("/ui/entities")
    assert 'lang="de"' in faceforge.page("/ui/entities", language="de")
    with pytest.raises(pytest.fail.Exception, match="/ui/nowhere was answered with 404"):
        faceforge.page("/ui/nowhere")


def test_after_settling_what_came_in_is_read_and_handled(faceforge: RunningCore, ff: FaceForge) -> None:
    photo = Path(__file__).parents[1] / "fixtures" / "grace_hopper.jpg"
    asset = ff.assets.upload(photo)
    faceforge.settle()
    assert ff.assets.get(asset.asset_id).facts.media_type == "image/jpeg"
    assert ff.assets.thumbnail(asset.asset_id) is not None
    assert [job.status for job in ff.jobs.all() if not job.ended] == []


SLOW = """
import time

from pydantic import BaseModel

from faceforge_sdk import EventHandler, JobHandler, hookimpl


class Nothing(BaseModel):
    pass


def work(job):
    time.sleep(0.3)
    return {"done": True}


def hold(job):
    while True:
        job.check_cancelled()
        time.sleep(0.01)


@hookimpl
def register_event_handlers(ctx):
    def handle(events):
        time.sleep(0.3)
        ctx.jobs.enqueue("slow.work", {})

    return [EventHandler("slow", "entity.created", handle)]


@hookimpl
def register_job_handlers(ctx):
    return [JobHandler("slow.work", Nothing, work), JobHandler("slow.hold", Nothing, hold)]
"""


@pytest.fixture
def slow(install_plugin: Any, tmp_path: Path) -> None:
    """A plugin that takes its time to hear of a new entity, and queues a job that takes its time too."""
    folder = tmp_path / "slow"
    folder.mkdir()
    manifest = {"id": "slow", "name": "Slow", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "plugin.py").write_text(SLOW, encoding="utf-8")
    install_plugin(folder)


@pytest.mark.usefixtures("slow")
def test_settling_waits_for_handlers_and_for_the_jobs_they_queue(faceforge: RunningCore, ff: FaceForge) -> None:
    ff.entities.create(display_name="Ada")
    faceforge.settle()
    assert [job.result for job in ff.jobs.all(job_type="slow.work")] == [{"done": True}]


@pytest.mark.usefixtures("slow")
def test_settling_waits_for_no_job_of_a_plugin_that_is_disabled(faceforge: RunningCore, ff: FaceForge) -> None:
    for _ in range(8):
        ff.jobs.enqueue("slow.hold")
    with pytest.raises(TimeoutError):
        faceforge.settle(seconds=0.2)
    ff.plugins.disable("slow")
    faceforge.settle()
    assert ff.jobs.list(job_type="slow.hold", status="queued").total
    with pytest.raises(TimeoutError):
        faceforge.wait_for(lambda: None, seconds=0.05)


def test_two_cores_are_two_homes(start_core: Any, tmp_path: Path) -> None:
    first, second = (start_core(tmp_path / name) for name in ("first", "second"))
    first.ff.entities.create(display_name="Ada")
    assert (first.ff.entities.list().total, second.ff.entities.list().total) == (1, 0)
    assert len({first.address, second.address}) == 2
    with FaceForge.of_home(second.home) as remote:
        assert remote.entities.list().total == 0
