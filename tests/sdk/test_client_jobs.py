"""Following jobs by the client: live, through connections that break, and where streams do not come through."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from faceforge_sdk.client import FaceForge
from faceforge_sdk.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faceforge_core.testing import RunningCore
    from faceforge_sdk.models import Job, JobLogLine

TALKER = """
import time

from pydantic import BaseModel

from faceforge_sdk import JobHandler, hookimpl


class Talk(BaseModel):
    lines: int = 0
    seconds: float = 0.0


def talk(job):
    for number in range(job.input.lines):
        job.check_cancelled()
        job.log("info", f"line {number}")
        job.progress(100 * number / job.input.lines)
        time.sleep(job.input.seconds / job.input.lines)
    return {"said": job.input.lines}


def fail(job):
    raise ValueError("It broke.")


@hookimpl
def register_job_handlers(ctx):
    return [JobHandler("talker.talk", Talk, talk), JobHandler("talker.fail", Talk, fail)]
"""


@pytest.fixture(scope="module")
def talker(served: RunningCore, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A plugin whose jobs say as many lines as they are asked for."""
    folder = tmp_path_factory.mktemp("plugins") / "talker"
    folder.mkdir()
    manifest = {"id": "talker", "name": "Talker", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "plugin.py").write_text(TALKER, encoding="utf-8")
    served.install_plugin(folder)


pytestmark = pytest.mark.usefixtures("talker")


def test_waiting_tells_each_line_once_and_the_progress_and_gives_the_job_at_its_end(remote: FaceForge) -> None:
    lines: list[JobLogLine] = []
    states: list[Job] = []
    queued = remote.jobs.enqueue("talker.talk", {"lines": 300, "seconds": 1})
    job = remote.jobs.wait(queued.job_id, on_log=lines.append, on_progress=states.append, timeout=60)
    assert (job.status, job.result) == ("succeeded", {"said": 300})
    said = [line.message for line in lines if line.message.startswith("line ")]
    assert said == [f"line {number}" for number in range(300)]
    assert lines == [*remote.jobs.log(job.job_id)]
    percents = [one.progress_percent or 0 for one in states]
    assert percents == sorted(percents)
    assert len(states) > 2, "it was told while it ran"
    assert states[-1] == job


def test_a_job_that_failed_is_a_job_that_ended(remote: FaceForge) -> None:
    job = remote.jobs.wait(remote.jobs.enqueue("talker.fail").job_id, timeout=60)
    assert job.status == "failed"
    assert job.error is not None
    assert "It broke." in job.error.message
    assert [line.level for line in remote.jobs.log(job.job_id, levels=["error"])] == ["error"]
    again = remote.jobs.retry(job.job_id)
    assert again.retry_of == job.job_id
    assert remote.jobs.wait(again.job_id, timeout=60).status == "failed"


def test_a_log_is_read_to_its_end_over_pages(remote: FaceForge) -> None:
    job = remote.jobs.wait(remote.jobs.enqueue("talker.talk", {"lines": 2500}).job_id, timeout=60)
    lines = [line.message for line in remote.jobs.log(job.job_id) if line.message.startswith("line ")]
    assert lines == [f"line {number}" for number in range(2500)]


def test_what_takes_too_long_is_waited_for_no_longer_than_wanted(remote: FaceForge) -> None:
    queued = remote.jobs.enqueue("talker.talk", {"lines": 1000, "seconds": 60})
    began = time.monotonic()
    with pytest.raises(TimeoutError, match=r"has not ended after 0\.5 s"):
        remote.jobs.wait(queued.job_id, timeout=0.5)
    assert time.monotonic() - began < 30, "long before the job ends"
    assert remote.jobs.cancel(queued.job_id).cancel_requested
    assert remote.jobs.wait(queued.job_id, timeout=60).status == "canceled"
    with pytest.raises(Conflict):
        remote.jobs.retry(remote.jobs.wait(remote.jobs.enqueue("talker.talk").job_id, timeout=60).job_id)


def test_jobs_are_listed_by_status_and_type_and_unknown_ones_refused(remote: FaceForge) -> None:
    ids = [remote.jobs.wait(remote.jobs.enqueue("talker.talk").job_id, timeout=60).job_id for _ in range(3)]
    found = [job.job_id for job in remote.jobs.all(job_type="talker.talk", status="succeeded", limit=1)]
    assert found[:3] == ids[::-1]
    assert remote.jobs.list(job_type="talker.talk").items[0].job_id == ids[-1]
    assert {"talker.talk", "talker.fail"} <= {one.job_type for one in remote.jobs.types()}
    with pytest.raises(InvalidInput):
        remote.jobs.enqueue("talker.sing")
    with pytest.raises(NotFound):
        remote.jobs.wait("0" * 64)


def test_a_stream_that_breaks_loses_no_line_and_tells_none_twice(breaking: Callable[..., Any]) -> None:
    ff, proxy = breaking(6_000, 6_000, 6_000)
    queued = ff.jobs.enqueue("talker.talk", {"lines": 400, "seconds": 1})
    lines: list[JobLogLine] = []
    assert ff.jobs.wait(queued.job_id, on_log=lines.append, timeout=60).status == "succeeded"
    said = [line.message for line in lines if line.message.startswith("line ")]
    assert said == [f"line {number}" for number in range(400)]
    assert proxy.connections > 3


def test_where_no_stream_comes_through_the_job_is_asked_for(served: RunningCore) -> None:
    streams: list[str] = []

    class NoStreams(httpx2.HTTPTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            if request.url.path.endswith("/events"):
                streams.append(request.url.path)
                return httpx2.Response(200, text="a page of some proxy", headers={"content-type": "text/html"})
            return super().handle_request(request)

    lines: list[JobLogLine] = []
    headers = {"Authorization": f"Bearer {served.token}"}
    with httpx2.Client(transport=NoStreams(), base_url=served.address, headers=headers) as http:
        ff = FaceForge(http=http)
        queued = ff.jobs.enqueue("talker.talk", {"lines": 50, "seconds": 1})
        assert ff.jobs.wait(queued.job_id, on_log=lines.append, timeout=60).status == "succeeded"
    assert len(streams) == 2
    assert [line.message for line in lines][-51:] == [*(f"line {n}" for n in range(50)), "Job completed"]


def test_what_a_listener_raises_ends_the_waiting_and_not_the_job(remote: FaceForge, tmp_path: Path) -> None:
    queued = remote.jobs.enqueue("talker.talk", {"lines": 20, "seconds": 0.2})

    def stop(_line: JobLogLine) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        remote.jobs.wait(queued.job_id, on_log=stop)
    assert remote.jobs.wait(queued.job_id, timeout=60).status == "succeeded"
