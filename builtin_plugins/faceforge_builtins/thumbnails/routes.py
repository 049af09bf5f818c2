"""The route of thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Response

from faceforge_sdk import Thumbnailer
from faceforge_sdk.errors import NotFound
from faceforge_sdk.routing import built_late

from .cache import VERSION
from .jobs import thumbnailer_for

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

    from .cache import ThumbnailCache

_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {"image/webp": {}}},
    202: {"description": "There is no picture yet; ask again later."},
    204: {"description": "No picture can be made of this file."},
    304: {"description": "The client has this picture already."},
}

_Size = Annotated[Literal["256", "512", "1024"], Query(description="The longer side in pixels.")]
_AssetId = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


def build(ctx: PluginContext, cache: ThumbnailCache) -> APIRouter:
    """Routes over what the jobs rendered; asking for a picture starts nothing.

    What may still come is 202 and what never will is 204, and neither is an error, since browsers report errors to
    the console for every picture on a page; 404 is for files of which no plugin makes pictures.
    """
    router = built_late(APIRouter(tags=["Assets"]))

    @router.get(
        "/v1/assets/{asset_id}/thumbnail", summary="A small picture", response_class=Response, responses=_PICTURE
    )
    def get_thumbnail(
        asset_id: str,
        size: _Size = "256",
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        asset = ctx.assets.get(asset_id)
        headers = {
            "ETag": f'"{asset.content_hash[:32]}-{size}-v{VERSION}"',
            "Cache-Control": "private, max-age=86400",
        }
        if if_none_match is not None and headers["ETag"] in if_none_match:
            return Response(status_code=304, headers=headers)
        picture = cache.read(asset.content_hash, int(size))
        if picture is None:
            if thumbnailer_for(ctx.plugins.contributed(Thumbnailer), asset) is None:
                raise NotFound("No plugin makes thumbnails of files like this asset.")
            status = 204 if cache.refused(asset.content_hash) else 202
            return Response(status_code=status, headers={"Retry-After": "2", "Cache-Control": "no-store"})
        return Response(picture, media_type="image/webp", headers=headers)

    @router.get(
        "/v1/trash/assets/{asset_id}/thumbnail",
        summary="The small picture of a file in the trash",
        response_class=Response,
        responses={200: _PICTURE[200], 204: {"description": "There is no picture of this file."}},
    )
    def get_trashed_thumbnail(asset_id: _AssetId, size: _Size = "256") -> Response:
        picture = cache.read(asset_id, int(size))  # an asset's id is the hash of its bytes, and pictures outlive a stay
        headers = {"Cache-Control": "private, no-cache"}
        return Response(picture, 200 if picture else 204, media_type="image/webp" if picture else None, headers=headers)

    return router
