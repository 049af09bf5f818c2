"""Puts together the switch, what it stands on, and the service over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_core import __version__
from faceforge_core.db.keepers import Keepers
from faceforge_core.plugins.configuration import Configurations
from faceforge_core.plugins.discovery import Discovery
from faceforge_core.plugins.forgetting import Forgetting
from faceforge_core.plugins.markers import Markers
from faceforge_core.plugins.placing import Places
from faceforge_core.plugins.records import Records
from faceforge_core.plugins.service import PluginService
from faceforge_core.plugins.starting import Surroundings
from faceforge_core.plugins.switch import Switch
from faceforge_core.web.routes import try_router

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_core.catalog.plugin_data import PluginDataCatalog
    from faceforge_core.config import ConfigStore
    from faceforge_core.db.engine import Database
    from faceforge_core.db.plugin_steps import PluginSteps
    from faceforge_core.events import EventLog
    from faceforge_core.home import Home
    from faceforge_core.plugins.generation import Generation
    from faceforge_sdk import PluginContext


def compose_plugins(  # noqa: PLR0913 - all that plugins stand on
    *,
    home: Home,
    database: Database,
    config: ConfigStore,
    events: EventLog,
    steps: PluginSteps,
    plugin_data: PluginDataCatalog,
    context: Callable[[str, Mapping[str, Any]], PluginContext],
    on_swap: Callable[[Generation], None],
    drain: Callable[[str, float], bool],
    safe_mode: bool,
) -> tuple[Switch, PluginService]:
    """The plugins of one home, none of them started; an installation that was broken off is undone."""

    def announce(event_type: Any, plugin_id: str, payload: Mapping[str, Any]) -> None:
        database.write(lambda tx: events.append(tx, event_type, plugin_id, payload))

    keepers = Keepers(database)

    def swap(generation: Generation) -> None:
        offered = generation.storage_providers
        keepers.note((owned.plugin_id, owned.value.name) for owned in offered if not owned.builtin)
        on_swap(generation)

    places = Places(home.plugins_dir, home.tmp_dir)
    places.recover()
    records = Records(database)
    configurations = Configurations(records, config)
    surroundings = Surroundings(
        context=context,
        migrate=steps.migrate,
        try_router=try_router,
        on_swap=swap,
        drain=drain,
        announce=announce,
        core_version=__version__,
        safe_mode=safe_mode,
    )
    switch = Switch(Discovery(home.plugins_dir), records, configurations, Markers(home.tmp_dir), surroundings)
    forgetting = Forgetting(home, steps, plugin_data, records, keepers)
    return switch, PluginService(switch, records, configurations, forgetting, places)
