"""A job told as it goes: its log, and the job itself whenever it changed, to coroutines that wait for news."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from anyio import to_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from faceforge_core.bell import Bell
    from faceforge_core.jobs.records import JobRecords
    from faceforge_sdk.models import Job, JobLogLine

_PAGE = 500
_BETWEEN_LOOKS = 0.1


async def follow(records: JobRecords, bell: Bell, job_id: str, after_id: int) -> AsyncIterator[Job | JobLogLine]:
    """See the SDK's `Jobs.follow`.

    Nothing is looked at while the bell is still; rings that fall together cost one look, and a job that talks all the
    time ten a second.
    """
    told: Job | None = None
    with bell.listening() as news:
        while not bell.silenced:
            news.clear()
            next_look = time.monotonic() + _BETWEEN_LOOKS
            job, lines = await to_thread.run_sync(records.look, job_id, after_id, _PAGE)
            if job != told and not job.ended:
                yield job
                told = job
            for line in lines:
                yield line
                after_id = line.job_log_id
            if len(lines) == _PAGE:
                continue
            if job.ended:
                yield job
                return
            await news.wait()
            await asyncio.sleep(next_look - time.monotonic())
