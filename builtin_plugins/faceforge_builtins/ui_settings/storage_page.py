"""Everything that the page of storage shows; the parts of plugins that are switched off are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from faceforge_sdk import S3Endpoint
from faceforge_sdk.errors import FaceForgeError, NotFound

from . import routing_form, s3_form
from .jobs import can_run
from .places import Place, name_of, places
from .routing_form import RoutingForm
from .s3_form import S3Form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import MigratePlan, Plugin
    from faceforge_sdk.protocols import Contributed, Texts

SEAWEED: Final = "faceforge.seaweedfs"
MIGRATE: Final = "storage.migrate"


@dataclass(frozen=True, slots=True)
class Seaweed:
    """The server that Core runs by itself: whether it should, and what is to be said of it."""

    wanted: bool
    ready: bool
    url: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A move of files that somebody thinks of: what was chosen, and once that is known what it would do."""

    to: str = ""
    source: str = ""
    kind: str = ""
    keep_source: bool = False
    plan: MigratePlan | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a test, in the reader's language."""

    status: str
    summary: str
    advice: str


@dataclass(frozen=True, slots=True)
class StoragePage:
    """`names` are the active places by what people call them; a part that is None has no active plugin."""

    places: Sequence[Place]
    displaced: int
    names: Mapping[str, str]
    routing: RoutingForm | None
    s3: S3Form | None
    seaweed: Seaweed | None
    move: Move | None
    trial: Trial | None = None

    @classmethod
    def read(
        cls,
        ctx: PluginContext,
        texts: Texts,
        *,
        routing: RoutingForm | None = None,
        s3: S3Form | None = None,
        move: Move | None = None,
        trial: Trial | None = None,
    ) -> StoragePage:
        """As it is; or with a form as it was just sent in place of what is stored."""
        usage = ctx.storage.usage()
        names = {one.name: name_of(one.name, texts) for one in usage.providers if one.active}
        routing_plugin, s3_plugin = active(ctx, routing_form.PLUGIN), active(ctx, s3_form.PLUGIN)
        movable = can_run(ctx, MIGRATE) and len(usage.providers) > 1
        return cls(
            places=places(ctx, texts, usage.providers),
            displaced=usage.displaced,
            names=names,
            routing=(routing or RoutingForm.of(routing_plugin.config)) if routing_plugin else None,
            s3=(s3 or S3Form.of(s3_plugin)) if s3_plugin else None,
            seaweed=_seaweed(ctx, texts),
            move=(move or Move()) if movable else None,
            trial=trial,
        )

    @property
    def all_names(self) -> Mapping[str, str]:
        """Those that hold files and are not active, too."""
        return {one.usage.name: one.title for one in self.places} | dict(self.names)


def active(ctx: PluginContext, plugin_id: str) -> Plugin | None:
    """A plugin that works at the moment."""
    try:
        plugin = ctx.plugins.get(plugin_id)
    except NotFound:
        return None
    return plugin if plugin.state == "active" else None


def _seaweed(ctx: PluginContext, texts: Texts) -> Seaweed | None:
    plugin = active(ctx, SEAWEED)
    if plugin is None:
        return None
    wanted = plugin.config.get("enabled") is True
    for one in ctx.plugins.contributed(S3Endpoint):
        if one.plugin_id == SEAWEED:
            ready = _ready(one)
            return Seaweed(wanted, ready, one.value.url, "" if ready else _trouble(ctx, texts))
    return Seaweed(wanted, ready=False)


def _ready(endpoint: Contributed[S3Endpoint]) -> bool:
    try:
        return endpoint.call(endpoint.value.ready, seconds=1.0)
    except FaceForgeError:
        return False


def _trouble(ctx: PluginContext, texts: Texts) -> str:
    said = [one for one in ctx.system.health(texts=texts) if one.plugin_id == SEAWEED]
    return " ".join(part for one in said for part in (one.summary, one.advice) if part)
