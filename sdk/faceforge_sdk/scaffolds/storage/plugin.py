"""What Core calls when the plugin is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import StorageProvider, StorageRule, hookimpl

from .provider import FolderProvider

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.protocols import UploadFacts


@hookimpl
def register_storage_providers(ctx: PluginContext) -> list[StorageProvider]:
    return [FolderProvider(ctx.plugin_id, ctx.data_dir / "files")]


@hookimpl
def register_storage_rules(ctx: PluginContext) -> list[StorageRule]:
    kind = ctx.config.get("kind", "archive")

    def choose(upload: UploadFacts) -> str | None:
        return ctx.plugin_id if upload.kind == kind else None

    return [StorageRule(ctx.plugin_id, choose)]
