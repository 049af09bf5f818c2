"""Server-rendered pages: one escaping template environment for each generation of plugins."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import HTMLResponse, Response

from faceforge_core import __version__
from faceforge_core.web.static_files import StaticFolders
from faceforge_core.web.texts import Languages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from starlette.requests import Request

    from faceforge_core.web.templates import Templates
    from faceforge_core.web.texts import Texts
    from faceforge_sdk import NavItem

STATIC_PREFIX: Final = "/ui/static"
THEME_COOKIE: Final = "ff_theme"
THEMES: Final = ("light", "dark")


class PageSet:
    """The templates, static files and side bar of one generation; it never changes.

    `templates` and `static` map plugin ids to folders. Every value is escaped, an unknown name raises
    `jinja2.UndefinedError`, and characters that UTF-8 has no bytes for appear as U+FFFD.
    """

    def __init__(
        self,
        templates: Mapping[str, Path],
        static: Mapping[str, Path],
        nav: Sequence[NavItem] = (),
        locales: Sequence[Path] = (),
        *,
        version: str = __version__,
    ) -> None:
        self._folders = dict(templates)
        self._static = StaticFolders(static)
        self._languages = Languages(locales)
        self._shared = {"nav": tuple(nav), "static": self._static_address, "version": version}

    @cached_property
    def _templates(self) -> Templates:
        from faceforge_core.web.templates import Templates  # not at the top: Core starts without it

        return Templates(self._folders, self._shared)

    def __contains__(self, template: str) -> bool:
        """Whether ``plugin_id/name.html`` exists."""
        return template in self._templates

    def render(
        self, owner: str, request: Request, template: str, status_code: int, values: Mapping[str, object]
    ) -> Response:
        """A page from the templates of plugin `owner`, or of the plugin that `template` names in front."""
        found = self._templates.find(owner, template)
        surroundings = {
            "request": request,
            "texts": self.texts(request),
            "languages": self._languages.available,
            "theme": next((one for one in THEMES if request.cookies.get(THEME_COOKIE) == one), None),
        }
        text = found.render({**surroundings, **values})
        return HTMLResponse(_encoded(text), status_code)

    def texts(self, request: Request) -> Texts:
        """The language of whoever asks."""
        return self._languages.of(request)

    def _static_address(self, owner: str, path: str) -> str:
        plugin_id, _, rest = path.partition("/")
        if rest and plugin_id in self._static:
            owner, path = plugin_id, rest
        return f"{STATIC_PREFIX}/{owner}/{path}{self._static.version_query(owner, path)}"


class PluginPages:
    """The SDK's `Pages` for one plugin: renders with the generation that serves the request."""

    def __init__(self, plugin_id: str) -> None:
        self._plugin_id = plugin_id

    def render(self, request: Request, template: str, /, *, status_code: int = 200, **values: Any) -> Response:
        return _pages(request).render(self._plugin_id, request, template, status_code, values)

    def texts(self, request: Request) -> Texts:
        return _pages(request).texts(request)


def _pages(request: Request) -> PageSet:
    pages: PageSet | None = request.app.state.pages
    if pages is None:
        raise RuntimeError("This app was built without pages.")
    return pages


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text).encode()
