"""What Core calls when the plugin is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import AssetExtractor, hookimpl

from .reading import is_text, read_all

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_asset_extractors(ctx: PluginContext) -> list[AssetExtractor]:
    return [AssetExtractor(f"{ctx.plugin_id}.text", ctx.plugin_id, is_text, read_all)]
