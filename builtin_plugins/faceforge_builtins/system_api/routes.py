"""The routes of health, ping and system information."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from faceforge_sdk.models import Envelope, HealthFinding, Items, Pong, SystemInfo, ok

if TYPE_CHECKING:
    from faceforge_sdk.protocols import System


class Health(BaseModel):
    """Core answers."""

    status: Literal["ok"] = "ok"


def build(system: System) -> APIRouter:
    """Routes over the running Core."""
    router = APIRouter(tags=["System"])

    @router.get("/healthz", summary="Whether Core answers")
    async def health() -> Health:
        return Health()

    @router.get("/v1/ping", summary="Whether the token is right")
    async def ping() -> Envelope[Pong]:
        return ok(Pong())

    @router.get("/v1/system/info", summary="What is running, and where things lie")
    def system_info() -> Envelope[SystemInfo]:
        return ok(system.info())

    @router.get("/v1/system/health", summary="How Core, its home and its plugins are, and what to do about it")
    def system_health(
        deep: Annotated[
            bool, Query(description="Read every page of the database too, which may take minutes.")
        ] = False,
    ) -> Envelope[Items[HealthFinding]]:
        return ok(Items(items=[*system.health(deep=deep)]))

    @router.get("/", include_in_schema=False)
    async def start() -> RedirectResponse:
        return RedirectResponse("/ui/entities", 302)

    return router
