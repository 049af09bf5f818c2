"""Where uploads go, by the configuration's kind map, size limit and default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import StorageRule, hookimpl

from .rule import LAST, Routing

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_storage_rules(ctx: PluginContext) -> list[StorageRule]:
    return [StorageRule("routing", Routing.model_validate(ctx.config).choose, order=LAST)]
