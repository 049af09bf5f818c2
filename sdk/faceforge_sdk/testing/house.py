"""Plugins, sessions, pages and the system: what surrounds a plugin."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from hmac import compare_digest
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from faceforge_sdk.errors import Conflict, ContributionFailed, JobCancelled, NotFound, Unauthorized
from faceforge_sdk.models import (
    ForgottenPlugin,
    HealthFinding,
    Plugin,
    PluginConfig,
    PluginList,
    SystemInfo,
    SystemPaths,
)
from faceforge_sdk.protocols import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from faceforge_sdk.protocols import Contributed

T = TypeVar("T")
R = TypeVar("R")

FAKE_TOKEN = "fake-token"  # noqa: S105  # it opens nothing: FakeSessions takes it for the install token


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


class FakeSessions:
    """`faceforge_sdk.protocols.Sessions` whose install token is `FAKE_TOKEN`."""

    def __init__(self) -> None:
        self.valid: set[str] = set()

    def sign_in(self, token: str) -> str:
        if not compare_digest(token.encode(), FAKE_TOKEN.encode()):
            raise Unauthorized("The token is not valid.")
        session_id = token_hex(32)
        self.valid.add(session_id)
        return session_id

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

    def health(self, *, deep: bool = False) -> Sequence[HealthFinding]:
        del deep
        return []

    def network(self) -> Network:
        return Network("127.0.0.1", None)
