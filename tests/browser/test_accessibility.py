"""Pages that everybody can use: axe finds nothing serious, in either theme (WCAG 2.2 AA)."""

from __future__ import annotations

from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]

FIXTURES = Path(__file__).parents[1] / "fixtures"

PAGES = [
    "/ui/overview",
    "/ui/keys",
    "/ui/login",
    "/ui/entities",
    "/ui/entities?view=table",
    "/ui/entities?q=nobody+of+that+name",
    "/ui/entities/new",
    "/ui/entities/trash",
    "/ui/entities/{entity}",
    "/ui/entities/{entity}?tab=attachments",
    "/ui/entities/{entity}/edit",
    "/ui/plugins",
    "/ui/plugins?q=nothing+of+that+name",
    "/ui/plugin-install",
    "/ui/plugin-settings/faceforge.storage_s3",
    "/ui/plugin-settings/faceforge.storage_routing/json",
    "/ui/settings",
    "/ui/settings/fields",
    "/ui/settings/fields/new",
    "/ui/settings/storage",
    "/ui/settings/tools",
    "/ui/settings/access",
    "/ui/settings/access/rotate",
    "/ui/settings/trash",
    "/ui/settings/trash?kind=assets",
    "/ui/settings/trash/empty",
    "/ui/settings/check",
    "/ui/assets",
    "/ui/assets?q=nothing+like+it",
    "/ui/assets/trash",
    "/ui/assets/{picture}",
    "/ui/assets/{text}?entity={entity}",
]
"""Every page of the side bar and what lies behind it. Whoever adds a page adds it.

``{entity}`` is one with two files: ``{text}``, and ``{picture}``, which has metadata.
"""

OPENED = {
    "palette": ("/ui/keys", "[data-palette]"),
    "keys": ("/ui/overview", "a[data-dialog='keys']"),
    "menu": ("/ui/overview", "details.menu > summary"),
    "create": ("/ui/entities", "main [data-dialog='create']"),
    "install": ("/ui/plugins", "main [data-dialog='install']"),
    "filter": ("/ui/assets", "#menus summary"),
    "selection": ("/ui/assets", ".select-box"),
}
"""What opens over a page: where, and what has to be pressed."""

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""The other theme differs in colours alone."""

RUN = """(tags) => axe.run(document, { runOnly: tags, resultTypes: ["violations"] }).then(({ violations }) => violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target).slice(0, 3).join(" | ")}`))"""


@pytest.fixture
def findings(cannot_run: Callable[[str], NoReturn]) -> Callable[[Page], list[str]]:
    """What axe finds on a page that is serious or worse, by light and in the dark."""
    if find_spec("axe_playwright_python") is None:
        cannot_run("axe-playwright-python is not installed")
    axe = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")

    def find(page: Page) -> list[str]:
        page.evaluate(axe)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found: list[str] = page.evaluate(RUN, RULES)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        return found + [f"in the dark: {problem}" for problem in page.evaluate(RUN, OF_COLOURS)]

    return find


@pytest.fixture
def things(create: Callable[..., str], api: Any) -> dict[str, str]:
    """The ids of an entity with all that one can have, and of its files."""
    entity_id = create("Ada Lovelace", aliases=["Countess"], tags=["one", "two"], fields={"born": 1815, "list": ["a"]})
    drawing, companion = (FIXTURES / "media" / "lake.jpg").read_bytes(), b'{"painter": "Chalon"}'
    files: dict[str, dict[str, Any]] = {
        "text": {"file": ("notes.txt", b"notes", "text/plain")},
        "picture": {"file": ("lake.jpg", drawing, "image/jpeg"), "meta": ("m.json", companion)},
    }
    ids = {"entity": entity_id}
    for name, parts in files.items():
        stored = api.post("/v1/assets/upload", files=parts)
        ids[name] = stored.raise_for_status().json()["data"]["asset_id"]
        api.post(f"/v1/entities/{entity_id}/assets/{ids[name]}", json={}).raise_for_status()
    api.delete(f"/v1/entities/{create('Gone')}").raise_for_status()
    return ids


@pytest.mark.slow
def test_axe_finds_nothing_serious_on_any_page(
    open_page: OpenPage, findings: Callable[[Page], list[str]], things: dict[str, str]
) -> None:
    page = open_page("/ui/overview", reduced_motion="reduce")
    found = {}
    for path in PAGES:
        page.goto(path.format(**things))
        page.wait_for_load_state("networkidle")
        found[path] = findings(page)
    assert {path: problems for path, problems in found.items() if problems} == {}


def test_axe_finds_nothing_serious_in_what_opens_over_a_page(
    open_page: OpenPage, findings: Callable[[Page], list[str]], things: dict[str, str]
) -> None:
    page = open_page("/ui/overview", reduced_motion="reduce")
    assert things
    found = {}
    for name, (path, opener) in OPENED.items():
        page.goto(path)
        page.wait_for_load_state("networkidle")
        page.locator(opener).first.dispatch_event("click")
        found[name] = findings(page)
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_axe_would_find_something(open_page: OpenPage, findings: Callable[[Page], list[str]]) -> None:
    page = open_page("/ui/keys")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("@media (prefers-color-scheme: dark) { h1 { color: #222 !important } }");
            document.adoptedStyleSheets = [sheet];
        }"""
    )
    nameless, faint = findings(page)
    assert nameless.startswith("button-name")
    assert faint.startswith("in the dark: color-contrast")
