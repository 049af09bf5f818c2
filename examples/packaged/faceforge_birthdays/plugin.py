"""What Core calls when the plugin is enabled: `plugin` in `plugin.json` is this module of the package."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from faceforge_sdk import Envelope, Router, hookimpl, ok

from .calendar import Birthday, upcoming

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    router = APIRouter(tags=["Birthdays"])
    field = str(ctx.config.get("field", "birthday"))

    @router.get("/next", summary="Whose birthday is next")
    def next_birthdays(days: Annotated[int, Query(ge=0, le=366)] = 30) -> Envelope[list[Birthday]]:
        today = datetime.now().astimezone().date()
        return ok(upcoming(ctx.entities, field, today, days))

    return [Router(router)]
