"""The route of thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response

from faceforge_sdk.errors import NotFound

from .cache import VERSION

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Assets

    from .cache import ThumbnailCache

_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {"image/webp": {}}},
    304: {"description": "The client has this picture already."},
}


def build(assets: Assets, cache: ThumbnailCache) -> APIRouter:
    """Routes over what the jobs rendered. A picture that is not there (yet) is 404; asking for it starts nothing."""
    router = APIRouter(tags=["Assets"])

    @router.get(
        "/v1/assets/{asset_id}/thumbnail", summary="A small picture", response_class=Response, responses=_PICTURE
    )
    def get_thumbnail(
        asset_id: str,
        size: Annotated[Literal["256", "512", "1024"], Query(description="The longer side in pixels.")] = "256",
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        asset = assets.get(asset_id)
        headers = {
            "ETag": f'"{asset.content_hash[:32]}-{size}-v{VERSION}"',
            "Cache-Control": "private, max-age=86400",
        }
        if if_none_match is not None and headers["ETag"] in if_none_match:
            return Response(status_code=304, headers=headers)
        picture = cache.read(asset.content_hash, int(size))
        if picture is None:
            raise NotFound("There is no thumbnail of this asset, or not yet.")
        return Response(picture, media_type="image/webp", headers=headers)

    return router
