"""Empties the trash and removes old jobs and logs, as the configuration says."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk import hookimpl
from faceforge_sdk.recurring import Recurring

from .rounds import EVERY, FIRST_AFTER, go_round

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk import PluginContext


@hookimpl
@contextmanager
def lifespan(ctx: PluginContext) -> Iterator[None]:
    with Recurring("housekeeping", lambda: go_round(ctx), ctx.log, first_after=FIRST_AFTER, every=EVERY):
        yield
