"""The first page: what a reader prefers, and the way to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from faceforge_sdk.routing import built_late

from .sections import show

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/settings``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("")
    def start(request: Request) -> Response:
        return show(ctx, request, "start.html", "")

    return router
