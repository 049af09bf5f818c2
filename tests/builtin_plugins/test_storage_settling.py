"""Files that wait for their place are moved there once it is back, and nothing is queued before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from faceforge_builtins.storage_api.settling import look
from faceforge_sdk.models import ProviderUsage, StorageUsage
from faceforge_sdk.testing import fake_context


class Storage:
    """Tells what the test says of two places."""

    def __init__(self) -> None:
        self.displaced = 0
        self.available = False

    def usage(self) -> StorageUsage:
        places = [("fs", True), ("s3", self.available)]
        return StorageUsage(
            providers=[
                ProviderUsage(name=name, active=True, available=available, assets=0, total_bytes=0)
                for name, available in places
            ],
            displaced=self.displaced,
        )


@pytest.fixture
def ctx() -> Any:
    return replace(fake_context(), storage=Storage())


@pytest.mark.parametrize(
    ("displaced", "available", "queued"), [(0, True, False), (3, False, False), (0, False, False), (3, True, True)]
)
def test_the_job_is_queued_when_files_wait_and_their_place_is_back(
    ctx: Any, displaced: int, available: bool, queued: bool
) -> None:
    ctx.storage.displaced, ctx.storage.available = displaced, available
    assert look(ctx) is queued
    assert [job.job_type for job in ctx.jobs.queued] == ["storage.settle"] * queued
