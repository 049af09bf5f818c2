"""The pages of jobs: what runs and what ran, live; and the page that starts an import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import NavItem, Router, hookimpl
from faceforge_sdk.texts import to_translate

from . import import_routes, job_routes, list_routes

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [
        Router(list_routes.build(ctx), prefix="/ui/jobs", area="ui"),
        Router(job_routes.build(ctx), prefix="/ui/jobs", area="ui"),
        Router(import_routes.build(ctx), prefix="/ui/import", area="ui"),
    ]


@hookimpl
def register_nav_items() -> list[NavItem]:
    return [NavItem("jobs", to_translate("Jobs"), "/ui/jobs", icon="jobs", order=300)]
