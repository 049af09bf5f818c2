"""The other plugins, as one sees them: installed, switched on and off, asked for what they contribute."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from zipfile import BadZipFile, ZipFile

from faceforge_sdk.errors import Conflict, ContributionFailed, InvalidInput, JobCancelled, NotFound
from faceforge_sdk.manifest import Manifest, ManifestError
from faceforge_sdk.models import ForgottenPlugin, Plugin, PluginConfig, PluginInstallation, PluginList

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

    from faceforge_sdk.protocols import Contributed

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class FakeContributed(Generic[T]):
    """`faceforge_sdk.protocols.Contributed` that calls at once, in the caller's thread and without a deadline."""

    plugin_id: str
    value: T

    def call(self, work: Callable[[], R], *, seconds: float = 5.0) -> R:
        del seconds
        try:
            return work()
        except JobCancelled:
            raise
        except Exception as error:
            raise ContributionFailed(self.plugin_id, str(error)) from error


class FakePlugins:
    """`faceforge_sdk.protocols.Plugins` that starts empty: `add` a plugin, `contribute` a value."""

    def __init__(self) -> None:
        self._rows: dict[str, Plugin] = {}
        self._values: list[FakeContributed[Any]] = []

    def add(self, plugin_id: str, **facts: Any) -> Plugin:
        """Make a plugin known, disabled unless `facts` say more."""
        row = {
            "plugin_id": plugin_id,
            "name": plugin_id,
            "enabled": False,
            "discovered": True,
            "source": "folder",
            "state": "disabled",
            "essential": False,
            "restart_required": False,
            **dict.fromkeys(("version", "config_schema", "error")),
            "config": {},
            "contributions": {},
            "capabilities": [],
            "permissions": [],
            **facts,
        }
        self._rows[plugin_id] = Plugin.model_validate(row)
        return self._rows[plugin_id]

    def contribute(self, plugin_id: str, value: object) -> None:
        """Make `value` one that an enabled plugin contributes."""
        self._values.append(FakeContributed(plugin_id, value))

    def list(self) -> PluginList:
        return PluginList(items=[*self._rows.values()], ignored=[])

    def get(self, plugin_id: str) -> Plugin:
        if plugin_id not in self._rows:
            raise NotFound(f"There is no plugin {plugin_id!r}.")
        return self._rows[plugin_id]

    def enable(self, plugin_id: str) -> Plugin:
        return self._change(plugin_id, enabled=True, state="active")

    def disable(self, plugin_id: str) -> Plugin:
        if self.get(plugin_id).essential:
            raise Conflict(f"{plugin_id} is essential and can't be disabled.")
        return self._change(plugin_id, enabled=False, state="disabled")

    def config(self, plugin_id: str) -> PluginConfig:
        return PluginConfig(plugin_id=plugin_id, config=self.get(plugin_id).config)

    def configure(self, plugin_id: str, config: Mapping[str, Any]) -> PluginConfig:
        self._change(plugin_id, config=dict(config))
        return self.config(plugin_id)

    def install(self, source: BinaryIO | Path, filename: str) -> PluginInstallation:
        """Make known what `source` says of itself: a folder, or a ZIP whose manifest lies at its top or one below."""
        contents = _contents(source)
        manifests = [name for name in contents if name.rpartition("/")[2] == "plugin.json" and name.count("/") <= 1]
        if len(manifests) != 1:
            raise InvalidInput(f"{filename} holds {len(manifests)} plugins.")
        try:
            manifest = Manifest.parse(contents[manifests[0]])
        except ManifestError as error:
            raise InvalidInput(f"plugin.json: {error}") from error
        old = self._rows.get(manifest.id)
        if old is not None and old.source != "folder":
            raise Conflict(f"{manifest.id} is no folder and can't be replaced.")
        facts = {"name": manifest.name, "version": manifest.version, "config_schema": manifest.config_schema}
        plugin = self.add(manifest.id, **facts) if old is None else self._change(manifest.id, **facts)
        digest = sha256()
        for name, content in sorted(contents.items()):
            digest.update(f"{name}\0{sha256(content).hexdigest()}\n".encode())
        return PluginInstallation(
            plugin=plugin,
            sha256=digest.hexdigest(),
            files=len(contents),
            byte_size=sum(map(len, contents.values())),
            replaced=None if old is None else old.version or "",
        )

    def remove(self, plugin_id: str) -> None:
        if self.get(plugin_id).source != "folder":
            raise Conflict(f"{plugin_id} is no folder and can't be removed.")
        self._change(plugin_id, enabled=False, state="disabled", discovered=False)

    def forget(self, plugin_id: str) -> ForgottenPlugin:
        if self.get(plugin_id).enabled:
            raise Conflict(f"The plugin {plugin_id} is enabled: disable it before what it keeps is removed.")
        self._change(plugin_id, config={})
        return ForgottenPlugin(plugin_id=plugin_id, tables=0, subjects=0, files=0)

    def contributed(self, kind: type[T]) -> Sequence[Contributed[T]]:
        found = [one for one in self._values if isinstance(one.value, kind)]
        return sorted(found, key=lambda one: getattr(one.value, "order", 0))

    def _change(self, plugin_id: str, **changes: Any) -> Plugin:
        self._rows[plugin_id] = self.get(plugin_id).model_copy(update=changes)
        return self._rows[plugin_id]


def _contents(source: BinaryIO | Path) -> dict[str, bytes]:
    if isinstance(source, Path) and source.is_dir():
        files = [path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        return {path.relative_to(source).as_posix(): path.read_bytes() for path in files}
    try:
        with ZipFile(source) as archive:
            return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    except BadZipFile as error:
        raise InvalidInput(f"The file is no ZIP archive that can be read: {error}.") from error
