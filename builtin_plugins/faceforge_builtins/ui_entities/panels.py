"""The tabs of an entity's page, and those of them that are ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from faceforge_sdk import EntityPanel
from faceforge_sdk.errors import ContributionFailed
from faceforge_sdk.models import LinkedAssetQuery

from .attachments import attachments_of
from .fact_rows import FactSheet
from .graph import MOST_BESIDE_LIST, GraphView
from .relations import Relations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastapi import Request

    from faceforge_sdk import PluginContext
    from faceforge_sdk.protocols import Contributed

_LATEST = 6


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab's heading."""

    id: str
    title: str
    current: bool


@dataclass(frozen=True, slots=True)
class ShownPanel:
    """The open tab: its content, or whose failure stands in its place."""

    id: str
    title: str
    content: Markup | None
    failed_plugin: str | None = None


@dataclass(frozen=True, slots=True)
class Tabs:
    """All tabs, and the open one, rendered alone so that its failure stays its own."""

    tabs: list[Tab]
    shown: ShownPanel | None

    @classmethod
    def load(cls, ctx: PluginContext, request: Request, entity_id: str, wanted: str) -> Tabs:
        """The tab `wanted`, or the first one."""
        panels = ctx.plugins.contributed(EntityPanel)
        chosen = next((panel for panel in panels if panel.value.id == wanted), panels[0] if panels else None)
        tabs = [Tab(panel.value.id, panel.value.title, panel is chosen) for panel in panels]
        return cls(tabs, _show(ctx, request, chosen, entity_id) if chosen else None)


def _show(ctx: PluginContext, request: Request, panel: Contributed[EntityPanel], entity_id: str) -> ShownPanel:
    value = panel.value

    def render() -> bytes:
        template = f"{panel.plugin_id}/{value.template}"
        return bytes(ctx.pages.render(request, template, **value.load(entity_id)).body)

    try:
        page = panel.call(render)
    except ContributionFailed as failure:
        ctx.log.warning("The panel %r of %s failed: %s", value.id, panel.plugin_id, failure)
        return ShownPanel(value.id, value.title, None, failed_plugin=panel.plugin_id)
    return ShownPanel(value.id, value.title, Markup(page.decode()))  # noqa: S704  (the renderer escaped it)


def overview_loader(ctx: PluginContext) -> Callable[[str], Mapping[str, Any]]:
    """The facts, and the newest files."""

    def load(entity_id: str) -> Mapping[str, Any]:
        entity = ctx.entities.get(entity_id)
        page = ctx.assets.of_entity(entity_id, LinkedAssetQuery(limit=_LATEST))
        return {
            "entity": entity,
            "sheet": FactSheet.of(ctx, entity),
            "attachments": attachments_of(ctx, page.items),
            "total": page.total,
        }

    return load


def attachments_loader(ctx: PluginContext) -> Callable[[str], Mapping[str, Any]]:
    """The first page of the files; the rest follows by cursor."""

    def load(entity_id: str) -> Mapping[str, Any]:
        entity = ctx.entities.get(entity_id)
        page = ctx.assets.of_entity(entity_id, LinkedAssetQuery())
        return {
            "entity": entity,
            "attachments": attachments_of(ctx, page.items),
            "total": page.total,
            "next_cursor": page.next_cursor,
        }

    return load


def relationships_loader(ctx: PluginContext) -> Callable[[str], Mapping[str, Any]]:
    """The graph of the nearest, and the first page of the list."""

    def load(entity_id: str) -> Mapping[str, Any]:
        return {
            "entity": ctx.entities.get(entity_id),
            "relations": Relations.of(ctx, entity_id),
            "graph": GraphView.around(ctx, entity_id, 1, MOST_BESIDE_LIST),
        }

    return load
