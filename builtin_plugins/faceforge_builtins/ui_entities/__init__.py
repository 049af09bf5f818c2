"""The pages of entities: gallery and table, search, create, edit, attach files, trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import EntityPanel, NavItem, Router, hookimpl

from . import attachment_routes, entity_routes, list_routes, trash_routes
from .panels import attachments_loader, overview_loader

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    # Before the entity's page, whose path would take theirs for an id.
    builders = (list_routes.build, trash_routes.build, attachment_routes.build, entity_routes.build)
    return [Router(build(ctx), prefix="/ui/entities", area="ui") for build in builders]


@hookimpl
def register_nav_items() -> list[NavItem]:
    return [NavItem("entities", "Entities", "/ui/entities", icon="entities", order=100)]


@hookimpl
def register_entity_panels(ctx: PluginContext) -> list[EntityPanel]:
    return [
        EntityPanel("overview", "Overview", "overview.html", overview_loader(ctx), order=100),
        EntityPanel("attachments", "Attachments", "attachments.html", attachments_loader(ctx), order=200),
    ]
