"""The pages of plugins, for tests: plugins to show, and what a page says of them."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore

HTML = {"Accept": "text/html"}
PALETTE = "/ui/plugin-settings/demo.palette"


def put_plugin(core: RunningCore, plugin_id: str, code: str | None = None, **manifest: Any) -> Path:
    """Put a plugin called Palette into the home, switched off."""
    folder = core.kernel.home.plugins_dir / plugin_id
    folder.mkdir()
    facts: dict[str, Any] = {"id": plugin_id, "name": "Palette", "version": "1.0"} | manifest
    if code is not None:
        facts |= {"api_version": 1, "entrypoints": {"python": "plugin"}}
        (folder / "plugin.py").write_text(code, "utf-8")
    (folder / "plugin.json").write_text(json.dumps(facts), "utf-8")
    return folder


def page(client: TestClient, path: str, status: int = 200) -> str:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def words(html: str) -> str:
    main = html.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def card(html: str, plugin_id: str) -> str:
    """The markup of one card."""
    found = re.search(rf'<article class="plugin [^>]*id="plugin-{re.escape(plugin_id)}".*?</article>', html, re.DOTALL)
    assert found is not None, f"{plugin_id} has no card"
    return found[0]


def said(html: str) -> str:
    """A card's words."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
