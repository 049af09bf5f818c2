"""The routes of health, ping and system information."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from pydantic import BaseModel

from faceforge_sdk.models import Envelope, HealthFinding, Items, Pong, Readiness, SystemInfo, ok
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk.protocols import System

_PIECE = 64 * 1024


class Health(BaseModel):
    """Core answers."""

    status: Literal["ok"] = "ok"


def build(system: System) -> APIRouter:
    """Routes over the running Core."""
    router = built_late(APIRouter(tags=["System"]))

    @router.get("/healthz", summary="Whether Core answers")
    async def health() -> Health:
        return Health()

    @router.get("/livez", summary="Whether Core's process lives")
    async def alive() -> Health:
        return Health()

    @router.get("/readyz", summary="Whether Core can do its work now", responses={503: {"model": Readiness}})
    def readiness(response: Response) -> Readiness:
        found = system.readiness()
        response.status_code = 200 if found.ready else 503
        return found

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

    @router.get(
        "/v1/system/support-bundle",
        summary="Facts about this Core for whoever helps, as a ZIP without secrets",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/zip": {}}}},
    )
    def support_bundle() -> StreamingResponse:
        name = f"faceforge-support-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(_pieces(system.support_bundle()), media_type="application/zip", headers=headers)

    @router.get("/", include_in_schema=False)
    async def start() -> RedirectResponse:
        return RedirectResponse("/ui/entities", 302)

    return router


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
