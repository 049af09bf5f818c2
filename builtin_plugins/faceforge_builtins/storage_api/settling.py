"""Bringing home what went to the home's disk because its own place did not take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .jobs import SETTLE

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

EVERY_SECONDS = 300.0


def look(ctx: PluginContext) -> bool:
    """Queue the job if files wait and a place for them is back; whether it did."""
    usage = ctx.storage.usage()
    if not usage.displaced or not any(one.available for one in usage.providers if one.name != "fs"):
        return False
    ctx.jobs.enqueue(SETTLE, {}, dedupe_key=SETTLE)
    return True
