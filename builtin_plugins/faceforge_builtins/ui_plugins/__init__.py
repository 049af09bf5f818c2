"""The pages of plugins: what is there, what it does, its switch and its settings as a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import NavItem, Router, hookimpl
from faceforge_sdk.texts import to_translate

from . import install_routes, list_routes, plugin_routes, switch_routes

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    # Nothing below /ui/plugins/: there stand the pages of the plugins themselves.
    return [
        Router(list_routes.build(ctx), prefix="/ui/plugins", area="ui"),
        Router(install_routes.build(ctx), prefix="/ui/plugin-install", area="ui", uploads=("",)),
        Router(switch_routes.build(ctx), prefix="/ui/plugin-settings", area="ui"),
        Router(plugin_routes.build(ctx), prefix="/ui/plugin-settings", area="ui"),
    ]


@hookimpl
def register_nav_items() -> list[NavItem]:
    return [NavItem("plugins", to_translate("Plugins"), "/ui/plugins", icon="plugins", order=400)]
