"""A plugin as the pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk import NavItem, Router

from .words import State, adds_of, source_of, state_of, states

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Plugin
    from faceforge_sdk.protocols import Texts


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the plugin's own."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Card:
    """A plugin in words. `fixed` says why the switch can't be used, and is empty where it can."""

    plugin: Plugin
    name: str
    description: str
    state: State
    state_words: str
    source_words: str
    adds: Sequence[str]
    pages: Sequence[Link]
    fixed: str

    @property
    def yours(self) -> bool:
        """Whether it did not come with Core."""
        return self.plugin.source != "builtin"

    @property
    def asks_for_trust(self) -> bool:
        """Whether switching it on would run somebody's code."""
        return self.yours and self.plugin.discovered and not self.plugin.enabled

    @property
    def has_settings(self) -> bool:
        """Whether there is anything to set."""
        return self.plugin.config_schema is not None or bool(self.plugin.config)

    @property
    def removable(self) -> bool:
        """Whether it lies in a folder that may go."""
        return self.plugin.source == "folder" and self.plugin.discovered

    def matches(self, letters: str) -> bool:
        """Whether all words of a search are in what the card says."""
        said = " ".join((self.name, self.plugin.plugin_id, self.description, *self.adds)).casefold()
        return all(word in said for word in letters.casefold().split())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the plugins contribute to the web, asked for once for all cards."""

    pages: Mapping[str, Sequence[Link]]
    areas: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, ctx: PluginContext, texts: Texts) -> Surroundings:
        pages: dict[str, list[Link]] = {}
        areas: dict[str, list[str]] = {}
        for entry in ctx.plugins.contributed(NavItem):
            link = Link(texts.gettext(entry.value.title), entry.value.path)
            pages.setdefault(entry.plugin_id, []).append(link)
        for routes in ctx.plugins.contributed(Router):
            areas.setdefault(routes.plugin_id, []).append(routes.value.area)
            if routes.plugin_id not in pages and (path := _start_page(routes.plugin_id, routes.value)):
                pages[routes.plugin_id] = [Link(texts.gettext("Open its page"), path)]
        return cls(pages, areas)


def _start_page(plugin_id: str, routes: Router) -> str:
    """Where a plugin without an entry in the side bar has a page at the top of its own addresses."""
    if routes.area != "ui" or plugin_id.startswith("faceforge."):
        return ""
    paths = {getattr(route, "path", None) for route in routes.router.routes}
    start = next((path for path in ("/", "") if path in paths), None)
    return "" if start is None else f"/ui/plugins/{plugin_id}{routes.prefix}{start}"


def card_of(ctx: PluginContext, plugin: Plugin, texts: Texts, around: Surroundings) -> Card:
    """One plugin's card; names and descriptions are shown as the plugin's own translations have them."""
    state = state_of(plugin)
    return Card(
        plugin=plugin,
        name=texts.gettext(plugin.name),
        description=texts.gettext(plugin.description) if plugin.description else "",
        state=state,
        state_words=states(texts)[state],
        source_words=source_of(plugin, texts),
        adds=adds_of(plugin, texts, around.areas.get(plugin.plugin_id, ())),
        pages=around.pages.get(plugin.plugin_id, ()) if state == "on" else (),
        fixed=_fixed(ctx, plugin, texts),
    )


def _fixed(ctx: PluginContext, plugin: Plugin, texts: Texts) -> str:
    if plugin.essential:
        return texts.gettext("FaceForge needs it, so it is always on.")
    if plugin.plugin_id == ctx.plugin_id:
        return texts.gettext("It makes this page, so it can be switched off over the API alone.")
    return ""


def cards_of(ctx: PluginContext, plugins: Sequence[Plugin], texts: Texts) -> Iterator[Card]:
    """The cards of many."""
    around = Surroundings.of(ctx, texts)
    for plugin in plugins:
        yield card_of(ctx, plugin, texts, around)
