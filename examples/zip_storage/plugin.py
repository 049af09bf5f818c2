"""What Core calls when the plugin is enabled: a place for bytes, and a rule that says what goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import StorageProvider, StorageRule, hookimpl

from .provider import NAME, ZipProvider

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.protocols import UploadFacts


@hookimpl
def register_storage_providers(ctx: PluginContext) -> list[StorageProvider]:
    return [ZipProvider(ctx.data_dir / "archives")]


@hookimpl
def register_storage_rules(ctx: PluginContext) -> list[StorageRule]:
    kinds = frozenset(ctx.config.get("kinds", ["note"]))
    max_bytes = int(ctx.config.get("max_bytes", 1024 * 1024))

    def choose(upload: UploadFacts) -> str | None:
        return NAME if upload.kind in kinds and upload.byte_size <= max_bytes else None

    return [StorageRule("example.zip_storage", choose, order=50)]
