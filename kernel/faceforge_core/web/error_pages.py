"""Errors as a page, for people who look at ``/ui`` with a browser; their messages are the API's, in English."""

from __future__ import annotations

import html
import logging
import re
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from faceforge_sdk.texts import to_translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope

    from faceforge_core.web.pages import PageSet

logger = logging.getLogger(__name__)

TEMPLATE: Final = "faceforge.ui_shell/error.html"
_TITLES: Final = {
    400: to_translate("That request makes no sense"),
    401: to_translate("Please sign in"),
    403: to_translate("Not allowed"),
    404: to_translate("Not found"),
    405: to_translate("Not possible here"),
    409: to_translate("That does not fit"),
    412: to_translate("Changed meanwhile"),
    413: to_translate("Too large"),
    415: to_translate("Unknown kind of content"),
    422: to_translate("Please check your input"),
    429: to_translate("Too many attempts"),
    503: to_translate("Busy"),
    507: to_translate("No space left"),
}
_OF_PLUGIN: Final = re.compile(r"/ui/plugins/([a-z0-9._-]+)(?:/|$)")
_FAILED: Final = 500
_MINIMAL: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} · FaceForge</title>
<h1>{title}</h1>
<p>{message}</p>
<p><a href="/ui/entities">Go to the entities</a></p>
</html>
"""


def is_page_path(path: str) -> bool:
    """Whether the path belongs to the web UI."""
    return path == "/ui" or path.startswith("/ui/")


def wants_page(scope: Scope) -> bool:
    """Whether this is a browser on a page: a path under ``/ui``, and ``text/html`` accepted by name."""
    if scope["type"] != "http" or not is_page_path(scope["path"]):
        return False
    return any(name == b"accept" and b"text/html" in value.lower() for name, value in scope["headers"])


def failed_plugin(path: str, status: int) -> str | None:
    """The plugin whose own page this is, if the page broke: then it is the plugin's author who can help."""
    found = _OF_PLUGIN.match(path) if status == _FAILED else None
    return found[1] if found else None


def error_page(
    scope: Scope, status: int, message: str, headers: Mapping[str, str], pages: PageSet | None = None
) -> Response:
    """The shell's error page, or a plain one where the shell's can't be had. Names a plugin that broke its own page."""
    title = _TITLES.get(status, to_translate("Something went wrong"))
    pages = pages or _serving(scope)
    if pages is not None and TEMPLATE in pages:
        try:
            request = Request(scope)
            plugin = failed_plugin(scope["path"], status)
            title = to_translate("A plugin failed") if plugin else title
            values = {"status": status, "title": pages.texts(request).gettext(title), "message": message}
            values["plugin"] = plugin
            page = pages.render("faceforge.ui_shell", request, "error.html", status, values)
        except Exception:
            logger.exception("The error page can't be rendered")
        else:
            page.headers.update(headers)
            return page
    body = _MINIMAL.format(title=html.escape(title), message=html.escape(message))
    return HTMLResponse(body.encode("utf-8", "replace"), status, dict(headers))


def _serving(scope: Scope) -> PageSet | None:
    app = scope.get("app")
    pages: PageSet | None = getattr(app.state, "pages", None) if app is not None else None
    return pages
