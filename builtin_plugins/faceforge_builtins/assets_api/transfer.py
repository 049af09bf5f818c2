"""The routes that carry bytes: upload and download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from faceforge_sdk.models import Asset, Envelope, ok
from faceforge_sdk.routing import built_late

from .download import HARMLESS_TYPES, answer
from .upload import receive_upload

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Assets, Storage

UPLOAD_PATH = "/v1/assets/upload"

_UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "minLength": 1,
                            "description": "The file, with its name.",
                        },
                        "meta": {
                            "type": ["object", "array", "number", "boolean"],
                            "description": "A companion JSON file, kept among the asset's metadata.",
                        },
                    },
                },
                "encoding": {"meta": {"contentType": "application/json"}},
                "example": {"file": "the bytes of ada-lovelace-1840.jpg", "meta": {"painter": "Alfred Edward Chalon"}},
            }
        },
    }
}
_CONTENT: dict[str, Any] = {kind: {} for kind in ("application/octet-stream", *sorted(HARMLESS_TYPES))}
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": _CONTENT},
    206: {"description": "The requested range of the file.", "content": _CONTENT},
    304: {"description": "The client has this file already."},
}


def build(assets: Assets, storage: Storage) -> APIRouter:
    """Routes between the client's files and `storage`."""
    router = built_late(APIRouter(tags=["Assets"]))

    @router.post(UPLOAD_PATH, summary="Upload a file", openapi_extra=_UPLOAD_BODY)
    async def upload_asset(
        request: Request, kind: Annotated[str, Query(min_length=1, max_length=100)] = "file"
    ) -> Envelope[Asset]:
        return ok(await receive_upload(request, storage, kind))

    async def send(asset_id: str, request: Request, *, head: bool) -> Response:
        asset = assets.get(asset_id)
        return await to_thread.run_sync(
            lambda: answer(
                asset,
                request.headers,
                head=head,
                open_bytes=lambda start, end: storage.open(asset, start, end),
            )
        )

    path = "/v1/assets/{asset_id}/download"

    @router.get(path, summary="Download a file, whole or one range", response_class=Response, responses=_BYTES)
    async def download_asset(asset_id: str, request: Request) -> Response:
        return await send(asset_id, request, head=False)

    @router.head(path, summary="The headers of a download", response_class=Response, responses=_BYTES)
    async def head_asset(asset_id: str, request: Request) -> Response:
        return await send(asset_id, request, head=True)

    return router
