"""Plugins in words: what each adds, how it stands, where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk.models import Plugin
    from faceforge_sdk.protocols import Texts

State = Literal["on", "off", "failed", "held", "stopping", "gone"]


def state_of(plugin: Plugin) -> State:
    """How it stands. ``held``: it is switched on, and Core does not run it."""
    if not plugin.discovered:
        return "gone"
    if plugin.state == "active":
        return "on"
    if plugin.state == "error":
        return "failed"
    if plugin.state == "stopping":
        return "stopping"
    return "held" if plugin.enabled else "off"


def states(texts: Texts) -> Mapping[State, str]:
    """The states in words."""
    return {
        "on": texts.gettext("On"),
        "off": texts.gettext("Off"),
        "failed": texts.gettext("Does not work"),
        "held": texts.gettext("Not running"),
        "stopping": texts.gettext("Stopping"),
        "gone": texts.gettext("Gone"),
    }


def source_of(plugin: Plugin, texts: Texts) -> str:
    """Where it comes from."""
    return {
        "builtin": texts.gettext("Part of FaceForge"),
        "folder": texts.gettext("From the plugins folder"),
        "package": texts.gettext("A Python package"),
    }[plugin.source]


def adds_of(plugin: Plugin, texts: Texts, areas: Sequence[str]) -> Sequence[str]:
    """What it adds, each a few words: what it contributes, or while it is off what it says it would.

    `areas` are those of its routes, ``ui`` or ``v1``.
    """
    if not plugin.contributions:
        return [_capability(one, texts) for one in plugin.capabilities]
    found = dict(plugin.contributions)
    routes = found.pop("Router", 0)
    adds = [_contribution(kind, number, texts) for kind, number in sorted(found.items(), key=_rank)]
    if routes and "ui" in areas and "NavItem" not in found:
        adds.insert(0, texts.gettext("pages"))
    if routes and "v1" in areas:
        adds.append(texts.gettext("addresses of the API"))
    return adds


_ORDER = ("NavItem", "EntityPanel", "JobHandler", "StorageProvider", "S3Endpoint", "StorageRule", "AssetExtractor")


def _rank(item: tuple[str, int]) -> tuple[int, str]:
    kind = item[0]
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER)), kind


def _contribution(kind: str, number: int, texts: Texts) -> str:
    ngettext = texts.ngettext
    known = {
        "NavItem": ngettext("%(num)s page", "%(num)s pages", number),
        "EntityPanel": ngettext("%(num)s tab of entities", "%(num)s tabs of entities", number),
        "JobHandler": ngettext("%(num)s job", "%(num)s jobs", number),
        "StorageProvider": ngettext("a storage place", "%(num)s storage places", number),
        "StorageRule": ngettext("a rule for storage", "%(num)s rules for storage", number),
        "S3Endpoint": ngettext("an S3 server", "%(num)s S3 servers", number),
        "AssetExtractor": ngettext("a reader of files", "%(num)s readers of files", number),
        "Thumbnailer": ngettext("a maker of thumbnails", "%(num)s makers of thumbnails", number),
        "HealthCheck": ngettext("a check", "%(num)s checks", number),
        "EventHandler": ngettext("work after changes", "%(num)s sorts of work after changes", number),
        "SettingsTrial": ngettext("a try of its settings", "%(num)s tries of its settings", number),
        "FieldType": ngettext("%(num)s type of fields", "%(num)s types of fields", number),
        "Command": ngettext("%(num)s command", "%(num)s commands", number),
    }
    return known.get(kind, f"{texts.number(number)} × {kind}")


def _capability(name: str, texts: Texts) -> str:
    known = {
        "api": texts.gettext("addresses of the API"),
        "ui": texts.gettext("pages"),
        "jobs": texts.gettext("jobs"),
        "storage": texts.gettext("storage"),
        "thumbnails": texts.gettext("thumbnails"),
        "ingest": texts.gettext("reading of files"),
        "exiftool": texts.gettext("metadata by ExifTool"),
        "types": texts.gettext("types of fields"),
    }
    return known.get(name, name)
