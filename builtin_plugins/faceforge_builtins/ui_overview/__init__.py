"""The first page: what the library holds, what is new and what needs attention, or a welcome to an empty one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import NavItem, Router, hookimpl
from faceforge_sdk.texts import to_translate

from .routes import build

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(build(ctx), area="ui")]


@hookimpl
def register_nav_items() -> list[NavItem]:
    return [NavItem("overview", to_translate("Overview"), "/ui/overview", icon="overview", order=50)]
