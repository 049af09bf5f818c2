"""What the tab of an entity shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.models import LinkedAssetQuery

from .colours import name_of
from .reading import colours_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Asset

_MOST_PICTURES = 50


def panel_loader(ctx: PluginContext) -> Callable[[str], Mapping[str, Any]]:
    """Gives the template its values; Core calls it whenever somebody opens the tab."""

    def load(entity_id: str) -> Mapping[str, Any]:
        page = ctx.assets.of_entity(entity_id, LinkedAssetQuery(media_type="image/*", limit=_MOST_PICTURES))
        pictures = [_shown(asset) for asset in page.items if colours_of(asset)]
        return {"pictures": pictures, "unread": len(page.items) - len(pictures)}

    return load


def _shown(asset: Asset) -> dict[str, Any]:
    colours = [{"code": one.code, "share": one.share, "name": name_of(one.code)} for one in colours_of(asset)]
    return {"asset_id": asset.asset_id, "filename": asset.filename or asset.asset_id[:12], "colours": colours}
