"""``/metrics``; it reads, and so runs on a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Response
from prometheus_client.exposition import choose_encoder

from faceforge_sdk.routing import built_late

from .families import Families

if TYPE_CHECKING:
    from faceforge_sdk.protocols import System


def build(system: System) -> APIRouter:
    """The one route, over the running Core."""
    router = built_late(APIRouter(tags=["System"]))
    families = Families(system)

    @router.get("/metrics", summary="How Core is, for Prometheus", response_class=Response)
    def metrics(accept: Annotated[str, Header()] = "") -> Response:
        encode, content_type = choose_encoder(accept)
        return Response(encode(families), media_type=content_type)

    return router
