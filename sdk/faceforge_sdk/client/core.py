"""The client of one Core."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx2

from .assets import Assets
from .descriptors import Descriptors
from .entities import Entities
from .exchange import Exchange
from .field_defs import FieldDefs
from .homes import running_at
from .imports import Imports
from .jobs import Jobs
from .plugins import Plugins
from .relationships import Relationships
from .storage import Storage
from .system import System
from .trash import Trash

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

USUAL_ADDRESS = "http://127.0.0.1:8787"


class FaceForge:
    """A running Core. Close it when done, or use it with ``with``.

    `token` is the install token, ``auth.install_token`` in the home's ``config/core.json``. Core has `timeout` seconds
    to answer or to send the next bytes. What it refuses with ``429`` or ``503`` and a ``Retry-After`` is asked again
    after that time, for up to `patience` seconds in all. A read is repeated when the connection breaks; a change never
    is, since nobody knows whether it was made.

    Proxies that the environment names are not used: the token would go through them. `http` is an httpx2 client to
    speak through instead of an own one (a proxy, certificates, a test client); it brings its base URL, and whoever made
    it closes it.
    """

    def __init__(
        self,
        base_url: str = USUAL_ADDRESS,
        token: str = "",
        *,
        timeout: float = 60.0,
        patience: float = 30.0,
        http: httpx2.Client | None = None,
    ) -> None:
        self._closing = ExitStack()
        if http is None:
            own = httpx2.Client(base_url=base_url, timeout=timeout, trust_env=False)
            http = self._closing.enter_context(own)
        self._exchange = Exchange(http, token, patience)
        self.entities = Entities(self._exchange)
        self.assets = Assets(self._exchange)
        self.field_defs = FieldDefs(self._exchange)
        self.descriptors = Descriptors(self._exchange)
        self.relationships = Relationships(self._exchange)
        self.jobs = Jobs(self._exchange)
        self.imports = Imports(self._exchange, self.jobs)
        self.plugins = Plugins(self._exchange)
        self.trash = Trash(self._exchange)
        self.storage = Storage(self._exchange)
        self.system = System(self._exchange)

    @classmethod
    def of_home(cls, path: str | Path | None = None, *, timeout: float = 60.0, patience: float = 30.0) -> FaceForge:
        """The Core that runs on a home of this computer, with that home's token.

        The home is `path`, else what ``FACEFORGE_HOME`` names, else the system's usual place. Raises `CoreUnreachable`,
        whose sentence says what to do, where there is no such home, where no Core runs on it, or one that is starting.
        """
        place = running_at(path)
        return cls(place.base_url, place.token, timeout=timeout, patience=patience)

    @property
    def base_url(self) -> str:
        """The address of Core, without a slash at its end."""
        return self._exchange.address

    def close(self) -> None:
        """Let go of the connections."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
