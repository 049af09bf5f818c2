"""Makes each plugin's context out of the services of one Core."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faceforge_core.web.pages import PluginPages
from faceforge_sdk import PluginContext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_core.catalog.composition import Catalog
    from faceforge_core.db.plugin_tables import PluginTables
    from faceforge_core.home import Home
    from faceforge_sdk.protocols import Backups, Events, Jobs, Plugins, Sessions, Storage, System, Trash


@dataclass(frozen=True, slots=True, kw_only=True)
class Contexts:
    """The services. `plugins` is asked for when a context is made: it is what makes them."""

    home: Home
    catalog: Catalog
    tables: PluginTables
    trash: Trash
    storage: Storage
    backups: Backups
    jobs: Jobs
    events: Events
    plugins: Callable[[], Plugins]
    sessions: Sessions
    system: System

    def of(self, plugin_id: str, config: Mapping[str, Any]) -> PluginContext:
        """The context of one plugin under one configuration."""
        return PluginContext(
            plugin_id=plugin_id,
            config=config,
            log=logging.getLogger(f"faceforge.plugin.{plugin_id}"),
            data_dir=self.home.data_dir_of(plugin_id),
            db=self.tables.of(plugin_id),
            plugin_data=self.catalog.plugin_data.of_plugin(plugin_id),
            entities=self.catalog.entities,
            assets=self.catalog.assets,
            field_defs=self.catalog.field_defs,
            descriptors=self.catalog.descriptors,
            relationships=self.catalog.relationships,
            trash=self.trash,
            storage=self.storage,
            imports=self.catalog.imports,
            backups=self.backups,
            jobs=self.jobs,
            events=self.events,
            plugins=self.plugins(),
            sessions=self.sessions,
            pages=PluginPages(plugin_id),
            system=self.system,
        )
