"""Stand-ins for Core in a plugin's own tests: everything in memory, no kernel, no test framework.

::

    ctx = fake_context(config={"greeting": "Hi"}, data_dir=tmp_path)
    anna = ctx.entities.create(EntityDraft(display_name="Anna"))
    [panel] = plugin.register_entity_panels(ctx)
    assert panel.load(anna.entity_id)["name"] == "Anna"

They keep the promises that a plugin can see, not Core's speed or durability. The real thing on a temporary home is
`faceforge_core.testing`. What a storage provider has to keep is checked by `PROVIDER_CHECKS` of
`faceforge_sdk.testing.providers`.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faceforge_sdk.context import PluginContext

from .assets import FakeAssets
from .descriptors import FakeDescriptors, FakeFieldDefs
from .entities import FakeEntities
from .files import FakeReceived, FakeStorage, FakeUpload
from .house import FAKE_TOKEN, FakeBackups, FakePages, FakeSessions, FakeSystem
from .imports import FakeImports
from .plugins import FakeContributed, FakePlugins
from .relationships import FakeRelationships
from .tables import FakePluginData, FakePluginDatabase
from .trash import FakeTrash
from .work import FakeEvents, FakeJobContext, FakeJobs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FAKE_TOKEN",
    "FakeAssets",
    "FakeBackups",
    "FakeContributed",
    "FakeDescriptors",
    "FakeEntities",
    "FakeEvents",
    "FakeFieldDefs",
    "FakeImports",
    "FakeJobContext",
    "FakeJobs",
    "FakePages",
    "FakePluginData",
    "FakePluginDatabase",
    "FakePlugins",
    "FakeReceived",
    "FakeRelationships",
    "FakeSessions",
    "FakeStorage",
    "FakeSystem",
    "FakeTrash",
    "FakeUpload",
    "fake_context",
]


def fake_context(
    *, plugin_id: str = "test.plugin", config: Mapping[str, Any] | None = None, data_dir: Path | None = None
) -> PluginContext:
    """A context whose services live in memory and share what they hold, a new one each time.

    `data_dir` is never made; give the test's temporary folder if the plugin writes there.
    """
    assets, entities = FakeAssets(), FakeEntities()
    assets.entities, entities.assets = entities, assets
    imports = FakeImports(assets, entities)
    field_defs = FakeFieldDefs()
    descriptors = field_defs.descriptors = FakeDescriptors(entities, field_defs)
    return PluginContext(
        plugin_id=plugin_id,
        config=dict(config or {}),
        log=logging.getLogger(f"faceforge.plugin.{plugin_id}"),
        data_dir=data_dir or Path("fake-data", plugin_id),
        db=FakePluginDatabase(plugin_id, entities, assets),
        plugin_data=FakePluginData(plugin_id, entities, assets),
        entities=entities,
        assets=assets,
        field_defs=field_defs,
        descriptors=descriptors,
        relationships=FakeRelationships(entities),
        trash=FakeTrash(),
        storage=FakeStorage(assets, imports),
        imports=imports,
        backups=FakeBackups(),
        jobs=FakeJobs(),
        events=FakeEvents(),
        plugins=FakePlugins(),
        sessions=FakeSessions(),
        pages=FakePages(),
        system=FakeSystem(),
    )
