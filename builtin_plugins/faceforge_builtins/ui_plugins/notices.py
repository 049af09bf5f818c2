"""The sentences a page may show after a redirect; addresses carry only their codes, never text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from faceforge_sdk.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Plugin
    from faceforge_sdk.protocols import Texts

LIST = "/ui/plugins"


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and where a POST takes it back. `role` is there for the shell, which shows notices of many kinds."""

    text: str
    undo: str | None = None
    role: str = ""


def plugin_address(plugin_id: str, below: str = "") -> str:
    """A plugin's page here, or what stands below it. Its own pages are under ``/ui/plugins/<id>/``."""
    return f"/ui/plugin-settings/{quote(plugin_id, safe='')}{below}"


def with_notice(path: str, code: str, plugin_id: str) -> str:
    """`path` with a notice about a plugin to show there."""
    return f"{path}?{urlencode({'notice': code, 'plugin': plugin_id})}"


def notice_of(ctx: PluginContext, values: Mapping[str, str], texts: Texts) -> Notice | None:
    """The notice that an address asks for; None for a code that is not ours, and for what is not so (any more)."""
    code, plugin_id = values.get("notice", ""), values.get("plugin", "")
    try:
        plugin = ctx.plugins.get(plugin_id)
    except NotFound:
        return None
    return _told(code, plugin, texts)


def _told(code: str, plugin: Plugin, texts: Texts) -> Notice | None:
    _, name = texts.gettext, texts.gettext(plugin.name)
    if code == "saved":
        return Notice(_("Settings saved."))
    if code == "removed" and not plugin.discovered:
        return Notice(_("“%(name)s” is removed.", name=name))
    if code == "on" and plugin.state == "active":
        return Notice(_("“%(name)s” is on.", name=name))
    if code == "off" and not plugin.enabled:
        return Notice(_("“%(name)s” is off.", name=name), plugin_address(plugin.plugin_id, "/enable"))
    return None
