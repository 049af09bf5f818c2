"""The pages of assets: all files as a grid with filters, and each in a lightbox with what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import NavItem, Router, hookimpl
from faceforge_sdk.texts import to_translate

from . import asset_routes, bulk_routes, list_routes, owner_routes, trash_routes

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    # Before the asset's page, whose path would take theirs for an id.
    builders = (list_routes.build, bulk_routes.build, trash_routes.build, owner_routes.build, asset_routes.build)
    return [Router(build(ctx), prefix="/ui/assets", area="ui") for build in builders]


@hookimpl
def register_nav_items() -> list[NavItem]:
    return [NavItem("assets", to_translate("Assets"), "/ui/assets", icon="assets", order=200)]
