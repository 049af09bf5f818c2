"""How pages look with names from everywhere, in both themes, on a phone and on a desk."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]
    Create = Callable[..., str]

WIDTHS = 320, 1280
THEMES = "light", "dark"
SCRIPT = '"><img src=x onerror=1>'
NAMES = [
    "Supercalifragilisticexpialidocious" * 6,  # 200 characters without a place to break
    "Her Excellency " * 14,
    "🦊👩‍🚀 Foxglove 🏳️‍🌈",
    "مريم العذراء المصرية بنت عمران",
    "山田太郎・东京・서울특별시",
    "é̂̃̄̅ Łukasz Żółć ﷽",
]

TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll("main *")].filter((element) => element.getBoundingClientRect().right > innerWidth)
        .map((element) => `${element.tagName}.${element.className}`).slice(0, 5)"""

# The contrast of every text against the nearest opaque ground, measured by painting both colours.
FAINT_TEXTS = """() => {
    const painter = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const known = new Map();
    const painted = (...colours) => {
        const key = colours.join();
        if (known.has(key)) return known.get(key);
        painter.clearRect(0, 0, 1, 1);
        for (const colour of colours) { painter.fillStyle = colour; painter.fillRect(0, 0, 1, 1); }
        known.set(key, [...painter.getImageData(0, 0, 1, 1).data]);
        return known.get(key);
    };
    const luminance = (rgb) => {
        const [r, g, b] = rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        const colours = [];
        for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            colours.unshift(colour);
            if (painted(colour)[3] === 255) break;
        }
        return colours;
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (!node.data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
        if (element.closest("script, style, template, .visually-hidden, option")) continue;
        const style = getComputedStyle(element);
        const under = ground(element);
        const [a, b] = [painted(...under, style.color), painted(...under)].map((c) => luminance(c.slice(0, 3)));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const large = parseFloat(style.fontSize) >= 24;
        if (ratio < (large ? 3 : 4.5)) found.push(`${node.data.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
    }
    return found;
}"""


@pytest.fixture
def pages(create: Create, api: Any) -> list[str]:
    """Addresses of all kinds of pages, full of difficult names."""
    ids = [
        create(
            name,
            aliases=[name, "Plain"],
            tags=[name, "short", "third"],
            fields={name: name, "list": [name, {"deep": {"deeper": {"deepest": [name]}}}], "none": None, "yes": True},
        )
        for name in [*NAMES, SCRIPT]
    ]
    files = []
    for number, name in enumerate([*NAMES, SCRIPT]):
        content = f"{name}{number}".encode()
        stored = api.post("/v1/assets/upload", files={"file": (f"{name[:80]}.txt", content, "text/plain")})
        asset_id = stored.raise_for_status().json()["data"]["asset_id"]
        files.append(f"/ui/assets/{asset_id}")
        api.post(f"/v1/entities/{ids[0]}/assets/{asset_id}", json={"role": name[:200]}).raise_for_status()
    api.delete(f"/v1/entities/{create(NAMES[0])}").raise_for_status()
    for other, name in zip(ids[1:], [*NAMES, SCRIPT], strict=False):
        draft = {
            "src_entity_id": other,
            "dst_entity_id": ids[0],
            "relationship_type": name[:200],
            "fields": {name: name},
        }
        api.post("/v1/relationships", json=draft).raise_for_status()
    defined = {"scope": "entity", "field_key": NAMES[0], "label": NAMES[1], "help": SCRIPT, "multiple": True}
    api.post("/v1/admin/field-defs", json={**defined, "field_type": "entity"})  # the second test finds it there
    details = [f"/ui/entities/{entity_id}" for entity_id in ids]
    return [
        "/ui/entities",
        "/ui/entities?view=table",
        f"/ui/entities?q={NAMES[0]}z&tag={NAMES[0]}",
        "/ui/entities/new",
        "/ui/entities/trash",
        "/ui/login",
        "/ui/overview",
        "/ui/keys",
        *details,
        f"{details[0]}?tab=attachments",
        f"{details[0]}?tab=relationships",
        f"{details[0]}/relationships/new",
        f"{details[0]}/graph?depth=2",
        f"{details[0]}/fields",
        f"{details[1]}/field?{urlencode({'name': f'entity:{NAMES[0]}'})}",
        "/ui/entities/views/new?q=x",
        f"{details[0]}/edit",
        f"{details[3]}/edit",
        f"{details[-1]}/edit",
        "/ui/assets",
        f"/ui/assets?q={NAMES[0]}z&kind={NAMES[0][:100]}",
        *files,
    ]


@pytest.mark.slow
def test_no_page_scrolls_sideways_and_every_text_can_be_read(open_page: OpenPage, pages: list[str]) -> None:
    page = open_page("/ui/entities", reduced_motion="reduce")
    found = {}
    for address in pages:
        page.set_viewport_size({"width": WIDTHS[0], "height": 640})
        page.goto(address)
        # Nothing that was typed became an element (B20).
        assert page.locator("img[src='x']").count() == 0, address
        for width, theme in product(WIDTHS, THEMES):
            page.set_viewport_size({"width": width, "height": 640})
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            if problems := page.evaluate(TOO_WIDE) + page.evaluate(FAINT_TEXTS):
                found[address, width, theme] = problems
    assert found == {}


def test_names_are_shown_as_they_were_typed_wherever_they_appear(open_page: OpenPage, pages: list[str]) -> None:
    """B20: a name full of markup stays text in names, aliases, tags, facts, file names, roles and dialogs."""
    page = open_page(pages[0])
    page.get_by_role("link", name="Create entity").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(SCRIPT)
    dialog.get_by_label("Tags").fill(f"{SCRIPT}, other")
    assert SCRIPT in dialog.locator(".chip-text").first.inner_text()
    dialog.get_by_role("button", name="Create entity").click()
    page.wait_for_url("**/ui/entities/*")
    assert page.get_by_role("heading", level=1).inner_text() == SCRIPT
    assert SCRIPT in page.title()
    page.get_by_role("link", name=SCRIPT).click()
    expect(page).to_have_url(re.compile(r"\?tag="))
    page.get_by_role("searchbox").fill(SCRIPT)
    expect(page).to_have_url(re.compile(r"\?q="))
    assert page.locator("img[src='x']").count() == 0


def test_motion_stops_for_those_who_ask(open_page: OpenPage) -> None:
    page = open_page("/ui/entities", reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll("*")].filter((element) => {
        const style = getComputedStyle(element);
        return /[1-9]/.test(style.transitionDuration + style.animationDuration);
    }).length"""
    assert page.evaluate(moving) == 0
