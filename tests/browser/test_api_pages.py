"""The pages that explain the API, with all that it says, under their policy (B15): nothing is refused on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


@pytest.mark.slow
def test_b15_swagger_ui_shows_operations_with_their_examples(open_page: Callable[..., Page]) -> None:
    page = open_page("/docs")
    expect(page.get_by_text("People, characters and things.", exact=True)).to_be_visible()
    listing = page.locator("#operations-Entities-list_entities")
    listing.get_by_role("button").first.click()
    expect(listing.get_by_text("Conditions on values")).to_be_visible()
    expect(listing.locator(".response").first).to_contain_text("Ada Lovelace")
    creation = page.locator("#operations-Entities-create_entity")
    creation.get_by_role("button").first.click()
    expect(creation.locator(".opblock-section-request-body")).to_contain_text("Countess of Lovelace")
    upload = page.locator("#operations-Assets-upload_asset")
    upload.get_by_role("button").first.click()
    expect(upload.get_by_text("The file, with its name.")).to_be_visible()


@pytest.mark.slow
def test_b15_redoc_shows_every_tag(open_page: Callable[..., Page]) -> None:
    page = open_page("/redoc")
    for tag in ("Entities", "Assets", "Plugins", "System"):
        expect(page.get_by_role("menuitem", name=tag, exact=True)).to_be_visible()
    page.get_by_role("menuitem", name="Entities", exact=True).click()
    page.get_by_role("menuitem", name="Create an entity").click()
    expect(page.get_by_text("Countess of Lovelace").first).to_be_attached()  # in a tree that opens on demand
