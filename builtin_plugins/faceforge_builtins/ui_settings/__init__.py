"""The pages of settings: fields, storage, tools, access, trash and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import NavItem, Router, hookimpl
from faceforge_sdk.texts import to_translate

from . import access_routes, check_routes, field_routes, start_routes, storage_routes, trash_routes

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [
        Router(start_routes.build(ctx), prefix="/ui/settings", area="ui"),
        Router(check_routes.build(ctx), prefix="/ui/settings", area="ui"),
        Router(field_routes.build(ctx), prefix="/ui/settings/fields", area="ui"),
        Router(storage_routes.build(ctx), prefix="/ui/settings/storage", area="ui"),
        Router(access_routes.build(ctx), prefix="/ui/settings/access", area="ui"),
        Router(trash_routes.build(ctx), prefix="/ui/settings/trash", area="ui"),
    ]


@hookimpl
def register_nav_items() -> list[NavItem]:
    return [NavItem("settings", to_translate("Settings"), "/ui/settings", icon="settings", order=450)]
