"""The way a new user goes: sign in, create, drop a photo, see it, take it out again."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]


def photo(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 800), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def entity_page(open_page: OpenPage, create: Callable[..., str], request: pytest.FixtureRequest) -> Page:
    """The page of an entity that has nothing yet."""
    return open_page(f"/ui/entities/{create(request.node.name)}")


def test_a_photo_dropped_on_a_new_entity_shows_in_the_gallery_and_comes_back_byte_for_byte(
    open_page: OpenPage, core: Any, api: httpx.Client, drop_files: Callable[..., None]
) -> None:
    page = open_page("/ui/entities", signed_in=False)
    expect(page).to_have_url(re.compile(r"/ui/login\?next="))
    page.get_by_label("Access token").fill(core.token)
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("link", name="Create entity").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Grace Hopper")
    dialog.get_by_role("button", name="Create entity").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grace Hopper")
    expect(page.get_by_text("Entity created.")).to_be_visible()

    content = photo()
    drop_files(page, ("portrait.jpg", "image/jpeg", content))
    expect(page.locator("#uploads-summary")).to_have_text("1 file attached")
    expect(page.locator("#cover img:not(.missing)")).to_be_visible()

    page.get_by_role("link", name="Entities").last.click()
    card = page.locator(".card", has_text="Grace Hopper")
    expect(card.locator("img")).to_have_js_property("naturalWidth", 205)

    entity_id = (card.get_by_role("link").get_attribute("href") or "").rpartition("/")[2]
    linked = api.get(f"/v1/entities/{entity_id}/assets").json()["data"]["items"]
    assert [asset["filename"] for asset in linked] == ["portrait.jpg"]
    assert api.get(f"/v1/assets/{linked[0]['asset_id']}/download").content == content


def test_several_files_are_attached_each_with_its_own_result(
    entity_page: Page, drop_files: Callable[..., None]
) -> None:
    drop_files(
        entity_page,
        ("notes.txt", "text/plain", b"moth"),
        ("nothing.txt", "text/plain", b""),
        ("red.jpg", "image/jpeg", photo("red")),
    )
    expect(entity_page.locator("#uploads-summary")).to_have_text("1 of 3 files could not be attached")
    expect(entity_page.locator(".upload.failed")).to_contain_text("The file is empty.")
    entity_page.get_by_role("link", name="Attachments", exact=True).click()
    names = entity_page.locator(".attachment-name")
    expect(names).to_have_count(2)
    assert sorted(names.all_text_contents()) == ["notes.txt", "red.jpg"]


def test_files_can_be_picked_and_a_failed_upload_tried_again(entity_page: Page, watch: Any) -> None:
    watch.expected.add(0)
    entity_page.route("**/v1/assets/upload", lambda route: route.abort("connectionrefused"))
    with entity_page.expect_file_chooser() as chooser:
        entity_page.get_by_role("button", name="Attach files").click()
    chooser.value.set_files({"name": "later.txt", "mimeType": "text/plain", "buffer": b"patience"})
    expect(entity_page.locator(".upload.failed")).to_contain_text("FaceForge Core did not answer")

    entity_page.unroute("**/v1/assets/upload")
    entity_page.get_by_role("button", name="Try again").click()
    expect(entity_page.locator("#uploads-summary")).to_have_text("1 file attached")


def test_removing_an_attachment_can_be_undone(entity_page: Page, drop_files: Callable[..., None]) -> None:
    drop_files(entity_page, ("contract.pdf", "application/pdf", b"%PDF-1.4"))
    expect(entity_page.locator("#uploads-summary")).to_have_text("1 file attached")
    entity_page.get_by_role("link", name="Attachments", exact=True).click()
    entity_page.get_by_role("button", name="Remove contract.pdf from this entity").click()
    expect(entity_page.locator(".attachment")).to_have_count(0)
    entity_page.get_by_role("button", name="Undo").click()
    expect(entity_page.locator(".attachment-name")).to_have_text("contract.pdf")


def test_a_wrong_token_is_told_at_its_field_and_signing_out_ends_the_session(
    open_page: OpenPage, core: Any, watch: Any
) -> None:
    watch.expected.add(401)
    page = open_page("/ui/login?next=/ui/entities/trash", signed_in=False)
    page.get_by_label("Access token").fill("not the token")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not the access token")
    expect(page.get_by_label("Access token")).to_have_attribute("aria-invalid", "true")

    page.get_by_label("Access token").fill(core.token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Trash")

    (cookie,) = page.context.cookies()
    page.locator("summary", has_text="More").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/ui/login"))
    # A15: the session is over on the server, too.
    page.context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": core.url}])
    page.goto("/ui/entities")
    expect(page).to_have_url(re.compile("/ui/login"))


def test_an_address_that_leads_nowhere_is_a_page_with_a_way_out(open_page: OpenPage, watch: Any) -> None:
    watch.expected.add(404)
    page = open_page(f"/ui/entities/{'0' * 64}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
    page.get_by_role("link", name="Go to the start page").click()
    expect(page).to_have_url(re.compile("/ui/overview$"))


def test_a_person_gets_a_photo_a_birth_date_and_a_sister_and_is_found_again(open_page: OpenPage, watch: Any) -> None:
    watch.expected.add(422)
    page = open_page("/ui/entities/new")
    page.get_by_label("Name").fill("Mary Shelley")
    page.get_by_role("button", name="Create entity").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mary Shelley")
    page.wait_for_load_state("networkidle")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add a photo").click()
    chooser.value.set_files({"name": "mary.jpg", "mimeType": "image/jpeg", "buffer": photo("maroon")})
    expect(page.locator("#cover img:not(.missing)")).to_be_visible()
    expect(page.get_by_role("button", name="Add a photo")).to_have_count(0)

    # Nobody has set up fields yet: the usual facts are there all the same.
    page.get_by_role("link", name="Date of birth").click()
    page.get_by_label("Date of birth").fill("1797-08-30")
    page.get_by_role("button", name="Add fact").click()
    expect(page.locator(".fact", has_text="Date of birth")).to_contain_text("1797-08-30")

    # Her sister is not there yet either, and need not be created first.
    page.get_by_role("link", name="Relationships", exact=True).click()
    page.get_by_role("link", name="Add a relationship").click()
    page.get_by_label("Who", exact=True).fill("Fanny Imlay")
    page.get_by_label("Relationship", exact=True).fill("sister")
    page.get_by_role("button", name="Add relationship").click()
    page.get_by_role("button", name="Create “Fanny Imlay” and add the relationship").click()
    expect(page.locator(".relation")).to_contain_text("Fanny Imlay")

    page.get_by_role("link", name="Entities").first.click()
    expect(page).to_have_url(re.compile("/ui/entities$"))  # whose search field has the same name as the one before
    page.get_by_role("searchbox", name="Search entities").fill("1797")
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card")).to_contain_text("Mary Shelley")
