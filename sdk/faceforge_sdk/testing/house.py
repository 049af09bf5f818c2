"""Sessions, pages, backups and the system: what surrounds a plugin."""

from __future__ import annotations

import importlib
from hashlib import sha256
from hmac import compare_digest
from io import BytesIO
from secrets import token_hex
from typing import IO, TYPE_CHECKING, Any

from faceforge_sdk.errors import Unauthorized
from faceforge_sdk.models import BackupList, BackupReport, HealthFinding, Readiness, Snapshot, SystemInfo, SystemPaths
from faceforge_sdk.protocols import Network, SignIn

from .answers import now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from faceforge_sdk.metrics import Metric
    from faceforge_sdk.protocols import Texts

FAKE_TOKEN = "fake-token"  # noqa: S105  # it opens nothing
"""The install token, as `FakeSessions` knows it."""


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
