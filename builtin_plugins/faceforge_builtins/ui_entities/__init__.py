"""The pages of entities: gallery and table, filters and views, editing one or many, facts, relationships, trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import EntityPanel, Migrations, NavItem, Router, hookimpl
from faceforge_sdk.texts import to_translate

from . import (
    attachment_routes,
    bulk_routes,
    entity_routes,
    fact_routes,
    field_routes,
    list_routes,
    relation_routes,
    trash_routes,
    view_routes,
)
from .panels import attachments_loader, overview_loader, relationships_loader
from .views import SavedViews

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_migrations() -> list[Migrations]:
    return [Migrations()]


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    views = SavedViews(ctx.db)
    # Before the entity's page, whose path would take theirs for an id.
    routers = [list_routes.build(ctx, views), view_routes.build(ctx, views)]
    routers += [build(ctx) for build in (bulk_routes.build, trash_routes.build, attachment_routes.build)]
    routers += [build(ctx) for build in (fact_routes.build, field_routes.build, relation_routes.build)]
    return [Router(router, prefix="/ui/entities", area="ui") for router in [*routers, entity_routes.build(ctx)]]


@hookimpl
def register_nav_items() -> list[NavItem]:
    return [NavItem("entities", to_translate("Entities"), "/ui/entities", icon="entities", order=100)]


@hookimpl
def register_entity_panels(ctx: PluginContext) -> list[EntityPanel]:
    return [
        EntityPanel("overview", to_translate("Overview"), "overview.html", overview_loader(ctx), order=100),
        EntityPanel("attachments", to_translate("Attachments"), "attachments.html", attachments_loader(ctx), order=200),
        EntityPanel(
            "relationships", to_translate("Relationships"), "relationships.html", relationships_loader(ctx), order=300
        ),
    ]
