"""The plugins as the SDK shows them (`faceforge_sdk.protocols.Plugins`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from faceforge_core.plugins.configuration import masked, masked_at
from faceforge_core.plugins.contributed import GuardedContribution
from faceforge_core.plugins.installation import Installation
from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import Plugin, PluginConfig, PluginInstallation, PluginList

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from faceforge_core.plugins.configuration import Configurations
    from faceforge_core.plugins.discovery import Found
    from faceforge_core.plugins.forgetting import Forgetting
    from faceforge_core.plugins.placing import Places
    from faceforge_core.plugins.records import Record, Records
    from faceforge_core.plugins.switch import Switch
    from faceforge_sdk.models import ForgottenPlugin
    from faceforge_sdk.protocols import Contributed

T = TypeVar("T")


class PluginService:
    """Lists, switches, configures, installs; guarantees and errors are those of the protocol. All methods block."""

    def __init__(
        self, switch: Switch, records: Records, configurations: Configurations, forgetting: Forgetting, places: Places
    ) -> None:
        self._switch = switch
        self._records = records
        self._configurations = configurations
        self._forgetting = forgetting
        self._installation = Installation(places, switch, records)

    def list(self) -> PluginList:
        """See `Plugins.list`."""
        findings = self._switch.look()
        gone = [
            plugin_id
            for plugin_id, record in sorted(self._records.known().items())
            if plugin_id not in findings.found and record.source != "builtin"
        ]
        rows = [*map(self._row, findings.found.values()), *map(self._gone, gone)]
        return PluginList(items=rows, ignored=[*findings.ignored])

    def secrets(self) -> tuple[str, ...]:
        """The texts that plugins' configurations hold as secrets."""
        return self._records.secrets()

    def get(self, plugin_id: str) -> Plugin:
        """See `Plugins.get`."""
        found = self._switch.look().found.get(plugin_id)
        return self._row(found) if found is not None else self._gone(plugin_id)

    def enable(self, plugin_id: str) -> Plugin:
        """See `Plugins.enable`."""
        return self._row(self._switch.enable(plugin_id))

    def disable(self, plugin_id: str) -> Plugin:
        """See `Plugins.disable`."""
        self._switch.disable(plugin_id)
        return self.get(plugin_id)

    def config(self, plugin_id: str) -> PluginConfig:
        """See `Plugins.config`; of a plugin that is gone, what was kept."""
        found = self._switch.look().found.get(plugin_id)
        if found is None:
            gone = self._gone(plugin_id)
            return PluginConfig(plugin_id=plugin_id, config=gone.config, config_secrets_set=gone.config_secrets_set)
        shown, secrets = masked(found.manifest.config_schema, self._configurations.of(found))
        return PluginConfig(plugin_id=plugin_id, config=shown, config_secrets_set=secrets)

    def configure(self, plugin_id: str, config: Mapping[str, Any]) -> PluginConfig:
        """See `Plugins.configure`."""
        self._switch.configure(plugin_id, config)
        return self.config(plugin_id)

    def install(self, source: BinaryIO | Path, filename: str) -> PluginInstallation:
        """See `Plugins.install`."""
        installed = self._installation.install(source, filename)
        return PluginInstallation(
            plugin=self._row(installed.found),
            sha256=installed.staged.sha256,
            files=installed.staged.files,
            byte_size=installed.staged.byte_size,
            replaced=installed.replaced,
        )

    def remove(self, plugin_id: str) -> None:
        """See `Plugins.remove`."""
        self._installation.remove(plugin_id)

    def forget(self, plugin_id: str) -> ForgottenPlugin:
        """See `Plugins.forget`."""
        return self._forgetting.forget(plugin_id, self._switch)

    def contributed(self, kind: type[T]) -> Sequence[Contributed[T]]:
        """See `Plugins.contributed`."""
        return [
            GuardedContribution(owned, self._switch.isolation(owned.plugin_id))
            for owned in self._switch.generation.all(kind)
        ]

    def _gone(self, plugin_id: str) -> Plugin:
        """A plugin that was once known, and may still run although its folder was removed meanwhile."""
        record = self._records.known().get(plugin_id)
        if record is None or record.source == "builtin":
            raise NotFound(f"There is no plugin {plugin_id!r}.")
        running = self._switch.running(plugin_id)
        return _forgotten(record) if running is None else self._row(running).model_copy(update={"discovered": False})

    def _row(self, found: Found) -> Plugin:
        status = self._switch.status(found.plugin_id)
        manifest = found.manifest
        shown, secrets = masked(manifest.config_schema, self._configurations.of(found))
        return Plugin(
            plugin_id=found.plugin_id,
            name=manifest.name,
            version=manifest.version,
            enabled=found.essential or self._records.of(found).enabled,
            discovered=True,
            config=shown,
            config_schema=manifest.config_schema,
            source=found.source,
            state=status.state,
            error=status.error,
            essential=found.essential,
            capabilities=list(manifest.capabilities),
            permissions=list(manifest.permissions),
            contributions=self._switch.contribution_counts(found.plugin_id),
            restart_required=status.restart_required,
            config_secrets_set=secrets,
            description=manifest.description,
        )


def _forgotten(record: Record) -> Plugin:
    """Of its manifest nothing is left, so the id stands for its name."""
    shown, secrets = masked_at(record.secrets, record.config)
    return Plugin(
        plugin_id=record.plugin_id,
        name=record.plugin_id,
        version=record.version,
        enabled=record.enabled,
        discovered=False,
        config=shown,
        config_schema=None,
        source="package" if record.source == "package" else "folder",
        state="disabled",
        error=None,
        essential=False,
        capabilities=[],
        permissions=[],
        contributions={},
        restart_required=False,
        config_secrets_set=secrets,
    )
