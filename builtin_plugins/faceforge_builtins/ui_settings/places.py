"""The places that hold files, in words: how much is there, and whether it can be reached."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .field_types import humanised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import ProviderUsage
    from faceforge_sdk.protocols import Texts

HOME: Final = "fs"
_OWNERS: Final = {"fs": "faceforge.storage_fs", "s3": "faceforge.storage_s3"}


@dataclass(frozen=True, slots=True)
class Disk:
    """The room on a disk, in bytes."""

    free: int
    total: int

    @property
    def percent_used(self) -> float:
        return 100.0 * (self.total - self.free) / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """One place. `where` is its folder or server, `trouble` why it can't be used."""

    usage: ProviderUsage
    title: str
    where: str = ""
    disk: Disk | None = None
    trouble: str = ""


def name_of(provider: str, texts: Texts) -> str:
    """What people call a place."""
    names = {"fs": texts.gettext("This computer"), "s3": texts.gettext("S3 server")}
    return names.get(provider) or humanised(provider)


def places(ctx: PluginContext, texts: Texts, providers: Sequence[ProviderUsage]) -> list[Place]:
    """All, each with what is wrong with it; who knows is asked only where something is."""
    return [_place(ctx, texts, one) for one in providers]


def _place(ctx: PluginContext, texts: Texts, usage: ProviderUsage) -> Place:
    title, trouble = name_of(usage.name, texts), ""
    if not usage.active:
        trouble = texts.gettext("No active plugin keeps files there, so that they can't be reached.")
    elif not usage.available:
        trouble = _said_by(ctx, texts, usage.name) or texts.gettext("It can't be reached at the moment.")
    if usage.name != HOME:
        return Place(usage, title, trouble=trouble)
    folder = ctx.system.info().paths.assets_dir
    return Place(usage, title, folder, _disk(folder), trouble)


def _said_by(ctx: PluginContext, texts: Texts, provider: str) -> str:
    """What the plugin behind a place says is wrong."""
    owner = _OWNERS.get(provider)
    said = [one for one in ctx.system.health(texts=texts) if one.plugin_id == owner]
    return next((one.summary for one in said if owner and one.status in {"warning", "error"}), "")


def _disk(folder: str) -> Disk | None:
    try:
        found = shutil.disk_usage(Path(folder))
    except OSError:
        return None
    return Disk(found.free, found.total)
