"""Plugins, sessions, pages and the system: what surrounds a plugin."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from typing import IO, TYPE_CHECKING, Any, Generic, TypeVar
from zipfile import BadZipFile, ZipFile

from faceforge_sdk.errors import Conflict, ContributionFailed, InvalidInput, JobCancelled, NotFound, Unauthorized
from faceforge_sdk.manifest import Manifest, ManifestError
from faceforge_sdk.models import (
    BackupList,
    BackupReport,
    ForgottenPlugin,
    HealthFinding,
    Plugin,
    PluginConfig,
    PluginInstallation,
    PluginList,
    Readiness,
    Snapshot,
    SystemInfo,
    SystemPaths,
)
from faceforge_sdk.protocols import Network, SignIn

from .answers import now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

    from starlette.requests import Request
    from starlette.responses import Response

    from faceforge_sdk.metrics import Metric
    from faceforge_sdk.protocols import Contributed, Texts

T = TypeVar("T")
R = TypeVar("R")

FAKE_TOKEN = "fake-token"  # noqa: S105  # it opens nothing
"""The install token, as `FakeSessions` knows it."""


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


class FakeSessions:
    """`faceforge_sdk.protocols.Sessions` whose install token is `FAKE_TOKEN`."""

    def __init__(self) -> None:
        self.valid: set[str] = set()
        self.user_agents: dict[str, str | None] = {}
        self._token = FAKE_TOKEN

    def sign_in(self, token: str, user_agent: str | None = None) -> str:
        if not compare_digest(token.encode(), self._token.encode()):
            raise Unauthorized("The token is not valid.")
        session_id = token_hex(32)
        self.valid.add(session_id)
        self.user_agents[session_id] = user_agent
        return session_id

    def list(self) -> Sequence[SignIn]:
        at = now()
        return [SignIn(self.key_of(one), at, at, self.user_agents.get(one)) for one in sorted(self.valid)]

    def key_of(self, session_id: str) -> str:
        return sha256(session_id.encode()).hexdigest()

    def revoke(self, key: str) -> bool:
        found = {session_id for session_id in self.valid if compare_digest(self.key_of(session_id), key)}
        self.valid -= found
        return bool(found)

    def revoke_others(self, session_id: str) -> int:
        others = self.valid - {session_id}
        self.valid -= others
        return len(others)

    def token(self) -> str:
        return self._token

    def rotate_token(self) -> str:
        self._token, self.valid = token_hex(32), set()
        return self._token

    def sign_out(self, session_id: str) -> None:
        self.valid.discard(session_id)


class FakeTexts:
    """`faceforge_sdk.protocols.Texts` in English."""

    language = "en"

    def gettext(self, message: str, **values: object) -> str:
        return message % values if values else message

    def ngettext(self, singular: str, plural: str, n: int, **values: object) -> str:
        return (singular if n == 1 else plural) % {"num": self.number(n), **values}

    def number(self, value: float) -> str:
        return f"{value:,}"


class FakePages:
    """`faceforge_sdk.protocols.Pages` that remembers in `rendered` what it was to show, and answers nothing much."""

    def __init__(self) -> None:
        self.rendered: list[tuple[str, dict[str, object]]] = []

    def render(self, request: Request, template: str, /, *, status_code: int = 200, **values: object) -> Response:
        del request
        self.rendered.append((template, values))
        # By name, because the SDK does not depend on Starlette; whoever has a request to answer has it installed.
        responses = importlib.import_module("starlette.responses")
        answer: Response = responses.PlainTextResponse(template, status_code)
        return answer

    def texts(self, request: Request) -> FakeTexts:
        del request
        return FakeTexts()


class FakeSystem:
    """`faceforge_sdk.protocols.System` of a Core that is nowhere."""

    def info(self) -> SystemInfo:
        from faceforge_sdk import API_VERSION

        return SystemInfo(
            version="0.0.0",
            faceforge_home="/nowhere",
            paths=SystemPaths.model_validate({name: f"/nowhere/{name}" for name in SystemPaths.model_fields}),
            api_version=API_VERSION,
            safe_mode=False,
            warnings=[],
        )

    def health(self, *, deep: bool = False, texts: Texts | None = None) -> Sequence[HealthFinding]:
        del deep, texts
        return []

    def readiness(self) -> Readiness:
        return Readiness(ready=True, checks={})

    def metrics(self) -> Sequence[Metric]:
        return []

    def support_bundle(self) -> IO[bytes]:
        return BytesIO()

    def network(self) -> Network:
        return Network("127.0.0.1", None)


class FakeBackups:
    """`faceforge_sdk.protocols.Backups` that remembers how many it made, and copies nothing."""

    def __init__(self) -> None:
        self._made: list[Snapshot] = []

    def list(self) -> BackupList:
        return BackupList(folder="/nowhere", available=True, items=self._made[::-1])

    def make(
        self,
        progress: Callable[[float, str | None], None],
        check_cancelled: Callable[[], None],
        report: Callable[[str, Mapping[str, Any]], None],
    ) -> BackupReport:
        del report
        check_cancelled()
        name = f"20260101T{len(self._made):06}Z"
        made = Snapshot(
            name=name, created_at="2026-01-01T00:00:00.000Z", core_version="0", assets=0, total_bytes=0, problems=0
        )
        self._made.append(made)
        progress(100, None)
        return BackupReport(name=name, assets=0, total_bytes=0, added_files=0, added_bytes=0, problems=0)
