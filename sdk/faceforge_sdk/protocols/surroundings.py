"""What surrounds a plugin: the running Core, sign-ins, pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from faceforge_sdk.metrics import Metric
    from faceforge_sdk.models import HealthFinding, Readiness, SystemInfo


@dataclass(frozen=True, slots=True)
class Network:
    """Where Core listens, and on which port a launcher or the owner wants an S3 server; None where nobody said."""

    bind_host: str
    seaweed_s3_port: int | None


class Whereabouts(Protocol):
    """Where Core and its home are: known without starting anything."""

    def info(self) -> SystemInfo:
        """Version, places, warnings; no secrets."""
        ...

    def network(self) -> Network:
        """The addresses of ``network`` in `core.json`, with what ``ports.json`` says instead."""
        ...


class System(Whereabouts, Protocol):
    """The running Core."""

    def health(self, *, deep: bool = False, texts: Texts | None = None) -> Sequence[HealthFinding]:
        """What Core's own checks and those of plugins say; blocks for seconds, with `deep` for longer.

        `deep` reads every page of the database. The sentences are those of `texts` (``ctx.pages.texts(request)``),
        else English.
        """
        ...

    def readiness(self) -> Readiness:
        """Whether Core can do its work now; asked of its parts at most once a second, and blocks while it is."""
        ...

    def metrics(self) -> Sequence[Metric]:
        """What Core counts of itself: requests since the start; library, jobs and places as they are. Blocks."""
        ...

    def support_bundle(self) -> IO[bytes]:
        """A ZIP of facts for whoever helps, without secrets, as an open file at its beginning; close it. Blocks."""
        ...


@dataclass(frozen=True, slots=True)
class SignIn:
    """A browser that is signed in. `key` names the sign-in and opens nothing; the times are those of rows.

    `user_agent` is what the browser said of itself; None where that is not known.
    """

    key: str
    created_at: str
    expires_at: str
    user_agent: str | None = None


class Sessions(Protocol):
    """Browser sign-ins, and the install token that they are made with."""

    def sign_in(self, token: str, user_agent: str | None = None) -> str:
        """A new session id for the install token, and what `list` says of the browser.

        Raises `Unauthorized`, `TooManyRequests` after too many failures.
        """
        ...

    def sign_out(self, session_id: str) -> None:
        """Revoke; nothing happens if it was not valid."""

    def list(self) -> Sequence[SignIn]:
        """Those that are good at the moment, latest first."""
        ...

    def key_of(self, session_id: str) -> str:
        """Under which `list` has a session, if it is good."""
        ...

    def revoke(self, key: str) -> bool:
        """End one of `list`; False if it had ended already."""
        ...

    def revoke_others(self, session_id: str) -> int:
        """End all but this one; returns how many."""
        ...

    def token(self) -> str:
        """The install token: for who is signed in and asks to see it, and for nobody else."""
        ...

    def rotate_token(self) -> str:
        """Replace the install token, and return the new one. The old one and every sign-in end at once.

        Raises `StorageUnavailable` where `core.json` can't be written.
        """
        ...


class Texts(Protocol):
    """The words of the pages in one language: gettext over the ``locales/<language>.po`` of the active plugins.

    English is what stands in the sources; a message without a translation appears so.
    """

    @property
    def language(self) -> str:
        """``en``, ``de``, …"""
        ...

    def gettext(self, message: str, **values: object) -> str:
        """The message; ``%(name)s`` in it is filled in from `values`."""
        ...

    def ngettext(self, singular: str, plural: str, n: int, **values: object) -> str:
        """The form of it that fits the number `n`, which is ``%(num)s`` in it."""
        ...

    def number(self, value: float) -> str:
        """A number as people write it."""
        ...


class Pages(Protocol):
    """Server-rendered pages in the shell."""

    def render(self, request: Request, template: str, /, *, status_code: int = 200, **values: object) -> Response:
        """A page from the plugin's own ``templates`` folder, or from another's as ``plugin_id/name.html``.

        Templates get, besides `values`: `request`, `nav` (the side bar's entries), `static(path)` (the address of a
        file in the plugin's ``static`` folder, or ``plugin_id/path``), `version`, `texts`, and for these ``_("text")``,
        ``ngettext(…)`` and ``{% trans %}``. Everything is escaped.

        A name or a key that is not there is an error: ask whether it ``is defined``.
        """
        ...

    def texts(self, request: Request) -> Texts:
        """The language of whoever asks."""
        ...
