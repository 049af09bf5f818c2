"""Routes that are replaced whole while the server runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI
    from starlette.datastructures import State
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from faceforge_core.config_model import Limits
    from faceforge_core.web.pages import PageSet


class LiveRoutes:
    """An ASGI app that is whichever generation's app was set last.

    Setting `app` is the swap: requests under way finish on the app they began with, the next ones meet the new one.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The present routes: who mounts this app finds names for `url_for` here."""
        return self.app.routes

    @property
    def state(self) -> State:
        """What belongs to the present generation: `pages` (a `PageSet` or None) `uploads` and `bulk` (`BodyPaths`)."""
        return self.app.state

    @property
    def pages(self) -> PageSet | None:
        """The present pages."""
        pages: PageSet | None = getattr(self.app.state, "pages", None)
        return pages

    def is_upload(self, path: str) -> bool:
        """Whether a present route reads this path's body as a stream."""
        return path in getattr(self.app.state, "uploads", ())

    def body_limit(self, path: str, limits: Limits) -> int | None:
        """How many bytes a body may have at this path; None: any number."""
        if self.is_upload(path):
            return limits.upload_bytes
        return limits.bulk_json_bytes if path in getattr(self.app.state, "bulk", ()) else limits.json_bytes

    def url_path_for(self, name: str, /, **path_params: Any) -> str:
        """The path of a present route."""
        return str(self.app.url_path_for(name, **path_params))
