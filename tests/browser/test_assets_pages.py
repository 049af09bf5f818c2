"""Looking at files: from the grid into the lightbox, by mouse, by keys and back; uploads, filters, many at once."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from faceforge_core.testing import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]
    Create = Callable[..., str]


def picture(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def store(api: httpx.Client) -> Callable[..., str]:
    """Stores a file and returns its id: ``store("a.png", content, "image/png")``."""

    def send(name: str, content: bytes, media_type: str = "image/png") -> str:
        answer = api.post("/v1/assets/upload", files={"file": (name, content, media_type)})
        return str(answer.raise_for_status().json()["data"]["asset_id"])

    return send


@pytest.fixture
def three(store: Callable[..., str]) -> list[str]:
    """Three pictures that the word "harbour" finds, the first one last."""
    colours = [(180, 90, 60), (60, 120, 180), (90, 150, 90)]
    return [store(f"harbour {n}.png", picture(1600, 1200, colours[n])) for n in range(3)]


def tiles(page: Page) -> Any:
    return page.locator(".tile")


def started(page: Page) -> Page:
    """The page once its scripts listen: what suggests entities is theirs, and comes last."""
    expect(page.locator("[role=combobox][name=name]")).to_have_count(1)
    return page


def test_arrow_keys_go_through_the_list_and_escape_returns_to_it(open_page: OpenPage, three: list[str]) -> None:
    page = open_page("/ui/assets")
    page.keyboard.press("/")
    page.keyboard.type("harbour")
    expect(page).to_have_url(re.compile(r"\?q=harbour$"))
    expect(tiles(page)).to_have_count(3)
    page.locator(f"[data-asset-id='{three[2]}'] a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("harbour 2.png")
    expect(page).to_have_url(re.compile(rf"/ui/assets/{three[2]}\?q=harbour$"))

    started(page).keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_have_text("harbour 1.png")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_have_text("harbour 0.png")
    expect(page.get_by_role("link", name="Next file")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("harbour 0.png")
    started(page).keyboard.press("ArrowLeft")
    expect(page).to_have_title("harbour 1.png – FaceForge")

    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/ui/assets\?q=harbour$"))
    expect(tiles(page)).to_have_count(3)
    expect(page.locator(f"[data-asset-id='{three[1]}'] a")).to_be_focused()


def scale_of(page: Page) -> float:
    return float(page.locator(".canvas img").evaluate("(image) => new DOMMatrix(getComputedStyle(image).transform).a"))


def left_of(page: Page) -> float:
    return float(page.locator(".canvas img").evaluate("(image) => image.getBoundingClientRect().x"))


def test_a_picture_is_zoomed_by_keys_wheel_and_buttons_and_moved(open_page: OpenPage, three: list[str]) -> None:
    page = started(open_page(f"/ui/assets/{three[1]}?q=harbour"))
    level = page.locator("[data-zoom-level]")
    expect(level).to_have_text("Fit")
    expect(page.locator(".canvas img")).to_have_attribute("src", re.compile(r"/download$|size=1024"))
    page.keyboard.press("1")
    expect(level).to_have_text("100%")
    assert scale_of(page) > 1
    before = left_of(page)
    page.keyboard.press("ArrowRight")
    wait_for(lambda: left_of(page) < before)
    expect(page.get_by_role("heading", level=1)).to_have_text("harbour 1.png")  # the key moved the picture
    expect(page.locator(".canvas img")).to_have_attribute("src", re.compile(r"/download$"))

    page.keyboard.press("+")
    expect(level).to_have_text("130%")
    page.get_by_role("button", name="Zoom out").click()
    expect(level).to_have_text("100%")
    page.keyboard.press("0")
    expect(level).to_have_text("Fit")
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -400)
    expect(page.locator(".canvas")).to_have_class(re.compile("zoomed"))
    before = left_of(page)
    page.mouse.down()
    page.mouse.move(340, 300, steps=4)
    page.mouse.up()
    wait_for(lambda: left_of(page) > before)
    page.locator(".canvas").dblclick()
    expect(level).to_have_text("Fit")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_have_text("harbour 0.png")


def test_a_picture_that_is_not_read_yet_is_zoomed_to_its_own_size(
    open_page: OpenPage, three: list[str], api: httpx.Client
) -> None:
    wait_for(lambda: api.get(f"/v1/assets/{three[1]}/thumbnail?size=1024").status_code == 200)
    page = started(open_page(f"/ui/assets/{three[1]}?q=harbour"))
    expect(page.locator(".canvas img")).to_have_attribute("src", re.compile(r"size=1024"))
    page.locator(".canvas").evaluate("(canvas) => { delete canvas.dataset.width; delete canvas.dataset.height; }")
    page.locator(".canvas img").evaluate("(image) => image.decode()")
    page.keyboard.press("1")
    expect(page.locator(".canvas img")).to_have_attribute("src", re.compile(r"/download$"))
    expect(page.locator("[data-zoom-level]")).to_have_text("100%")
    wait_for(lambda: page.locator(".canvas img").evaluate("(one) => one.getBoundingClientRect().width") == 1600)


def test_details_stay_hidden_from_file_to_file(open_page: OpenPage, three: list[str]) -> None:
    page = started(open_page(f"/ui/assets/{three[2]}?q=harbour"))
    expect(page.locator("#side")).to_be_visible()
    page.keyboard.press("i")
    expect(page.locator("#side")).to_be_hidden()
    page.get_by_role("link", name="Next file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("harbour 1.png")
    expect(page.locator("#side")).to_be_hidden()
    expect(page.get_by_role("link", name="Next file")).to_be_focused()
    page.get_by_role("button", name="Details").click()
    expect(page.locator("#side")).to_be_visible()


def test_a_file_thrown_away_makes_room_for_the_next_and_comes_back(open_page: OpenPage, three: list[str]) -> None:
    page = started(open_page(f"/ui/assets/{three[2]}?q=harbour"))
    page.keyboard.press("Delete")
    expect(page.get_by_role("heading", level=1)).to_have_text("harbour 1.png")
    expect(page.locator("#notice")).to_contain_text("File moved to the trash.")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("harbour 2.png")
    expect(page).to_have_url(re.compile(r"\?q=harbour$"))


def test_a_file_gets_an_entity_by_typing_and_loses_it_with_a_way_back(
    open_page: OpenPage, create: Create, three: list[str]
) -> None:
    create("Rosalind Franklin")
    page = open_page(f"/ui/assets/{three[0]}?q=harbour")
    page.get_by_role("combobox", name="Attach to an entity").fill("rosal")
    expect(page.get_by_role("option", name="Rosalind Franklin")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".owner")).to_contain_text("Rosalind Franklin")
    expect(page.locator("#notice")).to_contain_text("File attached to the entity.")
    page.get_by_role("button", name="Use as cover of Rosalind Franklin").click()
    expect(page.locator(".owner-cover")).to_be_visible()
    page.get_by_role("button", name="Remove from Rosalind Franklin").click()
    expect(page.locator(".owner")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".owner")).to_contain_text("Rosalind Franklin")
    page.get_by_role("button", name="Check the bytes").click()
    expect(page.locator("#notice")).to_contain_text("Checked: every byte is as it was stored.")


def test_metadata_is_found_by_typing(open_page: OpenPage, api: httpx.Client) -> None:
    files: dict[str, Any] = {
        "file": ("letter.txt", b"Dear Ada", "text/plain"),
        "meta": ("m.json", b'{"to": "Ada", "year": 1843}'),
    }
    asset_id = api.post("/v1/assets/upload", files=files).raise_for_status().json()["data"]["asset_id"]
    page = started(open_page(f"/ui/assets/{asset_id}"))
    expect(page.locator("pre")).to_have_text("Dear Ada")
    page.get_by_role("searchbox", name="Filter metadata").fill("1843")
    expect(page.locator("[data-datum]:visible")).to_have_text(re.compile(r"year\s*1843"))
    page.get_by_role("searchbox", name="Filter metadata").fill("nothing like it")
    expect(page.get_by_text("Nothing in the metadata matches.")).to_be_visible()


def test_sound_plays_from_where_one_wants(open_page: OpenPage, store: Callable[..., str]) -> None:
    samples = bytes(range(256)) * 8000
    header = b"RIFF" + (36 + len(samples)).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\x01\0\x01\0"
    header += (8000).to_bytes(4, "little") * 2 + b"\x01\0\x08\0data" + len(samples).to_bytes(4, "little")
    page = open_page(f"/ui/assets/{store('tone.wav', header + samples, 'audio/wav')}")
    audio = page.locator("audio")
    expect(audio).to_have_js_property("duration", 256)
    audio.evaluate("(player) => new Promise((done) => { player.onseeked = done; player.currentTime = 200; })")
    assert audio.evaluate("(player) => player.currentTime") == 200


def test_filters_live_in_the_address_and_chips_take_them_back(open_page: OpenPage, store: Callable[..., str]) -> None:
    store("minutes of the meeting.txt", b"We met.", "text/plain")
    store("meeting.png", picture(400, 300, (1, 2, 3)))
    page = open_page("/ui/assets?q=meeting")
    expect(tiles(page)).to_have_count(2)
    page.locator("#tags").get_by_role("link", name="Documents").click()
    expect(tiles(page)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=meeting&type=document$"))
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("At most").fill("0.5")
    page.get_by_label("Entities", exact=True).select_option("Belongs to no entity")
    page.get_by_role("button", name="Apply filter").click()
    expect(page).to_have_url(re.compile(r"\?q=meeting&type=document&max_size=500000&linked=false$"))
    expect(page.locator("#tags .chip[aria-current]")).to_have_count(3)
    page.reload()
    expect(tiles(page)).to_have_count(1)
    page.get_by_role("link", name="Documents: remove this filter").click()
    expect(tiles(page)).to_have_count(2)
    page.go_back()
    expect(tiles(page)).to_have_count(1)


def test_dropped_files_are_stored_with_progress_and_appear(
    open_page: OpenPage, drop_files: Callable[..., None], store: Callable[..., str]
) -> None:
    store("there before.png", picture(30, 30, (9, 9, 9)))
    page = open_page("/ui/assets?q=dropped")
    expect(page.get_by_text("No file matches “dropped” here.")).to_be_visible()
    drop_files(page, ("dropped one.txt", "text/plain", b"one"), ("dropped two.txt", "text/plain", b"two"))
    expect(page.locator("#uploads-summary")).to_have_text("2 files are in your library")
    expect(tiles(page)).to_have_count(2)
    drop_files(page, ("dropped three.txt", "text/plain", b""))
    expect(page.locator(".upload", has_text="dropped three.txt")).to_contain_text("The file is empty.")


def test_many_are_chosen_attached_thrown_away_and_brought_back(
    open_page: OpenPage, create: Create, store: Callable[..., str]
) -> None:
    create("Lise Meitner")
    for number in range(4):
        store(f"physics {number}.txt", f"text {number}".encode(), "text/plain")
    page = open_page("/ui/assets?q=physics")
    expect(tiles(page)).to_have_count(4)
    page.get_by_role("checkbox", name="Select physics 3.txt").click()
    page.get_by_role("checkbox", name="Select physics 1.txt").click(modifiers=["Shift"])
    expect(page.locator("[data-selected]")).to_have_text("3 selected")
    page.keyboard.press("Control+a")
    expect(page.locator("[data-selected]")).to_have_text("4 selected")
    page.get_by_role("combobox", name="Entity to attach them to").fill("lise")
    expect(page.get_by_role("option", name="Lise Meitner")).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Attach", exact=True).click()
    expect(page.locator("#notice")).to_contain_text("Files attached to the entity.")

    started(page).keyboard.press("Control+a")
    page.get_by_role("button", name="Move to trash").click()
    expect(page.locator("#notice")).to_contain_text("Files moved to the trash.")
    expect(tiles(page)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#notice")).to_contain_text("Files restored.")
    page.goto("/ui/assets?q=physics&linked=true")
    expect(tiles(page)).to_have_count(4)


def test_scrolling_brings_more_and_back_returns_to_the_place(open_page: OpenPage, store: Callable[..., str]) -> None:
    for number in range(130):
        store(f"heap {number:03}.bin", f"heap {number}".encode(), "application/octet-stream")
    page = open_page("/ui/assets?q=heap&sort=name", height=600)
    expect(tiles(page)).to_have_count(60)
    page.get_by_role("link", name="Load more").scroll_into_view_if_needed()
    expect(tiles(page)).to_have_count(120)
    page.get_by_role("link", name="heap 115.bin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("heap 115.bin")
    page.go_back()
    expect(page.get_by_role("link", name="heap 115.bin")).to_be_in_viewport()


def test_without_scripts_one_looks_filters_and_attaches(
    open_page: OpenPage, create: Create, three: list[str], watch: Any
) -> None:
    watch.expected.add(422)  # the page that asks who is meant
    create("Chien-Shiung Wu")
    page = open_page("/ui/assets?q=harbour", java_script_enabled=False)
    page.get_by_role("link", name="harbour 2.png").click()
    page.get_by_role("link", name="Next file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("harbour 1.png")
    page.get_by_label("Attach to an entity").fill("chien")
    page.get_by_role("button", name="Attach").click()
    page.get_by_role("button", name="Chien-Shiung Wu").click()
    expect(page.locator("#notice")).to_contain_text("File attached to the entity.")
    expect(page.locator(".owner")).to_contain_text("Chien-Shiung Wu")
    page.get_by_role("link", name="Assets").click()
    expect(tiles(page)).to_have_count(3)


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_sticks_out_on_a_phone(open_page: OpenPage, three: list[str], width: int) -> None:
    for path in ("/ui/assets", f"/ui/assets/{three[0]}", "/ui/assets?q=nobody", "/ui/assets/trash"):
        page = open_page(path, width=width, height=700)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_what_stands_in_for_a_picture_does_not_shine_through_a_transparent_one(
    open_page: OpenPage, api: httpx.Client, create: Callable[..., str]
) -> None:
    content = io.BytesIO()
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(content, "PNG")
    answer = api.post("/v1/assets/upload", files={"file": ("glass.png", content.getvalue(), "image/png")})
    glass = answer.raise_for_status().json()["data"]["asset_id"]
    api.post(f"/v1/entities/{create('Glass')}/assets/{glass}").raise_for_status()
    wait_for(lambda: api.get(f"/v1/assets/{glass}/thumbnail?size=256").status_code == 200)
    for path in ("/ui", "/ui/assets", "/ui/entities"):
        picture = open_page(path).locator(f"main img[src*='{glass}']").last
        expect(picture).to_be_visible()
        colour = picture.evaluate("(image) => getComputedStyle(image).backgroundColor")
        assert colour == picture.evaluate("(image) => getComputedStyle(image.parentElement).backgroundColor")
        assert colour != "rgba(0, 0, 0, 0)"
