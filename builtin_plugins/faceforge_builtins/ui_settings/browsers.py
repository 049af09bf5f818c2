"""A browser by what it says of itself: its name and the system it runs on, as people call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk.protocols import Texts

# The first that is found counts: nearly all of them call themselves Chrome, Safari and Mozilla, too.
_BROWSERS: Final = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Vivaldi/": "Vivaldi",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS: Final = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Macintosh": "macOS",
    "Linux": "Linux",
}


def browser_of(user_agent: str | None, texts: Texts) -> str:
    """Such as "Firefox on Windows"; what is not known is left out, and of nothing known comes nothing."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return texts.gettext("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system


def _first(names: Mapping[str, str], user_agent: str | None) -> str:
    return next((name for mark, name in names.items() if mark in (user_agent or "")), "")
